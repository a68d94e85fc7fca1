//! The schema that ships and the reader know the same keys, defaults and words.

use std::{collections::BTreeSet, sync::LazyLock};

use serde_json::{Value, json};

use super::{
    Folder,
    full::{everything, everything_elsewhere},
};
use crate::answer::OWN_CLAIMS;
use crate::config::{Config, SCHEMA};
use crate::identity::OWN_ATTRIBUTES;

/// An object of the schema, and where a sample has one of its kind.
struct Object<'a> {
    schema: &'a Value,
    pointer: String,
    sample: &'a Value,
}

/// Together they have every key.
static SAMPLES: LazyLock<[Value; 2]> = LazyLock::new(|| [everything(), everything_elsewhere()]);

fn schema() -> Value {
    serde_json::from_str(SCHEMA).unwrap()
}

fn load(file: &Value) -> Result<Config, String> {
    Folder::new(&file.to_string()).load(&[])
}

fn resolve<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(name) => resolve(root, root.pointer(name.strip_prefix('#').unwrap()).unwrap()),
        None => schema,
    }
}

/// All objects with known keys, by a walk through the schema along each sample.
fn all_objects(root: &Value) -> Vec<Object<'_>> {
    let mut found = Vec::new();
    for sample in &*SAMPLES {
        objects((root, sample), root, "", &mut found);
    }
    found
}

