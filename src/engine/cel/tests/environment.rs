//! The question that the recorded expressions are asked about, from `tests/data/cel`.

use std::{collections::BTreeMap, fs, path::PathBuf};

use bumpalo::Bump;
use serde_json::Value as Json;

use crate::engine::{
    cel::{Budget, Expression, Frame, Globals, Horizon, Names, V, compile},
    model::{AuxData, CheckInput, Limits, Map, PolicyVersion, Principal, Resource, Scope, Value},
};

pub(super) struct Environment {
    principal: Principal,
    resource: Resource,
    aux_data: AuxData,
    pub names: Names,
    variables: Vec<Expression>,
    globals: Globals,
}

pub(super) fn data(file: &str) -> String {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    fs::read_to_string(root.join("tests/data/cel").join(file)).unwrap()
}

/// The names of all recordings.
pub(super) fn recordings() -> Vec<String> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/cel");
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    let names = names.map(|name| name.into_string().unwrap());
    let mut names: Vec<String> =
        names.filter(|name| name.ends_with(".json") && name != "environment.json").collect();
    names.sort_unstable();
    names
}

// === impl Environment ===

impl Environment {
    pub(super) fn read() -> Self {
        let text = data("environment.json");
        let json: Json = serde_json::from_str(&text).unwrap();
        let sources: BTreeMap<&str, &str> = json["variables"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, source)| (&**name, source.as_str().unwrap()))
            .collect();
        let slots = sources.keys().enumerate();
        let names = Names {
            variables: slots.map(|(slot, name)| ((*name).into(), slot)).collect(),
            constants: map(&json["constants"])
                .iter()
                .map(|(name, value)| (name.into(), value.clone()))
                .collect(),
        };
        let variables = sources.values().map(|source| compile(source, &names).unwrap()).collect();
        Self {
            principal: principal(&json["principal"]),
            resource: resource(&json["resource"]),
            aux_data: AuxData { jwt: claims(&json["claims"]), jwts: vec![] },
            names,
            variables,
            globals: Globals::from_json(json["globals"].as_object().unwrap()),
        }
    }

    /// Each recorded expression was asked about a resource of its own kind.
    pub(super) fn set_kind(&mut self, index: usize) {
        self.resource.kind = format!("k{index:05}").parse().unwrap();
    }

    /// Hands out a frame in which the variables are evaluated that the expression names.
    pub(super) fn within<T>(
        &self,
        limits: &Limits,
        expression: &Expression,
        ask: impl FnOnce(&Frame<'_>) -> T,
    ) -> T {
        let named = expression.named_variables();
        let input = CheckInput {
            principal: &self.principal,
            resource: &self.resource,
            actions: &[],
            aux_data: &self.aux_data,
            now: "2024-05-06T07:08:09Z".parse().unwrap(),
            now_attributes: &[],
        };
        let (arena, budget) = (Bump::new(), Budget::new(limits));
        let mut frame = Frame {
            input: &input,
            variables: &[],
            globals: &self.globals,
            effective_derived_roles: &["auditor", "owner"],
            arena: &arena,
            budget: &budget,
            horizon: &Horizon::default(),
        };
        let variables = self.variables.iter().enumerate();
        let variables: Vec<Option<V<'_>>> = variables
            .map(|(slot, variable)| {
                variable.variable(&frame).ok().filter(|_| named.contains(&slot))
            })
            .collect();
        frame.variables = arena.alloc_slice_copy(&variables);
        ask(&frame)
    }
}

fn map(json: &Json) -> Map {
    match Value::from(json.clone()) {
        Value::Map(map) => map,
        other => panic!("a map, not {other:?}"),
    }
}

fn text<'j>(json: &'j Json, name: &str) -> &'j str {
    json[name].as_str().unwrap_or_default()
}

fn principal(json: &Json) -> Principal {
    Principal {
        id: text(json, "id").into(),
        roles: json["roles"]
            .as_array()
            .unwrap()
            .iter()
            .map(|role| role.as_str().unwrap().parse().unwrap())
            .collect(),
        policy_version: text(json, "policyVersion").parse::<PolicyVersion>().unwrap(),
        scope: Scope::unset(),
        attr: map(&json["attr"]),
    }
}

fn resource(json: &Json) -> Resource {
    Resource {
        kind: text(json, "kind").parse().unwrap(),
        id: text(json, "id").into(),
        policy_version: text(json, "policyVersion").parse().unwrap(),
        scope: Scope::unset(),
        attr: map(&json["attr"]),
    }
}

/// Claims in the form that Cerbos gives them.
fn claims(json: &Json) -> Map {
    let time = |seconds: &Json| {
        let seconds = seconds.as_i64().unwrap();
        Json::from(jiff::Timestamp::from_second(seconds).unwrap().to_string())
    };
    json.as_object()
        .unwrap()
        .iter()
        .filter(|(_, claim)| !claim.is_null())
        .map(|(name, claim)| {
            let claim = match name.as_str() {
                "exp" | "iat" | "nbf" => time(claim),
                "aud" if claim.is_string() => Json::from(vec![claim.clone()]),
                _ => claim.clone(),
            };
            (&**name, Value::from(claim))
        })
        .collect()
}
