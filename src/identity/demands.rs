//! What a request asks of its token, beyond what the issuer's tokens must be anyway.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{Possession, Scheme, TokenBinding};

/// What a route demands of a token. The empty demand is what every route asks: a valid token for one
/// of its issuer's audiences.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Demands {
    /// One of these must be in `aud` as well; an empty set narrows nothing.
    pub audiences: BTreeSet<Box<str>>,
    /// What the token must be bound to; without it a token need not be bound.
    pub binding: Option<TokenBinding>,
}

/// One use of a token: how, for what and when it was presented.
#[derive(Clone, Copy, Debug)]
pub struct Presentation<'a> {
    pub scheme: Scheme,
    pub demands: &'a Demands,
    pub now: Timestamp,
    /// Without it a token that is bound is refused.
    pub possession: Option<Possession<'a>>,
}