fn objects<'a>(
    (root, sample): (&'a Value, &'a Value),
    schema: &'a Value,
    at: &str,
    found: &mut Vec<Object<'a>>,
) {
    let schema = resolve(root, schema);
    let Some(here) = sample.pointer(at) else {
        let is_somewhere = SAMPLES.iter().any(|sample| sample.pointer(at).is_some());
        assert!(is_somewhere, "{at} is in no sample");
        return;
    };
    let all = (root, sample);
    for alternative in schema["anyOf"].as_array().into_iter().flatten() {
        objects(all, alternative, at, found);
    }
    match here {
        Value::Object(entries) => {
            if let Some(properties) = schema["properties"].as_object() {
                found.push(Object { schema, pointer: at.to_owned(), sample });
                // Of some objects a file can only have one key at a time.
                let one_only =
                    schema.get("oneOf").is_some() || schema.get("maxProperties").is_some();
                for (key, property) in properties {
                    if !one_only || entries.contains_key(key) {
                        objects(all, property, &format!("{at}/{key}"), found);
                    }
                }
            } else if schema["additionalProperties"].is_object() {
                for key in entries.keys() {
                    let property = &schema["additionalProperties"];
                    objects(all, property, &format!("{at}/{key}"), found);
                }
            }
        }
        Value::Array(_) if schema["items"].is_object() => {
            objects(all, &schema["items"], &format!("{at}/0"), found);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {}
    }
}

#[test]
fn the_schema_has_the_keys_that_are_read_and_no_others() {
    let root = schema();
    let found = all_objects(&root);
    assert!(found.len() > 20, "{}", found.len());
    for Object { schema, pointer, sample } in found {
        let mut file = sample.clone();
        file.pointer_mut(&pointer).unwrap()["qqqqqqqqqqqqqqqqqqqqqqqqqqq"] = json!(1);
        let errors = load(&file).unwrap_err();
        let listed = errors.split_once("; expected ").map(|(_, expected)| expected).unwrap();
        let read: BTreeSet<&str> = listed.split('`').skip(1).step_by(2).collect();
        let described: BTreeSet<&str> =
            schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(read, described, "{pointer}");
    }
}

#[test]
fn the_schema_requires_what_the_reader_requires() {
    let root = schema();
    let found = all_objects(&root);
    for Object { schema, pointer, sample } in found {
        // Where one of several keys is needed, the table of errors has the cases.
        if schema.get("oneOf").is_some() || schema.get("minProperties").is_some() {
            continue;
        }
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        for key in schema["properties"].as_object().unwrap().keys() {
            // One of them is needed: either the policies are here, or another PDP has them.
            if matches!((&*pointer, &**key), ("", "policies" | "engine") | ("/engine", "cerbos")) {
                continue;
            }
            let mut file = sample.clone();
            file.pointer_mut(&pointer).unwrap().as_object_mut().unwrap().remove(key);
            let missing = load(&file).is_err_and(|errors| errors.contains(" is missing"));
            assert_eq!(missing, required.contains(&json!(key)), "{pointer}/{key}");
        }
    }
}

#[test]
fn defaults_in_the_schema_are_the_readers() {
    let root = schema();
    let everything = everything();
    let least: Value = ["auth0", "policies", "routes", "issuers"]
        .into_iter()
        .map(|key| (key.to_owned(), everything[key].clone()))
        .collect();
    let mut least = least;
    least["routes"][0]["resource"]["attr"]["tenant"] = json!({ "claim": "tenant" });
    least["routes"][0].as_object_mut().unwrap().remove("token_binding");
    least["routes"][0]["token"] = json!({ "cookie": "session" });
    least["auth0"] = json!({ "domain": "acme.eu.auth0.com", "audience": "api" });
    least["assertion"] = json!({ "issuer": "https://gateway.example" });
    least["redis"] = json!({ "url": "redis://127.0.0.1" });
    least["api"] = json!({ "cors": {} });
    let secret = &everything["sender_constraints"]["dpop"]["nonce"]["secret"];
    least["sender_constraints"] = json!({ "dpop": { "nonce": { "secret": secret } } });
    least["issuers"] = json!([{ "issuer": "https://issuer.example", "audience": "api" }]);
    let mut spelled_out = least.clone();
    let found = all_objects(&root);
    let mut defaults = 0;
    for Object { schema, pointer, .. } in found.into_iter().filter(|object| is_here(object)) {
        for (key, property) in schema["properties"].as_object().unwrap() {
            if let Some(default) = property.get("default") {
                set(&mut spelled_out, &format!("{pointer}/{key}"), default.clone());
                defaults += 1;
            }
        }
    }
    assert!(defaults > 20, "{defaults}");
    let folder = Folder::new(&least.to_string());
    let left_out = without_places(folder.load(&[]).unwrap());
    folder.write("portcullis.yaml", &spelled_out.to_string());
    assert_eq!(without_places(folder.load(&[]).unwrap()), left_out);
}

/// Of the sample in which the policies are evaluated here.
fn is_here(object: &Object<'_>) -> bool {
    object.sample.pointer("/policies").is_some()
}

fn without_places(mut config: Config) -> Config {
    for route in &mut config.routes {
        route.place.clear();
    }
    config
}

/// Sets the value at a pointer, and makes the objects on the way to it.
fn set(file: &mut Value, pointer: &str, value: Value) {
    let mut at = file;
    for key in pointer.split('/').skip(1) {
        at = match key.parse::<usize>() {
            Ok(index) => &mut at[index],
            Err(_) => &mut at[key],
        };
    }
    *at = value;
}

#[test]
fn words_and_bounds_in_the_schema_are_the_readers() {
    let root = schema();
    let found = all_objects(&root);
    let mut tried = 0;
    for Object { schema, pointer, sample } in found {
        for (key, property) in schema["properties"].as_object().unwrap() {
            let at = format!("{pointer}/{key}");
            if sample.pointer(&at).is_none() {
                continue;
            }
            for (value, fits) in candidates(property) {
                let mut file = sample.clone();
                *file.pointer_mut(&at).unwrap() = value.clone();
                assert_eq!(load(&file).is_ok(), fits, "{at}: {value}");
                tried += 1;
            }
        }
    }
    assert!(tried > 40, "{tried}");
}

/// Values at the edges of what a property takes.
fn candidates(property: &Value) -> Vec<(Value, bool)> {
    let alternative = &property["anyOf"][0];
    if let Some(words) = alternative["enum"].as_array() {
        let words = words.iter().map(|word| (word.clone(), true));
        return words.chain([(json!("nothing of it"), false), (json!(7), false)]).collect();
    }
    if let (Some(least), Some(most)) =
        (alternative["minimum"].as_i64(), alternative["maximum"].as_i64())
    {
        return vec![
            (json!(least), true),
            (json!(most), true),
            (json!(least - 1), false),
            (json!(most + 1), false),
            (json!("7"), false),
        ];
    }
    if alternative["type"] == "boolean" {
        return vec![(json!(true), true), (json!(false), true), (json!("true"), false)];
    }
    if property["$ref"] == "#/$defs/duration" {
        return vec![(json!("90s"), true), (json!("90"), false), (json!(90), false)];
    }
    if property["$ref"] == "#/$defs/bytes" {
        return vec![(json!("90KiB"), true), (json!("90"), false), (json!(90), false)];
    }
    Vec::new()
}

#[test]
fn names_that_the_schema_refuses_are_the_ones_that_assertions_keep() {
    let at = "/properties/assertion/properties/claims/propertyNames/not/enum";
    assert_eq!(schema().pointer(at), Some(&json!(OWN_CLAIMS)));
}

#[test]
fn names_that_the_schema_refuses_are_the_ones_that_identity_keeps() {
    let at = "/properties/claims/properties/attr/propertyNames/not/enum";
    let root = schema();
    for issuer in ["/$defs/auth0", "/properties/issuers/items"] {
        assert_eq!(root.pointer(&format!("{issuer}{at}")), Some(&json!(OWN_ATTRIBUTES)));
    }
}
