//! `int(x)`, `string(x)` and the other conversions, and Go's text forms of numbers.

use super::{Call, Family, Mismatch};
use crate::engine::cel::{
    duration,
    eval::{Evaluated, Fault},
    time::{Moment, MomentError},
    value::V,
};

pub(super) const FAMILY: Family = Family {
    mismatch: Mismatch::Named,
    functions: &[
        ("bool: (bool) -> bool", identity),
        ("bool: (string) -> bool", bool_from_string),
        ("bytes: (bytes) -> bytes", identity),
        ("bytes: (string) -> bytes", bytes_from_string),
        ("double: (double) -> double", identity),
        ("double: (int) -> double", double_from_number),
        ("double: (uint) -> double", double_from_number),
        ("double: (string) -> double", double_from_string),
        ("duration: (duration) -> duration", identity),
        ("duration: (string) -> duration", duration_from_string),
        ("int: (int) -> int", identity),
        ("int: (double) -> int", int_from_double),
        ("int: (duration) -> int", int_from_duration),
        ("int: (string) -> int", int_from_string),
        ("int: (timestamp) -> int", int_from_timestamp),
        ("int: (uint) -> int", int_from_uint),
        ("string: (string) -> string", identity),
        ("string: (bool) -> string", to_string),
        ("string: (bytes) -> string", to_string),
        ("string: (double) -> string", to_string),
        ("string: (duration) -> string", to_string),
        ("string: (int) -> string", to_string),
        ("string: (timestamp) -> string", to_string),
        ("string: (uint) -> string", to_string),
        ("string: (ip) -> string", to_string),
        ("string: (cidr) -> string", to_string),
        ("timestamp: (timestamp) -> timestamp", identity),
        ("timestamp: (string) -> timestamp", timestamp_from_string),
        ("timestamp: (int) -> timestamp", timestamp_from_int),
        ("uint: (uint) -> uint", identity),
        ("uint: (double) -> uint", uint_from_double),
        ("uint: (int) -> uint", uint_from_int),
        ("uint: (string) -> uint", uint_from_string),
    ],
};

const INTEGER_OVERFLOW: Fault<'static> = Fault::Text("integer overflow");
const UNSIGNED_OVERFLOW: Fault<'static> = Fault::Text("unsigned integer overflow");

fn identity<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    call.arg(0)
}

fn bool_from_string<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    match call.string(0)? {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(V::Bool(true)),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(V::Bool(false)),
        _ => Err(Fault::Text("type conversion error from 'string' to 'bool'")),
    }
}

fn bytes_from_string<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    Ok(V::Bytes(call.string(0)?.as_bytes()))
}

#[expect(clippy::cast_precision_loss, reason = "the conversion that was asked for")]
fn double_from_number<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    match call.arg(0)? {
        V::Int(value) => Ok(V::Double(value as f64)),
        V::Uint(value) => Ok(V::Double(value as f64)),
        _ => Err(Fault::NoOverload),
    }
}

fn double_from_string<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    parse_go_float(call.string(0)?)
        .map(V::Double)
        .ok_or(Fault::Text("type conversion error from 'string' to 'double'"))
}

fn duration_from_string<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    duration::parse(call.string(0)?)
        .map(V::Duration)
        .ok_or(Fault::Text("type conversion error from 'string' to 'google.protobuf.Duration'"))
}

#[expect(clippy::cast_possible_truncation, reason = "within the range of i64")]
fn int_from_double<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    let value = call.double(0)?;
    // The lower limit is excluded too, though -2^63 would fit.
    if value > -LIMIT && value < LIMIT { Ok(V::Int(value as i64)) } else { Err(INTEGER_OVERFLOW) }
}

fn int_from_duration<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    Ok(V::Int(call.duration(0)?))
}

fn int_from_string<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    let text = call.string(0)?;
    text.parse().ok().map(V::Int).ok_or(Fault::Text("type conversion error from 'string' to 'int'"))
}

fn int_from_timestamp<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    Ok(V::Int(call.timestamp(0)?.seconds))
}

fn int_from_uint<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    match call.arg(0)? {
        V::Uint(value) => i64::try_from(value).ok().map(V::Int).ok_or(INTEGER_OVERFLOW),
        _ => Err(Fault::NoOverload),
    }
}

fn to_string<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    let text = match call.arg(0)? {
        V::Bool(value) => value.to_string(),
        V::Int(value) => value.to_string(),
        V::Uint(value) => value.to_string(),
        V::Double(value) => format_go_float(value),
        V::Duration(value) => duration::to_text(value),
        V::Timestamp(moment) => moment.to_rfc3339(),
        V::Ip(address) => address.to_string(),
        V::Cidr(cidr) => format!("{}/{}", cidr.address, cidr.prefix),
        V::Bytes(bytes) => {
            return std::str::from_utf8(bytes)
                .ok()
                .map(V::String)
                .ok_or(Fault::Text("invalid UTF-8 in bytes, cannot convert to string"));
        }
        _ => return Err(Fault::NoOverload),
    };
    call.run.string(&text)
}

