//! Claims whose signature Envoy's `jwt_authn` has verified, so it says. They have types of their own:
//! what only Envoy vouches for is never taken for a token that was verified here.

use std::fmt;

use jiff::Timestamp;

use super::{BearerError, VerifiedToken};
use crate::engine::model::{Map, Value};

/// Claims as Envoy passes them on. All that a signature does not say is still to be checked.
#[derive(Clone)]
pub struct AttestedClaims {
    pub(super) claims: Map,
}

/// Attested claims that hold, here and now.
#[derive(Clone, Copy, Debug)]
pub struct AttestedToken<'t>(pub(super) VerifiedToken<'t>);

// === impl AttestedClaims ===

impl AttestedClaims {
    /// The payload that `jwt_authn` left under `key` of its metadata (`payload_in_metadata`).
    pub(super) fn of_envoy(metadata: &Map, key: &str) -> Result<Option<Self>, BearerError> {
        match metadata.get(key) {
            None => Ok(None),
            Some(Value::Map(claims)) => Ok(Some(Self { claims: claims.clone() })),
            Some(_) => Err(BearerError::Malformed),
        }
    }

    /// The issuer that the claims name.
    #[must_use]
    pub fn issuer(&self) -> &str {
        self.claims.get("iss").and_then(Value::as_str).unwrap_or_default()
    }
}

impl fmt::Debug for AttestedClaims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AttestedClaims").finish_non_exhaustive()
    }
}

// === impl AttestedToken ===

impl AttestedToken<'_> {
    /// `exp`, in whole seconds.
    #[must_use]
    pub fn expires_at(&self) -> Timestamp {
        self.0.expires_at()
    }
}
