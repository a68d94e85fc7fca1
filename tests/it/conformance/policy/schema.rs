//! JSON schemas of attributes, which about half of the questions satisfy.

use fastrand::Rng;
use serde_json::{Value as Json, json};

use crate::conformance::random::Dice;

const FORMATS: [&str; 22] = [
    "date-time",
    "date",
    "time",
    "duration",
    "period",
    "hostname",
    "email",
    "idn-email",
    "ipv4",
    "ipv6",
    "uri",
    "iri",
    "uri-reference",
    "uriref",
    "iri-reference",
    "uri-template",
    "regex",
    "json-pointer",
    "relative-json-pointer",
    "uuid",
    "ip-address",
    "color",
];

/// What RE2 reads in its own way.
const PATTERNS: [&str; 12] = [
    "^[[:alpha:]]",
    "[[:^alpha:]]",
    "^\\S*$",
    "\\s",
    "\\d",
    "^\\w+$",
    "\\Qa.b\\E",
    "a{2",
    "{",
    "(?s)^.$",
    "\\p{^Lu}",
    "(?i)^[k{]",
];

/// What a text that means something may be asked for.
fn written(dice: &mut Rng) -> Json {
    match dice.u32(0..8) {
        0..4 => json!({ "format": *dice.pick(&FORMATS) }),
        4..6 => json!({ "pattern": *dice.pick(&PATTERNS) }),
        6 => json!({ "contentEncoding": "base64", "contentMediaType": "application/json" }),
        _ => match dice.bool() {
            true => json!({ "contentEncoding": "base64" }),
            false => json!({ "contentMediaType": "application/json" }),
        },
    }
}

pub(super) fn schema(dice: &mut Rng) -> Json {
    let mut properties = json!({});
    for (name, choices) in [
        ("s1", vec![json!({ "type": "string" }), json!({ "type": "string", "maxLength": 4 })]),
        ("s2", vec![json!({ "enum": ["a", "b", "abc", 1, null] }), json!({ "pattern": "^a" })]),
        ("n1", vec![json!({ "type": "number", "minimum": 0 }), json!({ "type": "integer" })]),
        ("n2", vec![json!({ "exclusiveMaximum": 5 }), json!({ "multipleOf": 2 })]),
        ("b1", vec![json!({ "type": "boolean" }), json!({ "const": true })]),
        ("nul", vec![json!({ "type": "null" }), json!(true)]),
        ("ls1", vec![json!({ "type": "array", "items": { "type": "string" } })]),
        ("ln1", vec![json!({ "uniqueItems": true }), json!({ "maxItems": 2, "minItems": 1 })]),
        ("m1", vec![json!({ "required": ["a"] }), json!({ "additionalProperties": false })]),
        ("ts1", vec![json!({ "format": "date-time" })]),
        ("ip1", vec![json!({ "anyOf": [{ "format": "ipv4" }, { "format": "ipv6" }] })]),
        ("owner", vec![json!({ "not": { "const": "bob" } }), json!(false)]),
        ("level", vec![json!({ "$ref": "#/$defs/level" })]),
    ] {
        if dice.percent(35) {
            properties[name] = dice.pick(&choices).clone();
        }
    }
    if dice.percent(40) {
        properties["written"] = written(dice);
    }
    if dice.percent(10) {
        let pattern = *dice.pick(&PATTERNS);
        properties["m1"] = json!({ "patternProperties": { pattern: { "type": "string" } } });
    }
    let mut schema = json!({
        "type": "object",
        "properties": properties,
        "required": dice.some(&["s1", "n1", "b1", "owner"], 15),
        "$defs": { "level": { "type": "number", "maximum": 3 } },
    });
    if dice.percent(10) {
        schema["additionalProperties"] = false.into();
    }
    schema
}
