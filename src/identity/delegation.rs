//! `act` (RFC 8693, 4.1): who acts for the subject, and through whom.

use super::{TokenError, claims::Claims};
use crate::engine::model::{Map, Value};

/// The current actor and those before it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Delegation {
    /// The members of the outermost `act`. Only it counts for access; the others are history.
    pub(super) actor: Map,
    /// The subjects of all actors, the current one first.
    pub(super) chain: Vec<Box<str>>,
}

/// Auth0 refuses to make a longer chain.
const MAX_DEPTH: usize = 5;

const INVALID: TokenError = TokenError::InvalidClaim("act");

// === impl Delegation ===

impl Delegation {
    pub(super) fn read(claims: Claims<'_>) -> Result<Option<Self>, TokenError> {
        let Some(outermost) = claims.map("act")? else { return Ok(None) };
        let mut chain = Vec::new();
        let mut actor = Some(outermost);
        while let Some(members) = actor {
            let subject = members.get("sub").and_then(Value::as_str).unwrap_or_default();
            if subject.is_empty() || chain.len() == MAX_DEPTH {
                return Err(INVALID);
            }
            chain.push(subject.into());
            actor = match members.get("act") {
                None => None,
                Some(Value::Map(earlier)) => Some(earlier),
                Some(_) => return Err(INVALID),
            };
        }
        let members = outermost.iter().filter(|(name, _)| *name != "act");
        let actor = members.map(|(name, value)| (name, value.clone())).collect();
        Ok(Some(Self { actor, chain }))
    }
}
