//! `base64.*` and `json.encode`.

use std::fmt::Write as _;

use base64::{
    DecodeError, Engine as _,
    engine::{
        DecodePaddingMode,
        general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD},
    },
};

use super::{Call, Family, Mismatch};
use crate::engine::{
    cel::{
        convert,
        eval::{Evaluated, Fault},
        value::V,
    },
    model::Value,
};

pub(super) const FAMILY: Family = Family {
    mismatch: Mismatch::Named,
    functions: &[
        ("base64.decode: (string) -> bytes", decode),
        ("base64.encode: (bytes) -> string", encode),
        ("json.encode: (dyn) -> string", json_encode),
    ],
};

/// Padding is whole or absent; the bits after the last byte may be anything, as in Go.
const PADDED: GeneralPurpose = lenient(DecodePaddingMode::RequireCanonical);
const UNPADDED: GeneralPurpose = lenient(DecodePaddingMode::RequireNone);

const fn lenient(padding: DecodePaddingMode) -> GeneralPurpose {
    let config = GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(padding);
    GeneralPurpose::new(&base64::alphabet::STANDARD, config)
}

fn encode<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    match call.arg(0)? {
        V::Bytes(bytes) => call.run.string(&STANDARD.encode(bytes)),
        _ => Err(Fault::NoOverload),
    }
}

fn decode<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    let text = call.string(0)?;
    call.run.charge_room(text.len() + 16)?;
    // Go skips line ends.
    let plain: String = text.chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
    // cel-go tries both forms, and tells what is wrong in the second one, where padding is no
    // character.
    let bytes = PADDED.decode(&plain).or_else(|_| UNPADDED.decode(&plain)).map_err(|error| {
        let at = match error {
            DecodeError::InvalidByte(at, _) | DecodeError::InvalidLastSymbol { offset: at, .. } => {
                at
            }
            DecodeError::InvalidLength(_) | DecodeError::InvalidPadding => {
                // A last character that is alone has no byte.
                plain.find('=').unwrap_or(plain.len() - plain.len() % 4)
            }
        };
        call.run.fail(format_args!("illegal base64 data at input byte {at}"))
    })?;
    Ok(V::Bytes(call.run.arena.alloc_slice_copy(&bytes)))
}

fn json_encode<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    let value = convert::to_json(call.run, call.arg(0)?)?;
    let mut text = String::new();
    write_json(call, &mut text, &value)?;
    call.run.string(&text)
}

/// Compact JSON as Go writes it: what is special in HTML is escaped. The value was made by
/// [`convert::to_json`], which bounds its depth.
fn write_json<'a>(call: &Call<'_, 'a>, text: &mut String, value: &Value) -> Result<(), Fault<'a>> {
    call.run.charge(1)?;
    call.run.hold(text.len())?;
    match value {
        Value::Null => text.push_str("null"),
        Value::Bool(value) => text.push_str(if *value { "true" } else { "false" }),
        Value::Number(number) => text.push_str(&number_text(call, *number)?),
        Value::String(value) => write_string(text, value),
        Value::List(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write_json(call, text, item)?;
            }
            text.push(']');
        }
        Value::Map(map) => {
            text.push('{');
            for (index, (key, value)) in map.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write_string(text, key);
                text.push(':');
                write_json(call, text, value)?;
            }
            text.push('}');
        }
    }
    call.run.charge_bytes(16)
}

fn write_string(text: &mut String, value: &str) {
    text.push('"');
    for c in value.chars() {
        match c {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '\u{8}' => text.push_str("\\b"),
            '\u{c}' => text.push_str("\\f"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => {
                // Writing into a string cannot fail.
                let _written = write!(text, "\\u{:04x}", u32::from(c));
            }
            other => text.push(other),
        }
    }
    text.push('"');
}

/// A number as Go's JSON has it: with an exponent below 1e-6 and from 1e21 on.
fn number_text<'a>(call: &Call<'_, 'a>, number: f64) -> Result<String, Fault<'a>> {
    if !number.is_finite() {
        let kind = if number.is_nan() {
            "NaN"
        } else if number > 0.0 {
            "+Inf"
        } else {
            "-Inf"
        };
        // The blank after the colon is one that does not break.
        return Err(call.run.fail(format_args!(
            "proto:\u{a0}google.protobuf.Value.number_value: invalid {kind} value"
        )));
    }
    let magnitude = number.abs();
    if magnitude != 0.0 && !(1e-6..1e21).contains(&magnitude) {
        let text = format!("{number:e}");
        return Ok(match text.split_once("e") {
            Some((mantissa, exponent)) if !exponent.starts_with('-') => {
                format!("{mantissa}e+{exponent}")
            }
            _ => text,
        });
    }
    Ok(format!("{number}"))
}
