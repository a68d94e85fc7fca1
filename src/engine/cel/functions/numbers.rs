//! Numbers and bytes as the clauses of a format write them.

use crate::engine::cel::value::V;

#[expect(clippy::cast_precision_loss, reason = "formatted as a double")]
pub(super) fn as_double(value: V<'_>) -> Option<f64> {
    match value {
        V::Int(value) => Some(value as f64),
        V::Uint(value) => Some(value as f64),
        V::Double(value) => Some(value),
        _ => None,
    }
}

pub(super) fn signed(value: i64, magnitude: String) -> String {
    if value < 0 { format!("-{magnitude}") } else { magnitude }
}

/// A number that is not finite, in words.
fn in_words(value: f64) -> Option<&'static str> {
    if value.is_nan() {
        Some("NaN")
    } else if value.is_infinite() {
        Some(if value > 0.0 { "Infinity" } else { "-Infinity" })
    } else {
        None
    }
}

/// Plain decimal, never with an exponent.
pub(super) fn plain(value: f64) -> String {
    in_words(value).map_or_else(|| format!("{value}"), str::to_owned)
}

pub(super) fn fixed(value: f64, precision: usize) -> String {
    in_words(value).map_or_else(|| format!("{value:.precision$}"), str::to_owned)
}

pub(super) fn scientific(value: f64, precision: usize) -> String {
    if let Some(words) = in_words(value) {
        return words.to_owned();
    }
    let text = format!("{value:.precision$e}");
    let Some((mantissa, exponent)) = text.split_once('e') else { return text };
    let (sign, digits) = match exponent.strip_prefix('-') {
        Some(digits) => ('-', digits),
        None => ('+', exponent),
    };
    format!("{mantissa}e{sign}{digits:0>2}")
}

pub(super) fn hex(value: V<'_>) -> Option<String> {
    let of_bytes = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    match value {
        V::Int(value) => Some(signed(value, format!("{:x}", value.unsigned_abs()))),
        V::Uint(value) => Some(format!("{value:x}")),
        V::String(text) => Some(of_bytes(text.as_bytes())),
        V::Bytes(bytes) => Some(of_bytes(bytes)),
        _ => None,
    }
}
