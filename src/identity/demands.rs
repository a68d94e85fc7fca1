//! What a request asks of its token, beyond what the issuer's tokens must be anyway.

use std::{collections::BTreeSet, fmt, str::FromStr, time::Duration};

use jiff::Timestamp;

use super::{IssuerSpec, PrincipalKind, Scheme, TokenError, VerifiedToken, times};

/// What a route demands of a token. The empty demand is what every route asks: a valid token for one
/// of its issuer's audiences.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Demands {
    /// One of these must be in `aud` as well; an empty set narrows nothing.
    pub audiences: BTreeSet<Box<str>>,
    /// All of these must be in `scope`.
    pub scopes: BTreeSet<Word>,
    /// All of these must be in `permissions`.
    pub permissions: BTreeSet<Box<str>>,
    /// One of these must be `acr`, the best first; an empty list takes any login.
    pub acr: Vec<Word>,
    /// How long ago the login may have been (`auth_time`).
    pub max_age: Option<Duration>,
}

/// A scope or an `acr` value: text that has a place between spaces and in quotes (RFC 6749, 3.3), as
/// a challenge repeats it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
// Invariant: printable ASCII without blanks, `"` and `\`, and not empty.
pub struct Word(Box<str>);

/// The text has a character in it that a challenge cannot repeat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("only printable ASCII without blanks, quotes and backslashes can be told to a client")]
pub struct InvalidWord;

/// One use of a token: how, for what and when it was presented.
#[derive(Clone, Copy, Debug)]
pub struct Presentation<'a> {
    pub scheme: Scheme,
    pub demands: &'a Demands,
    pub now: Timestamp,
}

/// Checks all but the audience, of a token that is otherwise good.
///
/// What no login can mend comes first: whoever may not do it at all is not sent through one.
pub(super) fn check(
    token: &VerifiedToken<'_>,
    spec: &IssuerSpec,
    demands: &Demands,
    now: Timestamp,
) -> Result<(), TokenError> {
    let Demands { audiences: _, scopes, permissions, acr, max_age } = demands;
    if !permissions.is_empty() {
        let granted = token.claims.texts("permissions")?.unwrap_or_default();
        if !permissions.iter().all(|permission| granted.contains(&&**permission)) {
            return Err(TokenError::MissingPermission);
        }
    }
    if !scopes.is_empty() {
        let granted: Vec<&str> = token.claims.scopes()?.collect();
        if !scopes.iter().all(|scope| granted.contains(&scope.as_str())) {
            return Err(TokenError::InsufficientScope);
        }
    }
    if is_of_login(token, spec, acr)? && is_recent(token, spec, *max_age, now)? {
        return Ok(());
    }
    // A machine has no login that it could repeat, and would try for ever (RFC 9470 speaks of users).
    match PrincipalKind::classify(token, spec.user_subjects)? {
        PrincipalKind::Machine => Err(TokenError::NoLogin),
        PrincipalKind::User | PrincipalKind::AiAgent | PrincipalKind::Anonymous => {
            Err(TokenError::InsufficientAuthentication)
        }
    }
}

fn is_of_login(
    token: &VerifiedToken<'_>,
    spec: &IssuerSpec,
    acr: &[Word],
) -> Result<bool, TokenError> {
    if acr.is_empty() {
        return Ok(true);
    }
    let Some(claim) = token.claims.find(&spec.claims.acr) else { return Ok(false) };
    let claim = claim.as_str().ok_or(TokenError::InvalidClaim("acr"))?;
    Ok(acr.iter().any(|value| value.as_str() == claim))
}

fn is_recent(
    token: &VerifiedToken<'_>,
    spec: &IssuerSpec,
    max_age: Option<Duration>,
    now: Timestamp,
) -> Result<bool, TokenError> {
    let Some(max_age) = max_age else { return Ok(true) };
    let Some(claim) = token.claims.find(&spec.claims.auth_time) else { return Ok(false) };
    times::is_recent(claim, max_age, spec.leeway, now)
}

// === impl Demands ===

impl Demands {
    /// These demands and `more`. Scopes and permissions add up, and the shorter age counts; what is one
    /// of several is as `more` says, if it says anything.
    #[must_use]
    pub fn and(&self, more: &Self) -> Self {
        let Self { audiences, scopes, permissions, acr, max_age } = more;
        Self {
            audiences: if audiences.is_empty() { &self.audiences } else { audiences }.clone(),
            scopes: self.scopes.union(scopes).cloned().collect(),
            permissions: self.permissions.union(permissions).cloned().collect(),
            acr: if acr.is_empty() { &self.acr } else { acr }.clone(),
            max_age: self.max_age.into_iter().chain(*max_age).min(),
        }
    }
}

// === impl Word ===

impl Word {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Word {
    type Err = InvalidWord;

    fn from_str(text: &str) -> Result<Self, InvalidWord> {
        let fits = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\');
        if !text.is_empty() && text.bytes().all(fits) {
            Ok(Self(text.into()))
        } else {
            Err(InvalidWord)
        }
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
