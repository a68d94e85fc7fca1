//! A token's claims as policies see them, `request.auxData.jwt`, in the form that Cerbos gives them:
//! `aud` a list, times as texts, and claims that are null left out.

use super::{TokenError, VerifiedToken, claims::Claims, times};
use crate::engine::model::{AuxData, Map, Value};

impl VerifiedToken<'_> {
    pub(super) fn aux_data(&self) -> Result<AuxData, TokenError> {
        Ok(AuxData { jwt: for_policies(self.claims)?, jwts: Vec::new() })
    }
}

pub(super) fn for_policies(claims: Claims<'_>) -> Result<Map, TokenError> {
    let claims = claims.0.iter().filter(|(_, value)| **value != Value::Null);
    claims.map(|(name, value)| Ok((name, claim(name, value)?))).collect()
}

fn claim(name: &str, value: &Value) -> Result<Value, TokenError> {
    match (name, value) {
        ("aud", Value::String(_)) => Ok([value.clone()].into_iter().collect()),
        ("exp" | "iat" | "nbf", Value::Number(seconds)) => {
            let time = times::timestamp(*seconds).ok_or(TokenError::InvalidClaim("nbf"))?;
            Ok(time.to_string().into())
        }
        _ => Ok(value.clone()),
    }
}
