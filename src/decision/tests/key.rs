//! Two questions have one key only if they have one answer.

use std::collections::HashSet;

use serde_json::{Value as Json, json};

use crate::decision::{CacheKey, ChainKey, Generation};
use crate::engine::cel::{Globals, Read};
use crate::engine::model::{AuxData, CheckInput, Map, Options, Principal, Resource, Value};
use crate::engine::{PolicyFile, PolicySet, compile};

fn map(json: &Json) -> Map {
    let Value::Map(map) = Value::from(json.clone()) else { panic!("{json} is no object") };
    map
}

/// Reads everything about a `k`, and of a `calm` one only two attributes and a claim.
fn policies() -> PolicySet {
    let all = "request.principal != null && request.resource != null && request.auxData != null";
    let some = "P.attr.team.name == R.attr.team && request.auxData.jwt.plan == 'pro'";
    let files = [("k", all), ("calm", some)].map(|(kind, condition)| PolicyFile {
        path: format!("{kind}.yaml"),
        bytes: format!(
            "apiVersion: api.cerbos.dev/v1\nresourcePolicy:\n  resource: {kind}\n  version: default\n  \
             rules:\n  - actions: ['*']\n    effect: EFFECT_ALLOW\n    roles: ['c', 'd']\n    \
             condition: {{match: {{expr: \"{condition}\"}}}}\n"
        )
        .into(),
    });
    let of_somebody = PolicyFile {
        path: "somebody.yaml".into(),
        bytes:
            "apiVersion: api.cerbos.dev/v1\nprincipalPolicy:\n  principal: somebody\n  version: \
               default\n  rules:\n  - resource: calm\n    actions:\n    - {action: edit, effect: \
               EFFECT_ALLOW}\n"
                .into(),
    };
    let files: Vec<PolicyFile> = files.into_iter().chain([of_somebody]).collect();
    compile(&files, &Options::default(), &Globals::default()).unwrap()
}

/// A question in JSON → its key.
fn key(policies: &PolicySet, question: &Json) -> CacheKey {
    let text = |path: &str| question.pointer(path).and_then(Json::as_str).unwrap_or_default();
    let principal = Principal {
        id: text("/principal/id").into(),
        roles: question["principal"]["roles"]
            .as_array()
            .unwrap()
            .iter()
            .map(|role| role.as_str().unwrap().parse().unwrap())
            .collect(),
        policy_version: text("/principal/version").parse().unwrap(),
        scope: text("/principal/scope").parse().unwrap(),
        attr: map(&question["principal"]["attr"]),
    };
    let resource = Resource {
        kind: text("/resource/kind").parse().unwrap(),
        id: text("/resource/id").into(),
        policy_version: text("/resource/version").parse().unwrap(),
        scope: text("/resource/scope").parse().unwrap(),
        attr: map(&question["resource"]["attr"]),
    };
    let aux_data = AuxData { jwt: map(&question["claims"]), jwts: Vec::new() };
    let generation = match question["generation"].as_u64() {
        Some(2) => Generation::FIRST.next(),
        _ => Generation::FIRST,
    };
    let action = text("/action").parse().unwrap();
    let input = CheckInput {
        principal: &principal,
        resource: &resource,
        actions: &[action],
        aux_data: &aux_data,
        now: "2026-11-23T10:00:00Z".parse().unwrap(),
        now_attributes: &[],
    };
    let chain = policies.policy_chain(&principal, &resource, &input.actions[0]);
    let chain = ChainKey::new(generation, text("/route"), &chain);
    let reads = policies.reads(&input);
    assert!(!reads.contains(&Read::Clock));
    chain.with_values(&reads, &input)
}

fn question(kind: &str) -> Json {
    json!({
        "generation": 1,
        "route": "/a",
        "action": "view",
        "principal": { "id": "ab", "roles": ["c", "d"], "version": "", "scope": "", "attr": {} },
        "resource": { "kind": kind, "id": "i", "version": "", "scope": "", "attr": { "a": 1 } },
        "claims": {},
    })
}

