//! Attributes and outputs: `google.protobuf.Value` ↔ [`Value`].

use std::collections::BTreeMap;

use prost_types::{ListValue, Struct, value::Kind};

use crate::engine::model::{Map, Value};

/// Neither side nests without end: the decoder of messages and the reader of attributes stop at
/// a depth.
#[must_use]
pub fn value_to_wire(value: &Value) -> prost_types::Value {
    let kind = match value {
        Value::Null => Kind::NullValue(0),
        Value::Bool(value) => Kind::BoolValue(*value),
        Value::Number(number) => Kind::NumberValue(*number),
        Value::String(text) => Kind::StringValue(text.to_string()),
        Value::List(items) => {
            Kind::ListValue(ListValue { values: items.iter().map(value_to_wire).collect() })
        }
        Value::Map(map) => Kind::StructValue(Struct { fields: map_to_wire(map) }),
    };
    prost_types::Value { kind: Some(kind) }
}

/// A value of no kind is null.
#[must_use]
pub fn value_from_wire(value: prost_types::Value) -> Value {
    let prost_types::Value { kind } = value;
    match kind {
        None | Some(Kind::NullValue(_)) => Value::Null,
        Some(Kind::BoolValue(value)) => Value::Bool(value),
        Some(Kind::NumberValue(number)) => Value::Number(number),
        Some(Kind::StringValue(text)) => Value::String(text.into()),
        Some(Kind::ListValue(ListValue { values })) => {
            values.into_iter().map(value_from_wire).collect()
        }
        Some(Kind::StructValue(Struct { fields })) => Value::Map(map_from_wire(fields)),
    }
}

#[must_use]
pub fn map_to_wire(map: &Map) -> BTreeMap<String, prost_types::Value> {
    map.iter().map(|(name, value)| (name.to_owned(), value_to_wire(value))).collect()
}

#[must_use]
pub fn map_from_wire(fields: BTreeMap<String, prost_types::Value>) -> Map {
    fields.into_iter().map(|(name, value)| (name, value_from_wire(value))).collect()
}
