//! A token in a cookie (RFC 6265, 4.2.1).

use std::str;

use super::{BearerError, BearerToken};

/// Finds the cookie of this name. There is one `cookie` header, and one cookie of the name in it:
/// servers differ in whether the first or the last one counts. Envoy joins the lines of HTTP/2 with
/// semicolons, and those of HTTP/1 with commas that it does not tell from a value's.
pub(super) fn find<'h>(
    lines: impl IntoIterator<Item = &'h [u8]>,
    name: &str,
) -> Result<Option<BearerToken>, BearerError> {
    let Some(line) = only(lines)? else { return Ok(None) };
    let mut values = pairs(line).filter_map(|pair| value(pair, name));
    let found = values.next();
    // Behind a comma there may be a second header, and the cookie in it.
    let behind_comma = |pair: &[u8]| {
        pair.split(|byte| *byte == b',').skip(1).any(|piece| value(piece, name).is_some())
    };
    if values.next().is_some() || pairs(line).any(behind_comma) {
        return Err(BearerError::Multiple);
    }
    found.map(BearerToken::bare).transpose()
}

/// What is left of the header without the cookie; nothing if there was no other.
pub(super) fn without<'h>(
    lines: impl IntoIterator<Item = &'h [u8]>,
    name: &str,
) -> Result<Option<String>, BearerError> {
    let Some(line) = only(lines)? else { return Ok(None) };
    let others: Result<Vec<&str>, _> =
        pairs(line).filter(|pair| value(pair, name).is_none()).map(str::from_utf8).collect();
    let others = others.map_err(|_not_text| BearerError::Malformed)?;
    Ok((!others.is_empty()).then(|| others.join("; ")))
}

fn only<'h>(lines: impl IntoIterator<Item = &'h [u8]>) -> Result<Option<&'h [u8]>, BearerError> {
    let mut lines = lines.into_iter();
    let line = lines.next();
    if lines.next().is_some() { Err(BearerError::Multiple) } else { Ok(line) }
}

fn pairs(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(|byte| *byte == b';').map(<[u8]>::trim_ascii).filter(|pair| !pair.is_empty())
}

fn value<'p>(pair: &'p [u8], name: &str) -> Option<&'p [u8]> {
    let equals = pair.iter().position(|byte| *byte == b'=')?;
    let (found, value) = pair.split_at_checked(equals)?;
    (found.trim_ascii() == name.as_bytes()).then(|| value.get(1..).unwrap_or_default().trim_ascii())
}
