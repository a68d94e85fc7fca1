//! One revocation: whose tokens, of which tenant, issued up to which second.

use std::fmt;

use jiff::Timestamp;

use crate::identity::sha256_of_texts;

/// Whose tokens are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whom<'a> {
    /// Of the whole tenant.
    Everybody,
    /// Of a subject, in whatever session.
    Subject(&'a str),
    /// Of one session.
    Session(&'a str),
    /// Of a subject, where the token does not say of which session it is. It may be of any.
    Sessionless(&'a str),
}

/// Tokens of one tenant that are not accepted any more. It names nobody: a subject or a session is
/// kept as a digest, and so is what replicas share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revocation {
    pub(super) tenant: Box<str>,
    pub(super) mark: Mark,
    /// Unix time. Tokens that were issued in this second are refused, too.
    pub(super) issued_until: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    Everybody,
    One(Digest),
}

/// SHA-256 over a tenant and one of its subjects or sessions.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub(super) [u8; 32]);

// === impl Revocation ===

impl Revocation {
    /// Refuses what `tenant` has issued to `whom` up to `issued_until`. A part of a second counts as
    /// the whole of it, as tokens are dated in seconds.
    #[must_use]
    pub fn new(tenant: &str, whom: Whom<'_>, issued_until: Timestamp) -> Self {
        let mark = match whom {
            Whom::Everybody => Mark::Everybody,
            Whom::Subject(subject) => Mark::One(Digest::subject(tenant, subject)),
            Whom::Session(session) => Mark::One(Digest::session(tenant, session)),
            Whom::Sessionless(subject) => Mark::One(Digest::sessionless(tenant, subject)),
        };
        let part = i64::from(issued_until.subsec_nanosecond() > 0);
        let issued_until = issued_until.as_second().saturating_add(part);
        Self { tenant: tenant.into(), mark, issued_until }
    }
}

// === impl Digest ===

impl Digest {
    pub(super) fn subject(tenant: &str, subject: &str) -> Self {
        Self::of("sub", tenant, subject)
    }

    pub(super) fn session(tenant: &str, session: &str) -> Self {
        Self::of("sid", tenant, session)
    }

    pub(super) fn sessionless(tenant: &str, subject: &str) -> Self {
        Self::of("sub without sid", tenant, subject)
    }

    fn of(kind: &str, tenant: &str, value: &str) -> Self {
        Self(sha256_of_texts(&[kind, tenant, value]))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, ..] = self.0;
        write!(f, "Digest({a:02x}{b:02x}{c:02x}{d:02x}..)")
    }
}
