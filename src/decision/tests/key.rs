//! Two questions have one key only if they are the same question.

use std::collections::HashSet;

use serde_json::{Value as Json, json};

use crate::decision::{CacheKey, CallerDigest, Generation};
use crate::engine::model::{AuxData, Map, Principal, Resource, Value};

fn map(json: &Json) -> Map {
    let Value::Map(map) = Value::from(json.clone()) else { panic!("{json} is no object") };
    map
}

/// A question in JSON → its key.
fn key(question: &Json) -> CacheKey {
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
    CacheKey::new(generation, &CallerDigest::new(&principal, &aux_data), &resource, &action)
}

fn question() -> Json {
    json!({
        "generation": 1,
        "action": "view",
        "principal": { "id": "ab", "roles": ["c", "d"], "version": "", "scope": "", "attr": {} },
        "resource": { "kind": "k", "id": "i", "version": "", "scope": "", "attr": { "a": 1 } },
        "claims": {},
    })
}

#[test]
fn the_same_question_has_the_same_key() {
    assert_eq!(key(&question()), key(&question()));
    let mut written_otherwise = question();
    written_otherwise["resource"]["attr"] = serde_json::from_str(r#"{"a":1.0}"#).unwrap();
    assert_eq!(key(&question()), key(&written_otherwise), "numbers are doubles");
}

#[test]
fn whatever_differs_makes_another_key() {
    let mut keys = HashSet::from([key(&question())]);
    let changes = [
        ("/generation", json!(2)),
        ("/action", json!("vie")),
        ("/principal/id", json!("a")),
        ("/principal/id", json!("abc")),
        ("/principal/roles", json!(["c"])),
        ("/principal/roles", json!(["cd"])),
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
        ("/resource/kind", json!("ki")),
        ("/resource/id", json!("")),
        ("/resource/version", json!("i")),
        ("/resource/scope", json!("i")),
        ("/resource/attr", json!({})),
        ("/resource/attr", json!({ "a": true })),
        ("/resource/attr", json!({ "a": "1" })),
        ("/resource/attr", json!({ "a": 1, "b": 1 })),
    ];
    for (path, value) in changes {
        let mut changed = question();
        *changed.pointer_mut(path).unwrap() = value.clone();
        assert!(keys.insert(key(&changed)), "{path} = {value} has the key of another question");
    }
}
