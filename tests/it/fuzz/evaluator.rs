//! An expression, and attributes of a principal and of a resource as JSON, with zero bytes between
//! them → a value within the limits.

use bumpalo::Bump;
use portcullis::engine::{
    cel::{Budget, Expression, Frame, Globals, Horizon, Names, compile},
    model::{AuxData, CheckInput, Limits, Map, PolicyVersion, Principal, Resource, Scope, Value},
};

/// The fuzzer gives up on an input after seconds; these take milliseconds.
const SMALL: Limits = limits(20_000, 1 << 20);
const LARGE: Limits = limits(40_000, 2 << 20);

const fn limits(evaluation_steps: u64, evaluation_memory_bytes: usize) -> Limits {
    Limits {
        policy_file_bytes: 16 << 20,
        policy_nesting: Limits::MOST_NESTING,
        expression_characters: Limits::MOST_CHARACTERS,
        evaluation_steps,
        evaluation_memory_bytes,
        policy_pattern_bytes: 256 << 20,
        pattern_bytes: 1 << 18,
    }
}

pub(crate) fn run(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    let mut parts = text.split('\0');
    let Ok(expression) = compile(parts.next().unwrap_or_default(), &Names::default()) else {
        return;
    };
    let (principal, resource) = (attributes(parts.next()), attributes(parts.next()));
    let small = ask(&expression, &principal, &resource, &SMALL);
    let large = ask(&expression, &principal, &resource, &LARGE);
    // No answer within the limits depends on them.
    if small.is_some() {
        assert_eq!(small, large);
    }
}

fn attributes(json: Option<&str>) -> Map {
    match serde_json::from_str::<serde_json::Value>(json.unwrap_or_default()).map(Value::from) {
        Ok(Value::Map(map)) => map,
        Ok(_) | Err(_) => Map::default(),
    }
}

/// The value in all its forms, unless the limits are reached.
fn ask(
    expression: &Expression,
    principal: &Map,
    resource: &Map,
    limits: &Limits,
) -> Option<String> {
    let (version, scope) = ("default".parse::<PolicyVersion>().unwrap(), Scope::unset());
    let principal = Principal {
        id: "u1".into(),
        roles: vec!["user".parse().unwrap(), "admin".parse().unwrap()],
        policy_version: version.clone(),
        scope: scope.clone(),
        attr: principal.clone(),
    };
    let resource = Resource {
        kind: "doc".parse().unwrap(),
        id: "d1".into(),
        policy_version: version,
        scope,
        attr: resource.clone(),
    };
    let input = CheckInput {
        principal: &principal,
        resource: &resource,
        actions: &[],
        aux_data: &AuxData::default(),
        now: "2024-05-06T07:08:09Z".parse().unwrap(),
        now_attributes: &[],
    };
    let (arena, budget) = (Bump::new(), Budget::new(limits));
    let frame = Frame {
        input: &input,
        variables: &[],
        globals: &Globals::default(),
        effective_derived_roles: &["owner"],
        arena: &arena,
        budget: &budget,
        horizon: &Horizon::default(),
    };
    let holds = expression.holds(&frame);
    let output = expression.output(&frame);
    let variable = expression.variable(&frame).map(|value| format!("{value:?}"));
    // Memory comes in blocks, each as large as all before it.
    let taken = arena.allocated_bytes();
    assert!(taken <= 2 * limits.evaluation_memory_bytes + 4096, "{taken} bytes");
    (!budget.is_spent()).then(|| format!("{holds:?} {output:?} {variable:?}"))
}
