//! A token taken apart, strictly, and not believed: what it says chooses a key and nothing more.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::{Algorithm, BearerToken, TokenError, bearer::has};
use crate::engine::model::{Map, Value};
use crate::request::json::{self, JsonLimits};

/// How large a token may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenLimits {
    pub max_bytes: usize,
}

/// A well-formed JWS whose signature nobody has looked at.
pub struct UnverifiedToken<'t> {
    /// What was signed: header, dot, payload, as they were sent.
    pub(super) signed_bytes: &'t [u8],
    pub(super) signature: &'t str,
    pub(super) header: Header,
    pub(super) claims: Map,
    // Invariant: the same text as `claims["iss"]`.
    issuer: Box<str>,
}

/// What was signed, and what chooses the key that it was signed with.
#[derive(Clone, Copy)]
pub(super) struct Signed<'t> {
    pub(super) bytes: &'t [u8],
    pub(super) signature: &'t str,
    pub(super) algorithm: Algorithm,
    pub(super) key_id: &'t str,
}

/// A JWS taken apart, whatever it is for.
pub(super) struct Parts<'t> {
    pub(super) signed_bytes: &'t [u8],
    pub(super) signature: &'t str,
    pub(super) header: Map,
    pub(super) claims: Map,
}

/// The members of a JOSE header that we understand.
#[derive(Clone, Debug)]
pub(super) struct Header {
    pub(super) algorithm: Algorithm,
    pub(super) token_type: TokenType,
    pub(super) key_id: Box<str>,
}

/// `typ`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenType {
    Jwt,
    /// RFC 9068
    AccessToken,
    /// OpenID Connect Back-Channel Logout 1.0. Auth0's logout tokens are a plain `JWT`.
    Logout,
}

/// The segments are within the limit of the whole token already.
const JSON_LIMITS: JsonLimits = JsonLimits { bytes: usize::MAX, depth: 32, values: 4096 };

const MAX_KEY_ID_BYTES: usize = 128;

/// Extensions that change what is signed, and keys that a token brings along. None of them is in a
/// token of Auth0, and whoever ignores one trusts its author (RFC 8725, 3.10; RFC 7797).
const REFUSED_MEMBERS: [&str; 9] =
    ["crit", "b64", "zip", "jku", "jwk", "x5u", "x5c", "x5t", "x5t#S256"];

// === impl UnverifiedToken ===

impl<'t> UnverifiedToken<'t> {
    pub fn parse(token: &'t BearerToken, limits: TokenLimits) -> Result<Self, TokenError> {
        Self::parse_bytes(token.as_bytes(), limits)
    }

    /// A token that came in another way than as a credential.
    pub fn parse_bytes(bytes: &'t [u8], limits: TokenLimits) -> Result<Self, TokenError> {
        let Parts { signed_bytes, signature, header, claims } = Parts::parse(bytes, limits)?;
        let header = Header::read(&header)?;
        decode(signature)?;
        let issuer = claims.get("iss").and_then(Value::as_str).ok_or(TokenError::WrongIssuer)?;
        Ok(Self { signed_bytes, signature, header, issuer: issuer.into(), claims })
    }

    /// The issuer that the token claims, to be found in the list of those we trust before anything
    /// else is done about it.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    #[must_use]
    pub fn key_id(&self) -> &str {
        &self.header.key_id
    }

    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.header.algorithm
    }

    pub(super) fn signed(&self) -> Signed<'_> {
        Signed {
            bytes: self.signed_bytes,
            signature: self.signature,
            algorithm: self.header.algorithm,
            key_id: &self.header.key_id,
        }
    }
}

impl fmt::Debug for UnverifiedToken<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnverifiedToken").field("header", &self.header).finish_non_exhaustive()
    }
}

// === impl Parts ===

impl<'t> Parts<'t> {
    pub(super) fn parse(bytes: &'t [u8], limits: TokenLimits) -> Result<Self, TokenError> {
        limits.check_bytes(bytes)?;
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        let text = str::from_utf8(bytes).map_err(|_not_ascii| TokenError::Malformed)?;
        if has(bytes, |byte| !fits(byte)) {
            return Err(TokenError::Malformed);
        }
        let (header, payload, signature) = split(text)?;
        let (header, claims) = (object(header)?, object(payload)?);
        let signed_bytes = text.rsplit_once('.').map_or(bytes, |(signed, _)| signed.as_bytes());
        Ok(Self { signed_bytes, signature, header, claims })
    }
}

