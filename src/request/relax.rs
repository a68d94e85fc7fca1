//! Paths that are not canonical, brought to the form that is, for hosts whose clients cannot do better.
//!
//! The upstream then gets the canonical form in place of what was sent, so that what was decided about
//! is what is served. What comes out is read as strictly as any other path.

use std::{borrow::Cow, collections::BTreeSet};

use super::{
    PathError,
    path::{check_bytes, is_unreserved},
    percent,
};

/// A way to write a path that has a canonical one beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PathForm {
    /// `\` is `/`.
    Backslash,
    /// `%61` is `a`. This may bring out a dot segment, which is another form.
    EncodedUnreserved,
    /// `%c3` is `%C3`.
    LowerCaseEscape,
    /// `;x=y` at the end of a segment is cut.
    Parameters,
    /// `a.` and `a%20` are `a`.
    TrailingDotOrSpace,
    /// `//` is `/`. This comes before dot segments.
    DoubleSlash,
    /// `!` is `!`, in the query too, where Envoy may have written it for a byte that is not UTF-8.
    ExclamationMark,
    /// `/a/./b` and `/a/c/../b` are `/a/b` (RFC 3986, 5.2.4). Above the root there is nothing.
    DotSegment,
}

/// The path without the forms that are relaxed. Everything else is left for whoever reads it.
pub(super) fn normal<'p>(
    path: &'p str,
    forms: &BTreeSet<PathForm>,
) -> Result<Cow<'p, str>, PathError> {
    if forms.is_empty() || !path.starts_with('/') {
        return Ok(Cow::Borrowed(path));
    }
    let has = |form| forms.contains(&form);
    let slashes = if has(PathForm::Backslash) { path.replace('\\', "/") } else { path.to_owned() };
    let unescaped = unescape(&slashes, forms)?;
    let mut segments = Vec::new();
    let mut pieces = unescaped.split('/').skip(1).peekable();
    while let Some(piece) = pieces.next() {
        let piece = segment(piece, forms)?;
        match (piece.is_empty() && pieces.peek().is_some(), has(PathForm::DoubleSlash)) {
            (true, true) => {}
            (true, false) => return Err(PathError::DoubleSlash),
            (false, _) => segments.push(piece),
        }
    }
    // What a dot segment takes away is looked at first.
    let path = format!("/{}", segments.join("/"));
    check_bytes(&path)?;
    if !has(PathForm::DotSegment) {
        return Ok(Cow::Owned(path));
    }
    Ok(Cow::Owned(format!("/{}", without_dots(&segments)?.join("/"))))
}

/// Escapes are decoded once: nothing that comes out of one begins another.
fn unescape(path: &str, forms: &BTreeSet<PathForm>) -> Result<String, PathError> {
    let mut parts = path.split('%');
    let mut unescaped = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (digits, rest) = part.split_at_checked(2).ok_or(PathError::BadEscape)?;
        let [high, low] = digits.as_bytes() else { return Err(PathError::BadEscape) };
        let byte = percent::byte(*high, *low).ok_or(PathError::BadEscape)?;
        if forms.contains(&PathForm::EncodedUnreserved) && is_unreserved(byte) {
            unescaped.push(char::from(byte));
        } else {
            unescaped.push('%');
            if forms.contains(&PathForm::LowerCaseEscape) {
                unescaped.push_str(&digits.to_ascii_uppercase());
            } else {
                unescaped.push_str(digits);
            }
        }
        unescaped.push_str(rest);
    }
    Ok(unescaped)
}

fn segment<'p>(piece: &'p str, forms: &BTreeSet<PathForm>) -> Result<&'p str, PathError> {
    let mut segment = piece;
    if forms.contains(&PathForm::Parameters) {
        segment = segment.split(';').next().unwrap_or_default();
    }
    if matches!(segment, "" | "." | "..") || !forms.contains(&PathForm::TrailingDotOrSpace) {
        return Ok(segment);
    }
    while let Some(shorter) = segment.strip_suffix('.').or_else(|| segment.strip_suffix("%20")) {
        segment = shorter;
    }
    if segment.is_empty() { Err(PathError::TrailingDotOrSpace) } else { Ok(segment) }
}

fn without_dots<'p>(segments: &[&'p str]) -> Result<Vec<&'p str>, PathError> {
    let mut kept = Vec::with_capacity(segments.len());
    for segment in segments {
        match *segment {
            "." => {}
            // A client that climbs above the root does not mean what is there.
            ".." => drop(kept.pop().ok_or(PathError::DotSegment)?),
            segment => kept.push(segment),
        }
    }
    // `/a/.` and `/a/..` are directories, and so end in a slash.
    if matches!(segments.last(), Some(&("." | ".."))) {
        kept.push("");
    }
    Ok(kept)
}
