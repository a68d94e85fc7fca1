//! Percent-encoding (RFC 3986, section 2.1), decoded once.

use std::borrow::Cow;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DecodeError {
    BadEscape,
    NotUtf8,
}

/// The byte that two hexadecimal digits stand for.
pub(super) fn byte(high: u8, low: u8) -> Option<u8> {
    Some(digit(high)? * 16 + digit(low)?)
}

/// Borrows where there is nothing to decode.
pub(super) fn decode(text: &str) -> Result<Cow<'_, str>, DecodeError> {
    if !text.contains('%') {
        return Ok(Cow::Borrowed(text));
    }
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(next) = bytes.next() {
        if next == b'%' {
            let escaped = bytes.next().zip(bytes.next()).and_then(|(high, low)| byte(high, low));
            decoded.push(escaped.ok_or(DecodeError::BadEscape)?);
        } else {
            decoded.push(next);
        }
    }
    String::from_utf8(decoded).map(Cow::Owned).map_err(|_not_utf8| DecodeError::NotUtf8)
}

fn digit(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}
