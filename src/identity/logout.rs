//! A logout token (OpenID Connect Back-Channel Logout 1.0, 2.4): the issuer's word that a session has
//! ended. It has the form of every other token and is none of them, so it has its own way in, which
//! ends in a [`Logout`] and never in anything that could authenticate a request.

use std::time::Duration;

use jiff::Timestamp;

use super::{
    KeySet, TokenError, UnverifiedToken, Verifier,
    claims::{Claims, texts},
    parties,
    times::{self, Times},
    token::TokenType,
    verify::signing_key,
};
use crate::engine::model::Value;

/// Who was logged out, and when. The issuer has said so, moments ago.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logout {
    /// Whose subjects and sessions these are.
    pub tenant: Box<str>,
    pub who: LoggedOut,
    /// `iat`, in whole seconds: tokens issued later are of a new login.
    pub at: Timestamp,
    /// `jti`, by which a copy is known.
    pub id: Box<str>,
}

/// What the token names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoggedOut {
    /// One session, and perhaps whose it was.
    Session { session: Box<str>, subject: Option<Box<str>> },
    /// All sessions of a subject.
    Subject(Box<str>),
}

/// The member of `events` that makes a token one.
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// How long after it was issued a logout token is believed. Auth0's live for two minutes.
const MAX_AGE: Duration = Duration::from_secs(300);

// === impl Verifier ===

impl Verifier {
    /// Checks what can be said of a logout token before any key is asked for.
    pub fn check_logout_header(&self, token: &UnverifiedToken<'_>) -> Result<(), TokenError> {
        self.check_origin(token)?;
        match token.header.token_type {
            // Auth0's are a plain `JWT`; the specification recommends a type of their own.
            TokenType::Jwt | TokenType::Logout => Ok(()),
            TokenType::AccessToken => Err(TokenError::WrongType),
        }
    }

    /// Checks a logout token in full. That it was not seen before is for the caller to know.
    pub fn verify_logout(
        &self,
        token: &UnverifiedToken<'_>,
        keys: &KeySet,
        now: Timestamp,
    ) -> Result<Logout, TokenError> {
        self.check_logout_header(token)?;
        signing_key(token.signed(), keys)?;
        let claims = Claims(&token.claims);
        check_kind(claims)?;
        check_audience(claims, &self.spec.logout_clients)?;
        let Times { issued_at, .. } = times::check(claims, &self.spec, now)?;
        // One of the future, by a clock that is ahead, has no age.
        let age = Duration::try_from(now.duration_since(issued_at));
        if age.is_ok_and(|age| age > MAX_AGE + self.spec.leeway) {
            return Err(TokenError::TooOld);
        }
        let id = claims.text("jti")?.ok_or(TokenError::InvalidClaim("jti"))?.into();
        let tenant = self.spec.tenant().into();
        Ok(Logout { tenant, who: LoggedOut::read(claims)?, at: issued_at, id })
    }
}

/// Only a logout token has this event, and a `nonce` would make it an ID token (2.4).
fn check_kind(claims: Claims<'_>) -> Result<(), TokenError> {
    let events = claims.map("events")?.ok_or(TokenError::WrongType)?;
    match events.get(EVENT) {
        Some(Value::Map(_)) if !claims.has("nonce") => Ok(()),
        Some(_) | None => Err(TokenError::WrongType),
    }
}

/// A logout token is for clients, not for APIs.
fn check_audience(claims: Claims<'_>, clients: &[String]) -> Result<(), TokenError> {
    let audiences = match claims.0.get("aud") {
        Some(Value::String(audience)) => vec![&**audience],
        Some(list @ Value::List(_)) => texts(list, "aud")?,
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Map(_)) | None => Vec::new(),
    };
    if audiences.iter().any(|audience| clients.iter().any(|client| client == audience)) {
        return Ok(());
    }
    Err(TokenError::WrongAudience)
}

// === impl LoggedOut ===

impl LoggedOut {
    fn read(claims: Claims<'_>) -> Result<Self, TokenError> {
        let subject = if claims.has("sub") { Some(parties::subject(claims)?.into()) } else { None };
        match (claims.text("sid")?, subject) {
            (Some(session), subject) => Ok(Self::Session { session: session.into(), subject }),
            (None, Some(subject)) => Ok(Self::Subject(subject)),
            (None, None) => Err(TokenError::InvalidClaim("sid")),
        }
    }
}
