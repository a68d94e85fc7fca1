//! The token of a request: found exactly once, in the `Authorization` header, and never printed.

use std::fmt;

use super::BearerError;

/// An access token as it was sent. Its text is not looked at yet.
#[derive(Clone, PartialEq, Eq)]
pub struct BearerToken {
    scheme: Scheme,
    bytes: Box<[u8]>,
}

/// The authentication scheme that a token came with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// RFC 6750
    Bearer,
    /// RFC 9449
    Dpop,
}

/// Finds the token in the values of the `Authorization` header. Nothing, and a scheme that we do
/// not speak, is no credentials; whatever could be read in two ways is an error.
pub fn find<'h>(
    authorization: impl IntoIterator<Item = &'h [u8]>,
) -> Result<Option<BearerToken>, BearerError> {
    let mut values = authorization.into_iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(BearerError::Multiple);
    }
    // Envoy joins repeated headers with a comma, and no token contains one. A comma is therefore
    // two tokens, and whichever we took, the upstream might take the other.
    if has(value, |byte| byte == b',') {
        let mut credentials = value.split(|byte| *byte == b',').map(trim);
        let found = credentials.find_map(Scheme::split);
        return found.map_or(Ok(None), |_| Err(BearerError::Multiple));
    }
    let Some((scheme, rest)) = Scheme::split(trim(value)) else { return Ok(None) };
    BearerToken::read(scheme, rest).map(Some)
}

// === impl BearerToken ===

impl BearerToken {
    /// `rest` is what follows the name of the scheme: spaces, then the token (RFC 9110, 11.4).
    fn read(scheme: Scheme, rest: &[u8]) -> Result<Self, BearerError> {
        let mut token = rest;
        while let [b' ', after @ ..] = token {
            token = after;
        }
        if token.is_empty() {
            return Err(BearerError::Empty);
        }
        if has(token, is_blank) {
            return Err(BearerError::Malformed);
        }
        Ok(Self { scheme, bytes: token.into() })
    }

    /// A token that has a place of its own, and so no scheme before it.
    pub(super) fn bare(token: &[u8]) -> Result<Self, BearerError> {
        Self::read(Scheme::Bearer, token)
    }

    #[must_use]
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Every byte that was sent. For verification and for digests, never for output.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl fmt::Debug for BearerToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BearerToken").field("scheme", &self.scheme).finish_non_exhaustive()
    }
}

// === impl Scheme ===

impl Scheme {
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Bearer => "Bearer",
            Self::Dpop => "DPoP",
        }
    }

    /// The scheme that a credential begins with, and what follows its name.
    fn split(credential: &[u8]) -> Option<(Self, &[u8])> {
        [(Self::Bearer, "bearer"), (Self::Dpop, "dpop")].into_iter().find_map(|(scheme, name)| {
            let (start, rest) = credential.split_at_checked(name.len())?;
            let ends = rest.first().copied().is_none_or(is_blank);
            (ends && start.eq_ignore_ascii_case(name.as_bytes())).then_some((scheme, rest))
        })
    }
}

/// Optional white space of HTTP. A line break is none: inside of a header it can only be an attack.
fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// Whether one of the bytes is such. It looks at all of them, many at a time, which for a token, where
/// none is, takes a tenth of the time that it takes to ask after each byte whether to go on.
pub(super) fn has(bytes: &[u8], such: impl Fn(u8) -> bool) -> bool {
    bytes.iter().fold(0, |found: u8, byte| found | u8::from(such(*byte))) != 0
}

fn trim(mut bytes: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = bytes {
        bytes = rest;
    }
    bytes
}
