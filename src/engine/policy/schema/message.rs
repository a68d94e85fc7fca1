//! What is wrong with attributes, in Cerbos's words, which are those of the Go library jsonschema.

use serde_json::Value;

use super::node::Type;
use super::number::general;
use crate::engine::cel::Quoted;

const MISSING: &str = "missing properties: ";

/// Whether a message is about `required`.
pub(super) fn is_missing(message: &str) -> bool {
    message.starts_with(MISSING)
}

pub(super) fn missing<'n>(names: impl Iterator<Item = &'n Box<str>>) -> String {
    let names: Vec<String> = names.map(|name| quoted(name)).collect();
    format!("{MISSING}{}", names.join(", "))
}

pub(super) fn additional(names: &[&String]) -> String {
    let names: Vec<String> = names.iter().map(|name| quoted(name)).collect();
    format!("additionalProperties {} not allowed", names.join(", "))
}

pub(super) fn dependency(name: &str, of: &str) -> String {
    format!("property {} is required, if {} property exists", quoted(name), quoted(of))
}

pub(super) fn types(types: &[Type], found: Type) -> String {
    let names: Vec<&str> = types.iter().map(|one| one.name()).collect();
    format!("expected {}, but got {}", names.join(" or "), found.name())
}

pub(super) fn pattern(pattern: &str) -> String {
    format!("does not match pattern {}", quoted(pattern))
}

pub(super) fn format(text: &str, name: &str) -> String {
    format!("{} is not valid {}", quoted(text), quoted(name))
}

pub(super) fn bound(sign: &str, bound: f64, number: f64) -> String {
    format!("must be {sign} {} but found {}", general(bound, 6), general(number, 6))
}

pub(super) fn multiple(number: f64, unit: f64) -> String {
    format!("{} not multipleOf {}", general(number, 6), general(unit, 6))
}

pub(super) fn constant(constant: &Value) -> String {
    match plain(constant) {
        Some(value) => format!("value must be {value}"),
        None => "const failed".to_owned(),
    }
}

pub(super) fn options(options: &[Value]) -> String {
    let values: Option<Vec<String>> = options.iter().map(plain).collect();
    match values.as_deref() {
        None => "enum failed".to_owned(),
        Some([only]) => format!("value must be {only}"),
        Some(values) => format!("value must be one of {}", values.join(", ")),
    }
}

/// A value that is neither a list nor a mapping, as Go prints it with `%#v`.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::Null => Some("<nil>".to_owned()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Number(number) => Some(format!("\"{}\"", general(number.as_f64()?, 21))),
        Value::String(text) => Some(Quoted(text).to_string()),
        Value::Array(_) | Value::Object(_) => None,
    }
}

/// In single quotes, and otherwise as Go quotes with `%q`.
fn quoted(text: &str) -> String {
    let text = Quoted(text).to_string().replace("\\\"", "\"").replace('\'', "\\'");
    let inside = text.get(1..text.len().saturating_sub(1)).unwrap_or_default();
    format!("'{inside}'")
}
