//! A token that is no login: whoever asks about a principal brings it along for what it says, and only
//! its signature and its times are looked at. Which keys it may be signed with, the caller names.

use std::{fmt, time::Duration};

use jiff::Timestamp;

use super::{
    Algorithm, KeySet, TokenError, TokenLimits, aux_data,
    claims::Claims,
    token::{self, Parts, Signed},
    verify,
};
use crate::engine::model::{Map, Value};

/// Well-formed, and not yet believed.
pub struct AuxiliaryToken<'t> {
    parts: Parts<'t>,
    algorithm: Algorithm,
    key_id: Box<str>,
}

// === impl AuxiliaryToken ===

impl<'t> AuxiliaryToken<'t> {
    /// # Errors
    /// Bytes that are no signed token, or one with extensions that we do not follow.
    pub fn parse(bytes: &'t [u8], limits: TokenLimits) -> Result<Self, TokenError> {
        let parts = Parts::parse(bytes, limits)?;
        let algorithm = token::algorithm(&parts.header)?;
        let key_id = token::key_id(&parts.header)?.into();
        token::decode(parts.signature)?;
        Ok(Self { parts, algorithm, key_id })
    }

    #[must_use]
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// The claims, in the form in which policies see them, if signature and times hold. Times that
    /// a token does not have do not bound it.
    ///
    /// # Errors
    /// They do not.
    pub fn claims(
        self,
        keys: &KeySet,
        leeway: Duration,
        now: Timestamp,
    ) -> Result<Map, TokenError> {
        let Self { parts: Parts { signed_bytes, signature, claims, header: _ }, .. } = &self;
        let signed = Signed {
            bytes: signed_bytes,
            signature,
            algorithm: self.algorithm,
            key_id: &self.key_id,
        };
        verify::signing_key(signed, keys)?;
        let claims = Claims(claims);
        let (now, leeway) = (now.as_duration().as_secs_f64(), leeway.as_secs_f64());
        if claims.seconds("exp")?.is_some_and(|expires_at| now >= expires_at + leeway) {
            return Err(TokenError::Expired);
        }
        for name in ["nbf", "iat"] {
            let Some(begins) = claims.seconds(name)? else { continue };
            if begins < 0.0 {
                return Err(TokenError::InvalidClaim(name));
            }
            if now < begins - leeway {
                return Err(TokenError::NotYetValid);
            }
        }
        registered(claims)?;
        aux_data::for_policies(claims)
    }
}

/// What the claims of RFC 7519 (4.1) are, if they are there.
fn registered(claims: Claims<'_>) -> Result<(), TokenError> {
    let is_text = |value: &Value| matches!(value, Value::String(_));
    for name in ["iss", "sub", "jti", "aud"] {
        let fits = match claims.0.get(name) {
            None | Some(Value::String(_)) => true,
            // Cerbos's library takes no audience that is null, and nothing for any other.
            Some(Value::Null) => name != "aud",
            Some(Value::List(names)) => name == "aud" && names.iter().all(is_text),
            Some(Value::Bool(_) | Value::Number(_) | Value::Map(_)) => false,
        };
        if !fits {
            return Err(TokenError::InvalidClaim(name));
        }
    }
    Ok(())
}

impl fmt::Debug for AuxiliaryToken<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuxiliaryToken").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}