#[test]
fn the_same_question_has_the_same_key() {
    let policies = policies();
    assert_eq!(key(&policies, &question("k")), key(&policies, &question("k")));
    let mut written_otherwise = question("k");
    written_otherwise["resource"]["attr"] = serde_json::from_str(r#"{"a":1.0}"#).unwrap();
    let other = key(&policies, &written_otherwise);
    assert_eq!(key(&policies, &question("k")), other, "numbers are doubles");
}

#[test]
fn whatever_differs_makes_another_key_where_everything_is_read() {
    let policies = policies();
    let mut keys = HashSet::from([key(&policies, &question("k"))]);
    let changes = [
        ("/generation", json!(2)),
        ("/route", json!("/b")),
        ("/action", json!("vie")),
        ("/principal/id", json!("a")),
        ("/principal/id", json!("abc")),
        ("/principal/roles", json!(["c"])),
        ("/principal/roles", json!(["cd", "c"])),
        ("/principal/roles", json!(["d", "c"])),
        ("/principal/version", json!("v")),
        ("/principal/scope", json!("v")),
        ("/principal/attr", json!({ "x": null })),
        ("/principal/attr", json!({ "x": "" })),
        ("/principal/attr", json!({ "x": [] })),
        ("/principal/attr", json!({ "x": {} })),
        ("/principal/attr", json!({ "x": false })),
        ("/principal/attr", json!({ "x": 0 })),
        ("/claims", json!({ "x": null })),
        ("/claims", json!({ "x": { "y": 1 } })),
        ("/claims", json!({ "x": [["y"], 1] })),
        ("/claims", json!({ "x": ["y", 1] })),
        ("/resource/id", json!("")),
        ("/resource/attr", json!({})),
        ("/resource/attr", json!({ "a": true })),
        ("/resource/attr", json!({ "a": "1" })),
        ("/resource/attr", json!({ "a": 1, "b": 1 })),
        // Here no policy could answer, and so nothing is read.
        ("/resource/kind", json!("ki")),
        ("/resource/version", json!("i")),
        ("/resource/scope", json!("i")),
    ];
    for (path, value) in changes {
        let mut changed = question("k");
        *changed.pointer_mut(path).unwrap() = value.clone();
        let key = key(&policies, &changed);
        assert!(keys.insert(key), "{path} = {value} has the key of another question");
    }
}

#[test]
fn what_no_rule_reads_does_not_make_another_key() {
    let policies = policies();
    let known = key(&policies, &question("calm"));
    for (path, value, same) in [
        ("/principal/id", json!("abc"), true),
        ("/principal/id", json!("somebody"), false),
        ("/principal/attr", json!({ "x": 1 }), true),
        ("/principal/attr", json!({ "team": null }), false),
        ("/principal/attr", json!({ "team": {} }), false),
        ("/principal/roles", json!(["d", "c"]), false),
        ("/principal/roles", json!(["c", "d", "e"]), false),
        ("/claims", json!({ "sub": "auth0|1" }), true),
        ("/claims", json!({ "plan": "pro" }), false),
        ("/resource/id", json!("j"), true),
        ("/resource/attr", json!({ "team": "" }), false),
        ("/resource/attr", json!({ "b": 1 }), true),
        ("/route", json!("/b"), false),
        ("/generation", json!(2), false),
    ] {
        let mut changed = question("calm");
        *changed.pointer_mut(path).unwrap() = value.clone();
        assert_eq!(key(&policies, &changed) == known, same, "{path} = {value}");
    }
    let stranger = |role: &str| {
        let mut changed = question("calm");
        changed["principal"]["roles"] = json!(["c", role]);
        key(&policies, &changed)
    };
    assert_eq!(stranger("e"), stranger("f"), "no policy can tell these roles apart");
    assert_ne!(stranger("e"), stranger("d"));
    let deep = |team: Json| {
        let mut changed = question("calm");
        changed["principal"]["attr"] = json!({ "team": team });
        key(&policies, &changed)
    };
    assert_eq!(deep(json!({ "name": "x" })), deep(json!({ "name": "x", "size": 3 })));
    assert_ne!(deep(json!({ "name": "x" })), deep(json!("x")));
    assert_ne!(deep(json!({ "name": null })), deep(json!({})));
}
