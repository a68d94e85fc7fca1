//! A second opinion on what a canonical path is: a list of what may be in one, where the product has a
//! list of what may not. Below `/v1/open/` a reader may read whatever is canonical, so that there it is
//! the form of a path alone that refuses it.

use super::house::ALLOWED;

pub(crate) const OPEN: &str = "/v1/open/";

/// Characters that have a meaning nowhere, and so may be escaped; some must be.
const ESCAPES: [&str; 23] = [
    "20", "21", "22", "24", "26", "27", "28", "29", "2A", "2B", "2C", "3A", "3C", "3D", "3E", "40",
    "5B", "5D", "5E", "60", "7B", "7C", "7D",
];

/// Whether a reader's request for this path passes.
pub(crate) fn may_pass(path: &str) -> bool {
    ALLOWED.contains(&path)
        || path.strip_prefix(OPEN).is_some_and(|rest| !rest.is_empty() && is_canonical(rest))
}

fn is_canonical(rest: &str) -> bool {
    let (start, last) = rest.rsplit_once('/').unwrap_or(("x", rest));
    start.split('/').all(|segment| !segment.is_empty() && fits(segment)) && fits(last)
}

fn fits(segment: &str) -> bool {
    let mut pieces = segment.split('%');
    let plain = |text: &str| {
        text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,=:@".contains(&byte))
    };
    let escape = |text: &str| {
        let (digits, rest) = text.split_at_checked(2).unwrap_or(("", ""));
        let beyond_ascii = digits.starts_with(['8', '9', 'A', 'B', 'C', 'D', 'E', 'F'])
            && digits.ends_with(|digit: char| "0123456789ABCDEF".contains(digit));
        (beyond_ascii || ESCAPES.contains(&digits)) && plain(rest)
    };
    let Some(text) = decoded(segment) else { return false };
    pieces.next().is_some_and(plain)
        && pieces.all(escape)
        && !text.ends_with(['.', ' '])
        && !text.contains(|c| ('\u{80}'..='\u{9f}').contains(&c))
}

fn decoded(segment: &str) -> Option<String> {
    let mut pieces = segment.split('%');
    let mut bytes = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        let (digits, rest) = piece.split_at_checked(2)?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(bytes).ok()
}