fn timestamp_from_string<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    let text = call.string(0)?;
    Moment::parse(text).map(V::Timestamp).map_err(|error| match error {
        MomentError::Shape => call.run.fail(format_args!("invalid RFC 3339 timestamp \"{text}\"")),
        MomentError::Value => {
            Fault::Text("type conversion error from 'string' to 'google.protobuf.Timestamp'")
        }
        MomentError::Range => Fault::Text("timestamp overflow"),
    })
}

fn timestamp_from_int<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    Moment::from_seconds(call.int(0)?).map(V::Timestamp).ok_or(Fault::Text("timestamp overflow"))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "within the range of u64"
)]
fn uint_from_double<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    const LIMIT: f64 = 18_446_744_073_709_551_616.0;
    let value = call.double(0)?;
    let within = (0.0..LIMIT).contains(&value);
    if within { Ok(V::Uint(value as u64)) } else { Err(UNSIGNED_OVERFLOW) }
}

fn uint_from_int<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    u64::try_from(call.int(0)?).ok().map(V::Uint).ok_or(UNSIGNED_OVERFLOW)
}

fn uint_from_string<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    let text = call.string(0)?;
    let fault = Fault::Text("type conversion error from 'string' to 'uint'");
    if text.starts_with('+') {
        return Err(fault);
    }
    text.parse().ok().map(V::Uint).ok_or(fault)
}

/// A double as Go's `%g` prints it with the shortest digits that read back as the same number, but
/// with an exponent from 6 on: that is how cel-go converts it to a string.
pub(in crate::engine::cel) fn format_go_float(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf".to_owned() } else { "-Inf".to_owned() };
    }
    let scientific = format!("{value:e}");
    let Some((mantissa, exponent)) = scientific.split_once('e') else { return scientific };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if value != 0.0 && !(-4..6).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{mantissa}e{sign}{:02}", exponent.unsigned_abs());
    }
    format!("{value}")
}

/// Reads a double in Go's syntax. A number that is too large for a double is refused.
fn parse_go_float(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let lower = unsigned.to_ascii_lowercase();
    let magnitude = match lower.as_str() {
        "inf" | "infinity" => f64::INFINITY,
        "nan" => return Some(f64::NAN),
        _ => {
            let digits = without_underscores(&lower)?;
            let value = match digits.strip_prefix("0x") {
                Some(hex) => parse_hex_float(hex)?,
                None if digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') => {
                    digits.parse().ok()?
                }
                None => return None,
            };
            if value == f64::INFINITY {
                return None;
            }
            value
        }
    };
    Some(if text.starts_with('-') { -magnitude } else { magnitude })
}

/// Underscores may stand between digits, and after `0x`, if the number has a prefix for its base;
/// Go's conversion of decimal text accepts them between digits too.
fn without_underscores(text: &str) -> Option<String> {
    if !text.contains('_') {
        return Some(text.to_owned());
    }
    let hex = text.starts_with("0x");
    let digit = |c: Option<char>| {
        c.is_some_and(|c| c.is_ascii_digit() || hex && (c.is_ascii_hexdigit() || c == 'x'))
    };
    let chars: Vec<char> = text.chars().collect();
    let misplaced = chars.iter().enumerate().any(|(index, c)| {
        let before = index.checked_sub(1).and_then(|before| chars.get(before)).copied();
        let after = chars.get(index + 1).copied();
        *c == '_' && !(digit(before) && digit(after.filter(|c| *c != 'x')))
    });
    (!misplaced).then(|| chars.into_iter().filter(|c| *c != '_').collect())
}

/// `1.8p-2`: a hexadecimal mantissa, and a binary exponent that may not be missing.
#[expect(clippy::cast_precision_loss, reason = "at most 60 bits, and the rest only rounds")]
fn parse_hex_float(text: &str) -> Option<f64> {
    let (mantissa, exponent) = text.split_once('p')?;
    let exponent_digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    if exponent_digits.is_empty() || !exponent_digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let mut exponent: i32 = exponent.parse().ok()?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let mut value = 0_u64;
    for (index, digit) in whole.chars().chain(fraction.chars()).enumerate() {
        let digit = u64::from(digit.to_digit(16)?);
        let in_fraction = index >= whole.len();
        if value < 1 << 56 {
            value = value * 16 + digit;
            exponent = exponent.checked_sub(if in_fraction { 4 } else { 0 })?;
        } else {
            exponent = exponent.checked_add(if in_fraction { 0 } else { 4 })?;
        }
    }
    Some(value as f64 * 2.0_f64.powi(exponent))
}
