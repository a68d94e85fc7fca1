//! When a token holds: `exp`, `iat` and `nbf` (RFC 7519, 4.1), with the clock skew of its issuer.
//!
//! Seconds are doubles here, as they are in JSON. They cannot overflow, and they count microseconds
//! exactly for longer than Auth0 will last.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{IssuerSpec, TokenError, claims::Claims};
use crate::engine::model::Value;

/// When a token was issued and when it expires, in whole seconds. The clock skew is not part of that.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    pub(super) issued_at: Timestamp,
    pub(super) expires_at: Timestamp,
}

/// Checks the times of a token.
pub(super) fn check(
    claims: Claims<'_>,
    spec: &IssuerSpec,
    now: Timestamp,
) -> Result<Times, TokenError> {
    let now = now.as_duration().as_secs_f64();
    let leeway = spec.leeway.as_secs_f64();
    let max_lifetime = spec.max_lifetime.as_secs_f64();

    let expires_at = claims.seconds("exp")?.ok_or(TokenError::InvalidClaim("exp"))?;
    if now >= expires_at + leeway {
        return Err(TokenError::Expired);
    }
    if let Some(not_before) = claims.seconds("nbf")?
        && now < not_before - leeway
    {
        return Err(TokenError::NotYetValid);
    }
    let issued_at = claims.seconds("iat")?.ok_or(TokenError::InvalidClaim("iat"))?;
    if issued_at < 0.0 || issued_at > now + leeway || issued_at >= expires_at {
        return Err(TokenError::InvalidClaim("iat"));
    }
    if expires_at - issued_at > max_lifetime {
        return Err(TokenError::InvalidLifetime);
    }
    if spec.max_token_age.is_some_and(|age| now - issued_at > age.as_secs_f64() + leeway) {
        return Err(TokenError::TooOld);
    }
    let expires_at = timestamp(expires_at).ok_or(TokenError::InvalidLifetime)?;
    let issued_at = timestamp(issued_at).ok_or(TokenError::InvalidClaim("iat"))?;
    Ok(Times { issued_at, expires_at })
}

/// Whether a login was at most `max_age` ago, by a claim that says when it was (`auth_time`).
pub(super) fn is_recent(
    auth_time: &Value,
    max_age: Duration,
    leeway: Duration,
    now: Timestamp,
) -> Result<bool, TokenError> {
    const INVALID: TokenError = TokenError::InvalidClaim("auth_time");
    let Value::Number(auth_time) = auth_time else { return Err(INVALID) };
    let now = now.as_duration().as_secs_f64();
    // Nobody can have logged in in the future, and NaN is no time at all.
    if !(0.0..=now + leeway.as_secs_f64()).contains(auth_time) {
        return Err(INVALID);
    }
    Ok(now - auth_time <= max_age.as_secs_f64() + leeway.as_secs_f64())
}

/// The whole seconds of a `NumericDate`, if the calendar reaches so far.
pub(super) fn timestamp(seconds: f64) -> Option<Timestamp> {
    let duration = SignedDuration::try_from_secs_f64(seconds.floor()).ok()?;
    Timestamp::from_duration(duration).ok()
}