/// The three segments of a JWS. Five are an encrypted token, and one that does not begin like a JWS is
/// one of those random texts which Auth0 gives for its own use.
pub(super) fn split(text: &str) -> Result<(&str, &str, &str), TokenError> {
    let mut segments = text.split('.');
    let first = segments.next().unwrap_or_default();
    match (segments.next(), segments.next(), segments.next(), segments.next(), segments.next()) {
        (Some(payload), Some(signature), None, ..) => Ok((first, payload, signature)),
        (Some(_), Some(_), Some(_), Some(_), None) => Err(TokenError::Opaque),
        (None, ..) if !first.is_empty() && !first.starts_with("eyJ") => Err(TokenError::Opaque),
        _ => Err(TokenError::Malformed),
    }
}

/// Without padding and with zero trailing bits, so that a token can be written in one way only: the
/// cache and a list of revoked tokens rely on it.
pub(super) fn decode(segment: &str) -> Result<Vec<u8>, TokenError> {
    if segment.is_empty() {
        return Err(TokenError::Malformed);
    }
    URL_SAFE_NO_PAD.decode(segment).map_err(|_not_base64url| TokenError::Malformed)
}

pub(super) fn object(segment: &str) -> Result<Map, TokenError> {
    match json::parse(&decode(segment)?, JSON_LIMITS).map(Value::from) {
        Ok(Value::Map(map)) => Ok(map),
        Ok(_) | Err(_) => Err(TokenError::Malformed),
    }
}

// === impl Header ===

impl Header {
    fn read(members: &Map) -> Result<Self, TokenError> {
        let text = |name| members.get(name).and_then(Value::as_str);
        let algorithm = algorithm(members)?;
        let token_type = text("typ").and_then(TokenType::find).ok_or(TokenError::WrongType)?;
        let key_id = key_id(members)?.into();
        Ok(Self { algorithm, token_type, key_id })
    }
}

/// The algorithm of a header that has nothing in it which we would have to follow.
pub(super) fn algorithm(header: &Map) -> Result<Algorithm, TokenError> {
    let text = header.get("alg").and_then(Value::as_str);
    let algorithm = text.and_then(Algorithm::find).ok_or(TokenError::UnsupportedAlgorithm)?;
    if REFUSED_MEMBERS.iter().any(|name| header.get(name).is_some()) {
        return Err(TokenError::UnsupportedHeader);
    }
    Ok(algorithm)
}

pub(super) fn key_id(header: &Map) -> Result<&str, TokenError> {
    let key_id = header.get("kid").ok_or(TokenError::MissingKeyId)?;
    let key_id = key_id.as_str().filter(|id| (1..=MAX_KEY_ID_BYTES).contains(&id.len()));
    key_id.ok_or(TokenError::UnknownKey)
}

// === impl TokenType ===

impl TokenType {
    /// Media types are compared without case, and `application/` may be left out (RFC 7515, 4.1.9).
    fn find(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        match name.strip_prefix("application/").unwrap_or(&name) {
            "jwt" => Some(Self::Jwt),
            "at+jwt" => Some(Self::AccessToken),
            "logout+jwt" => Some(Self::Logout),
            _ => None,
        }
    }
}

// === impl TokenLimits ===

impl TokenLimits {
    /// Refuses what is too large before anything is done with it.
    pub fn check(self, token: &BearerToken) -> Result<(), TokenError> {
        self.check_bytes(token.as_bytes())
    }

    fn check_bytes(self, bytes: &[u8]) -> Result<(), TokenError> {
        if bytes.len() > self.max_bytes {
            return Err(TokenError::TooLarge);
        }
        Ok(())
    }
}

impl Default for TokenLimits {
    fn default() -> Self {
        Self { max_bytes: 16 * 1024 }
    }
}
