//! Values of a declared type. Nothing is converted that could be read in two ways.

use serde_json::Value as Json;

use super::ValueType;
use crate::engine::model::Value;
use crate::request::json::{self, JsonLimits};

/// A value is not of the type that its attribute has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct WrongType;

/// Of a text: itself, a number as JSON writes it, `true` or `false`, or what is between its commas.
pub(super) fn from_text(text: &str, value_type: ValueType) -> Result<Value, WrongType> {
    match value_type {
        ValueType::String => Ok(text.into()),
        ValueType::Number => number(text),
        ValueType::Bool => text.parse::<bool>().map(Value::Bool).map_err(|_neither| WrongType),
        ValueType::Strings => {
            let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
            Ok(strings(parts.collect()))
        }
        ValueType::Any => Err(WrongType),
    }
}

pub(super) fn strings(texts: Vec<&str>) -> Value {
    texts.into_iter().map(Value::from).collect()
}

pub(super) fn from_json(json: &Json, value_type: ValueType) -> Result<Value, WrongType> {
    if is_exact(json) { of_type(json.clone().into(), value_type) } else { Err(WrongType) }
}

pub(super) fn of_type(value: Value, value_type: ValueType) -> Result<Value, WrongType> {
    let fits = match (&value, value_type) {
        (_, ValueType::Any)
        | (Value::String(_), ValueType::String)
        | (Value::Number(_), ValueType::Number)
        | (Value::Bool(_), ValueType::Bool) => true,
        (Value::List(items), ValueType::Strings) => {
            items.iter().all(|item| item.as_str().is_some())
        }
        (_, ValueType::String | ValueType::Number | ValueType::Bool | ValueType::Strings) => false,
    };
    if fits { Ok(value) } else { Err(WrongType) }
}

fn number(text: &str) -> Result<Value, WrongType> {
    const LIMITS: JsonLimits = JsonLimits { bytes: 64, depth: 0, values: 1 };
    // JSON may have blanks around it, a number may not.
    let ends = text.bytes().next().zip(text.bytes().last());
    if !ends.is_some_and(|(_, last)| last.is_ascii_digit())
        || text.starts_with([' ', '\t', '\n', '\r'])
    {
        return Err(WrongType);
    }
    let json = json::parse(text.as_bytes(), LIMITS).map_err(|_not_json| WrongType)?;
    from_json(&json, ValueType::Number)
}

/// Policies see doubles. Beyond 2^53 two numbers can be one double, so that the number that was
/// decided about and the one that the server behind us reads need not be the same.
fn is_exact(json: &Json) -> bool {
    const FIRST_INEXACT: f64 = 9_007_199_254_740_992.0;
    match json {
        Json::Number(number) => number.as_f64().is_some_and(|number| number.abs() < FIRST_INEXACT),
        Json::Array(items) => items.iter().all(is_exact),
        Json::Object(members) => members.values().all(is_exact),
        Json::Null | Json::Bool(_) | Json::String(_) => true,
    }
}
