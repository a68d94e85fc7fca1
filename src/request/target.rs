//! The request target, held against the bytes that came.
//!
//! Before Envoy tells us a target it writes `!` for each byte that is not UTF-8, and then sends the
//! upstream the byte itself. Only the line `:path` of the separate form shows which of both it was.

use super::{PathError, RawHeaders};

/// How far the target that we were told is the one that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fidelity {
    Exact,
    /// It has a `!` that may stand for another byte.
    Doubtful,
}

pub(super) fn fidelity(target: &str, headers: &RawHeaders<'_>) -> Result<Fidelity, PathError> {
    let lines = match headers {
        RawHeaders::Joined(_) => &[][..],
        RawHeaders::Separate(lines) => lines,
    };
    let mut lines = lines.iter().filter(|(name, _)| name == ":path").peekable();
    // Envoy can be told to leave it out (`disallowed_headers`).
    if lines.peek().is_none() && target.contains('!') {
        return Ok(Fidelity::Doubtful);
    }
    match lines.map(|(_, line)| line).find(|line| ***line != *target.as_bytes()) {
        None => Ok(Fidelity::Exact),
        Some(line) if line.is_ascii() => Err(PathError::Differs),
        Some(_) => Err(PathError::NotAscii),
    }
}
