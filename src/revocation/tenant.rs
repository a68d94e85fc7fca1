//! The revocations of one tenant.

use std::{
    collections::{BTreeSet, HashMap},
    time::Duration,
};

use super::{Digest, Insertion, entry::Mark};
use crate::identity::IssuerSpec;

/// A tenant and how long it takes until all of its tokens have expired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantSpec {
    pub name: Box<str>,
    /// In seconds, from the second in which a token was issued to the one in which it is refused
    /// for its age in any case.
    pub horizon: i64,
}

/// What was revoked of one tenant, and is not over yet.
#[derive(Clone, Debug)]
pub(super) struct Tenant {
    horizon: i64,
    /// Of everybody.
    issued_until: Option<i64>,
    // Invariant: both hold the same, and nothing that `issued_until` covers.
    one: HashMap<Digest, i64>,
    by_age: BTreeSet<(i64, Digest)>,
}

// === impl TenantSpec ===

impl TenantSpec {
    /// The tenants of these issuers. A tenant's tokens live as long as those of any of its issuers.
    #[must_use]
    pub fn of(issuers: &[IssuerSpec]) -> Vec<Self> {
        let mut tenants: Vec<Self> = Vec::new();
        for issuer in issuers {
            let horizon = horizon(issuer);
            match tenants.iter_mut().find(|tenant| *tenant.name == *issuer.tenant()) {
                Some(tenant) => tenant.horizon = tenant.horizon.max(horizon),
                None => tenants.push(Self { name: issuer.tenant().into(), horizon }),
            }
        }
        tenants
    }
}

/// A token is accepted for its lifetime, or up to its greatest age, and the clock skew. It may have
/// been issued at the end of the second that it names.
fn horizon(issuer: &IssuerSpec) -> i64 {
    let IssuerSpec { max_lifetime, max_token_age, leeway, .. } = issuer;
    let age = max_token_age.map_or(*max_lifetime, |age| age.min(*max_lifetime));
    let seconds = |duration: Duration| {
        let part = u64::from(duration.subsec_nanos() > 0);
        i64::try_from(duration.as_secs().saturating_add(part)).unwrap_or(i64::MAX)
    };
    seconds(age).saturating_add(seconds(*leeway)).saturating_add(1)
}

// === impl Tenant ===

impl Tenant {
    pub(super) fn new(horizon: i64) -> Self {
        Self { horizon, issued_until: None, one: HashMap::new(), by_age: BTreeSet::new() }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (Mark, i64)> {
        let everybody = self.issued_until.map(|until| (Mark::Everybody, until));
        let one = self.one.iter().map(|(digest, until)| (Mark::One(*digest), *until));
        everybody.into_iter().chain(one)
    }

    pub(super) fn len(&self) -> usize {
        self.one.len() + usize::from(self.issued_until.is_some())
    }

    pub(super) fn insert(
        &mut self,
        mark: Mark,
        issued_until: i64,
        now: i64,
        capacity: usize,
    ) -> Insertion {
        self.expire(now);
        if self.is_over(issued_until, now) || self.issued_until >= Some(issued_until) {
            return Insertion::Implied;
        }
        match mark {
            Mark::Everybody => {
                self.refuse_everybody(issued_until);
                Insertion::Added
            }
            Mark::One(digest) => self.insert_one(digest, issued_until, capacity),
        }
    }

    fn insert_one(&mut self, digest: Digest, issued_until: i64, capacity: usize) -> Insertion {
        if let Some(earlier) = self.one.get(&digest).copied() {
            if earlier >= issued_until {
                return Insertion::Implied;
            }
            self.by_age.remove(&(earlier, digest));
        }
        self.one.insert(digest, issued_until);
        self.by_age.insert((issued_until, digest));
        match self.by_age.first().copied() {
            // Coarser, and never forgetful: what the oldest entry refuses is refused to everybody.
            Some((oldest, _)) if self.one.len() > capacity => {
                self.refuse_everybody(oldest);
                Insertion::Merged
            }
            Some(_) | None => Insertion::Added,
        }
    }

    /// Whether a token that was issued in that second is refused to whoever has one of `digests`.
    pub(super) fn refuses(&self, issued_at: i64, digests: impl Iterator<Item = Digest>) -> bool {
        let is_covered = |until: &i64| issued_at <= *until;
        if self.issued_until.as_ref().is_some_and(is_covered) {
            return true;
        }
        // Where nobody was sent away, nothing is digested.
        !self.one.is_empty()
            && digests.into_iter().any(|digest| self.one.get(&digest).is_some_and(is_covered))
    }

    /// Forgets what is about tokens that have all expired.
    pub(super) fn expire(&mut self, now: i64) {
        self.issued_until = self.issued_until.filter(|until| !self.is_over(*until, now));
        while let Some((until, digest)) = self.by_age.first().copied()
            && self.is_over(until, now)
        {
            self.forget(until, digest);
        }
    }

    fn refuse_everybody(&mut self, issued_until: i64) {
        self.issued_until = self.issued_until.max(Some(issued_until));
        while let Some((until, digest)) = self.by_age.first().copied()
            && Some(until) <= self.issued_until
        {
            self.forget(until, digest);
        }
    }

    fn forget(&mut self, until: i64, digest: Digest) {
        self.by_age.remove(&(until, digest));
        self.one.remove(&digest);
    }

    fn is_over(&self, until: i64, now: i64) -> bool {
        until.saturating_add(self.horizon) <= now
    }
}
