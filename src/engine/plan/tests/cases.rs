//! Whole policies: the other files of `tests/data/plan`.

use std::fmt::Write;

use serde_json::Value as Json;

use super::normal::normal;
use crate::engine::check::{Answers, check_recorded};
use crate::engine::model::{AuxData, Map, Principal, Value};
use crate::engine::plan::{PlanInput, PlanOutput, PlannedResource};
use crate::engine::policy::PolicySet;

fn text(json: &Json, name: &str, default: &str) -> String {
    json[name].as_str().unwrap_or(default).to_owned()
}

fn attributes(json: &Json) -> Map {
    match Value::from(json["attr"].clone()) {
        Value::Map(map) => map,
        _ => Map::default(),
    }
}

fn texts(json: &Json) -> impl Iterator<Item = &str> {
    json.as_array().unwrap().iter().map(|item| item.as_str().unwrap())
}

fn plan(policies: &PolicySet, question: &Json) -> PlanOutput {
    let (principal, resource) = (&question["principal"], &question["resource"]);
    let principal = Principal {
        id: text(principal, "id", "p1").into(),
        roles: texts(&principal["roles"]).map(|role| role.parse().unwrap()).collect(),
        policy_version: text(principal, "policyVersion", "").parse().unwrap(),
        scope: text(principal, "scope", "").parse().unwrap(),
        attr: attributes(principal),
    };
    let resource = PlannedResource {
        kind: text(resource, "kind", "doc").parse().unwrap(),
        policy_version: text(resource, "policyVersion", "").parse().unwrap(),
        scope: text(resource, "scope", "").parse().unwrap(),
        attr: attributes(resource),
    };
    let actions: Vec<_> = texts(&question["actions"]).map(|a| a.parse().unwrap()).collect();
    policies.plan(&PlanInput {
        principal: &principal,
        resource: &resource,
        actions: &actions,
        aux_data: &AuxData::default(),
        now: jiff::Timestamp::UNIX_EPOCH,
    })
}

/// An answer as the recording writes it.
fn print(output: &PlanOutput) -> String {
    let mut text = format!("  {}\n", normal(&output.filter_debug()));
    let scopes = output.matched_scopes.iter();
    let mut scopes: Vec<String> =
        scopes.map(|of| format!("{} in `{}`", of.action, of.scope)).collect();
    scopes.sort();
    if !scopes.is_empty() {
        writeln!(text, "  matched {}", scopes.join(", ")).unwrap();
    }
    for error in &output.validation_errors {
        let source = format!("{:?}", error.source).to_lowercase();
        writeln!(text, "  invalid {source} at `{}`: {}", error.path, error.message).unwrap();
    }
    text
}

#[track_caller]
fn check(cases: &str) {
    check_recorded(cases, |policies, question, recorded| {
        let question: Json = serde_json::from_str(question).unwrap();
        let filter = question["here"].as_str().unwrap_or(recorded[0].trim_start());
        let mut wanted = format!("  {}\n", normal(filter));
        recorded[1..].iter().for_each(|line| writeln!(wanted, "{line}").unwrap());
        Answers { wanted, ours: print(&plan(policies, &question)) }
    });
}

macro_rules! subjects {
    ($($test:ident: $file:literal,)*) => {
        $(
            #[test]
            fn $test() {
                check(include_str!(concat!("../../../../tests/data/plan/", $file)));
            }
        )*
    };
}

subjects! {
    rules_and_actions: "rules.txt",
    derived_roles_and_variables: "derived.txt",
    scopes: "scopes.txt",
    principal_policies: "principals.txt",
    role_policies: "roles.txt",
    strict_evaluation: "strict.txt",
    schemas: "schemas.txt",
}
