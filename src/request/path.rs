//! The path of a request in the one form that every program reads alike.
//!
//! Envoy, we and the server behind us each have rules for `//`, `%2e` or `;x=y`. Where they differ,
//! what was decided about is not what is served. A path that could be read in two ways is therefore
//! refused, with the reason, and what is left is its own canonical form (RFC 3986, section 6.2.2).

use std::borrow::Cow;

use super::{PathError, percent};

/// What counts as canonical.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PathRules {
    /// Bytes of the request target, the query included.
    pub longest_target: usize,
}

/// A path that begins with a slash and has one spelling.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CanonicalPath {
    encoded: Box<str>,
    // Invariant: `encoded` decoded, if that makes a difference. As an encoded slash is refused, both
    // have the same slashes, so each segment is decoded once and after splitting.
    decoded: Option<Box<str>>,
}

/// One segment. Literals are compared as sent; values are read decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment<'a> {
    pub encoded: &'a str,
    pub decoded: &'a str,
}

// === impl PathRules ===

impl Default for PathRules {
    fn default() -> Self {
        Self { longest_target: 8 * 1024 }
    }
}

// === impl CanonicalPath ===

impl CanonicalPath {
    /// # Errors
    /// Any text that is not a canonical path.
    pub fn parse(path: &str, rules: &PathRules) -> Result<Self, PathError> {
        check_form(path, rules.longest_target)?;
        // So only the last segment can be empty: of `/` alone, or after a trailing slash.
        if path.contains("//") {
            return Err(PathError::DoubleSlash);
        }
        check_bytes(path)?;
        let decoded = match percent::decode(path) {
            Ok(Cow::Owned(decoded)) => Some(decoded.into()),
            Ok(Cow::Borrowed(_)) => None,
            Err(percent::DecodeError::BadEscape) => return Err(PathError::BadEscape),
            Err(percent::DecodeError::NotUtf8) => return Err(PathError::NotUtf8),
        };
        let path = Self { encoded: path.into(), decoded };
        path.segments().try_for_each(check_segment)?;
        Ok(path)
    }

    /// The path as sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.encoded
    }

    /// At least one. The last one is empty if the path ends with a slash.
    pub fn segments(&self) -> impl Iterator<Item = Segment<'_>> + Clone {
        let encoded = self.encoded.split('/').skip(1);
        let decoded = self.decoded().split('/').skip(1);
        encoded.zip(decoded).map(|(encoded, decoded)| Segment { encoded, decoded })
    }

    /// The decoded segment at an index.
    #[must_use]
    pub fn segment(&self, index: usize) -> Option<&str> {
        self.decoded().split('/').skip(1).nth(index)
    }

    /// All decoded segments from an index on, with the slashes between them.
    #[must_use]
    pub fn rest(&self, index: usize) -> Option<&str> {
        let pieces = index.checked_add(2)?;
        self.decoded().splitn(pieces, '/').nth(index + 1)
    }

    fn decoded(&self) -> &str {
        self.decoded.as_deref().unwrap_or(&self.encoded)
    }
}

fn check_form(path: &str, longest: usize) -> Result<(), PathError> {
    if path.len() > longest {
        return Err(PathError::TooLong);
    }
    match path {
        _ if path.starts_with('/') => Ok(()),
        "" => Err(PathError::Empty),
        "*" => Err(PathError::AsteriskForm),
        _ if path.contains("://") => Err(PathError::AbsoluteForm),
        _ if path.contains(':') => Err(PathError::AuthorityForm),
        _ => Err(PathError::NoLeadingSlash),
    }
}

pub(super) fn check_bytes(path: &str) -> Result<(), PathError> {
    let mut bytes = path.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'%' => check_escape(bytes.next(), bytes.next())?,
            b'\\' => return Err(PathError::Backslash),
            b';' => return Err(PathError::Parameters),
            b'#' => return Err(PathError::Fragment),
            0..=0x1f | 0x7f => return Err(PathError::ControlByte),
            0x80.. => return Err(PathError::NotAscii),
            b'/' => {}
            _ if is_plain(byte) => {}
            _ => return Err(PathError::IllegalCharacter),
        }
    }
    Ok(())
}

fn check_escape(high: Option<u8>, low: Option<u8>) -> Result<(), PathError> {
    let (high, low) = high.zip(low).ok_or(PathError::BadEscape)?;
    match percent::byte(high, low).ok_or(PathError::BadEscape)? {
        b'/' => Err(PathError::EncodedSlash),
        b'\\' => Err(PathError::Backslash),
        b'.' => Err(PathError::EncodedDot),
        b';' => Err(PathError::Parameters),
        b'?' | b'#' => Err(PathError::EncodedDelimiter),
        b'%' => Err(PathError::DoubleEncoding),
        0..=0x1f | 0x7f => Err(PathError::ControlByte),
        byte if is_unreserved(byte) => Err(PathError::EncodedUnreserved),
        _ if high.is_ascii_lowercase() || low.is_ascii_lowercase() => {
            Err(PathError::LowerCaseEscape)
        }
        _ => Ok(()),
    }
}

fn check_segment(segment: Segment<'_>) -> Result<(), PathError> {
    match segment.decoded {
        "." | ".." => Err(PathError::DotSegment),
        decoded if decoded.ends_with(['.', ' ']) => Err(PathError::TrailingDotOrSpace),
        // The control characters beyond ASCII.
        decoded if decoded.chars().any(char::is_control) => Err(PathError::ControlByte),
        _ => Ok(()),
    }
}

pub(super) fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// `pchar` of RFC 3986 but for escapes and the semicolon.
fn is_plain(byte: u8) -> bool {
    is_unreserved(byte)
        || matches!(
            byte,
            b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b'=' | b':' | b'@'
        )
}
