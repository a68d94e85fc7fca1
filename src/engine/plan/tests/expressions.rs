//! Conditions one by one: `tests/data/plan/expressions.txt`.

use serde_json::{Value as Json, json};

use super::normal::normal;
use crate::engine::cel::Globals;
use crate::engine::model::{AuxData, Map, Options, Principal, Value};
use crate::engine::plan::{PlanInput, PlannedResource};
use crate::engine::policy::{PolicyFile, compile};

fn map(json: &Json) -> Map {
    match Value::from(json.clone()) {
        Value::Map(map) => map,
        _ => Map::default(),
    }
}

fn principal() -> Principal {
    let json = include_str!("../../../../tests/data/plan/principal.json");
    let json: Json = serde_json::from_str(json).unwrap();
    let roles = json["roles"].as_array().unwrap();
    Principal {
        id: json["id"].as_str().unwrap().into(),
        roles: roles.iter().map(|role| role.as_str().unwrap().parse().unwrap()).collect(),
        policy_version: "".parse().unwrap(),
        scope: "".parse().unwrap(),
        attr: map(&json["attr"]),
    }
}

/// The filter for a condition, as text.
fn plan(expression: &str, given: &str) -> String {
    let rule = json!({
        "actions": ["a"], "effect": "EFFECT_ALLOW", "roles": ["*"],
        "condition": { "match": { "expr": expression } },
    });
    let policy = json!({
        "apiVersion": "api.cerbos.dev/v1",
        "resourcePolicy": { "resource": "doc", "version": "default", "rules": [rule] },
    });
    let file = PolicyFile { path: "doc.json".to_owned(), bytes: policy.to_string().into_bytes() };
    let mut globals = serde_json::Map::new();
    globals.insert("foo".to_owned(), "bar".into());
    let globals = Globals::from_json(&globals);
    let policies = compile(&[file], &Options::default(), &globals)
        .unwrap_or_else(|errors| panic!("{expression}: {errors}"));
    let resource = PlannedResource {
        kind: "doc".parse().unwrap(),
        policy_version: "".parse().unwrap(),
        scope: "".parse().unwrap(),
        attr: map(&serde_json::from_str(given).unwrap()),
    };
    let output = policies.plan(&PlanInput {
        principal: &principal(),
        resource: &resource,
        actions: &["a".parse().unwrap()],
        aux_data: &AuxData::default(),
        now: jiff::Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_hours(24 * 366 * 60),
    });
    output.filter_debug()
}

/// A condition, what is given of the resource, what Cerbos answers, and what we do if that differs.
struct Case<'c> {
    expression: &'c str,
    given: &'c str,
    recorded: &'c str,
    here: Option<&'c str>,
}

fn cases(text: &str) -> Vec<Case<'_>> {
    let mut cases: Vec<Case<'_>> = Vec::new();
    let (mut expression, mut given) = ("", "{}");
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(attributes) = line.strip_prefix("  given ") {
            given = attributes;
        } else if let Some(text) = line.strip_prefix("  here ") {
            cases.last_mut().unwrap().here = Some(text);
        } else if let Some(recorded) = line.strip_prefix("  ") {
            cases.push(Case { expression, given, recorded, here: None });
        } else {
            (expression, given) = (line, "{}");
        }
    }
    cases
}

#[track_caller]
fn check(text: &str) {
    let mut failures = Vec::new();
    for Case { expression, given, recorded, here } in cases(text) {
        let ours = normal(&plan(expression, given));
        let wanted = here.unwrap_or(recorded);
        if ours != normal(wanted) {
            failures.push(format!("{expression}\n  given {given}\n  {wanted}\nnot\n  {ours}"));
        }
        if here.is_some_and(|here| normal(here) == normal(recorded)) {
            failures.push(format!("{expression}: here as there"));
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

#[test]
fn filters_are_those_of_cerbos_where_they_say_what_its_check_says() {
    check(include_str!("../../../../tests/data/plan/expressions.txt"));
}

#[test]
fn where_a_plan_of_cerbos_is_not_what_its_check_says_the_check_is_followed() {
    check(include_str!("../../../../tests/data/plan/expressions_here.txt"));
}
