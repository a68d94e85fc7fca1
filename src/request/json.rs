//! Strict JSON (RFC 8259) within bounds, for texts that an attacker may write: bodies and tokens.
//!
//! `serde_json` already refuses comments, `NaN`, a byte order mark, lone surrogates, bytes that are
//! not UTF-8 and text after the value. What it does not refuse is a repeated key, of which one
//! reader takes the first and another the last; and its bounds are not ours to choose.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value, map::Entry};

/// Bounds of one text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JsonLimits {
    /// Bytes of text.
    pub bytes: usize,
    /// Arrays and objects within each other. `serde_json` itself stops at 127.
    pub depth: usize,
    /// Values in the whole text, so also keys: each of them has a value.
    pub values: usize,
}

/// Why a text was refused. It never holds a part of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    #[error("the JSON text is too large")]
    TooLarge,
    #[error("the JSON text is nested too deeply")]
    TooDeep,
    #[error("the JSON text has too many values")]
    TooManyValues,
    #[error("the JSON text has an object with a repeated key")]
    RepeatedKey,
    #[error("the text is not JSON")]
    Malformed,
}

/// Reads one JSON text that is nothing but one value.
///
/// # Errors
/// Text that is not JSON or beyond `limits`, and a repeated key at any depth, however it is escaped.
pub fn parse(bytes: &[u8], limits: JsonLimits) -> Result<Value, JsonError> {
    if bytes.len() > limits.bytes {
        return Err(JsonError::TooLarge);
    }
    let mut reading = Reading { limits, values: 0, refusal: None };
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = Nested { reading: &mut reading, depth: 0 }.deserialize(&mut deserializer);
    match value {
        Ok(value) if deserializer.end().is_ok() => Ok(value),
        Ok(_) | Err(_) => Err(reading.refusal.unwrap_or(JsonError::Malformed)),
    }
}

struct Reading {
    limits: JsonLimits,
    values: usize,
    /// Why we stopped the deserializer, whose own errors have no room for a reason.
    refusal: Option<JsonError>,
}

/// One value at a depth: both its seed and its visitor.
struct Nested<'a> {
    reading: &'a mut Reading,
    depth: usize,
}

// === impl Reading ===

impl Reading {
    fn refuse<E: Error>(&mut self, refusal: JsonError) -> E {
        self.refusal = Some(refusal);
        E::custom(refusal)
    }
}

// === impl Nested ===

impl Nested<'_> {
    fn inner(&mut self) -> Nested<'_> {
        Nested { reading: self.reading, depth: self.depth + 1 }
    }

    fn enter<E: Error>(&mut self) -> Result<(), E> {
        if self.depth >= self.reading.limits.depth {
            return Err(self.reading.refuse(JsonError::TooDeep));
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Nested<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.reading.values += 1;
        if self.reading.values > self.reading.limits.values {
            return Err(self.reading.refuse(JsonError::TooManyValues));
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Nested<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Value, E> {
        let number = serde_json::Number::from_f64(number);
        number.map(Value::Number).ok_or_else(|| self.reading.refuse(JsonError::Malformed))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<Value, A::Error> {
        self.enter()?;
        let mut array = Vec::new();
        while let Some(item) = items.next_element_seed(self.inner())? {
            array.push(item);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut members: A) -> Result<Value, A::Error> {
        self.enter()?;
        let mut object = Map::new();
        while let Some(key) = members.next_key::<String>()? {
            match object.entry(key) {
                Entry::Occupied(_) => return Err(self.reading.refuse(JsonError::RepeatedKey)),
                Entry::Vacant(entry) => {
                    entry.insert(members.next_value_seed(self.inner())?);
                }
            }
        }
        Ok(Value::Object(object))
    }
}
