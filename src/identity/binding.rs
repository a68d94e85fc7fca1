//! Tokens that are bound to a key or to a client certificate (`cnf`, RFC 7800).

use super::{Scheme, TokenError, claims::Claims};
use crate::engine::model::Value;

/// SHA-256 in base64url without padding.
const THUMBPRINT_LENGTH: usize = 43;

/// A token that is bound is refused, as nothing here proves that its sender may use it: a
/// bound token is never taken for a plain bearer token.
pub(super) fn check(claims: Claims<'_>, scheme: Scheme) -> Result<(), TokenError> {
    let Some(confirmation) = claims.map("cnf")? else {
        return match scheme {
            Scheme::Bearer => Ok(()),
            Scheme::Dpop => Err(TokenError::NotBound),
        };
    };
    let thumbprint = |name| match confirmation.get(name) {
        None => Ok(None),
        Some(Value::String(text)) if text.len() == THUMBPRINT_LENGTH => Ok(Some(text)),
        Some(_) => Err(TokenError::InvalidClaim("cnf")),
    };
    match (thumbprint("jkt")?, thumbprint("x5t#S256")?) {
        (Some(_), _) => Err(TokenError::KeyBound),
        (None, Some(_)) => Err(TokenError::CertificateBound),
        (None, None) => Err(TokenError::InvalidClaim("cnf")),
    }
}
