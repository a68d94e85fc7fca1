//! All revocations that are in force.

use std::{collections::BTreeMap, iter};

use jiff::Timestamp;

use super::{Digest, Revocation, TenantSpec, Whom, tenant::Tenant};
use crate::identity::{Issued, Revocable, TokenError};

/// Bounded by `capacity` entries for each tenant. Where one has more, its oldest become one mark: all
/// that the tenant issued up to then is refused. So the list may refuse more than it was told, and
/// never less; whoever is refused for nothing gets a new token and is not any more.
#[derive(Clone, Debug)]
pub struct RevocationList {
    tenants: BTreeMap<Box<str>, Tenant>,
    capacity: usize,
}

/// What a new revocation has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Insertion {
    Added,
    /// The list was full, and refuses more than it was told from now on.
    Merged,
    /// Nothing: all of it is refused already, or it is about no token that could be accepted.
    Implied,
}

/// A token that holds, and is not revoked at this moment.
#[derive(Clone, Copy, Debug)]
pub struct Unrevoked<T>(T);

// === impl RevocationList ===

impl RevocationList {
    #[must_use]
    pub fn new(tenants: Vec<TenantSpec>, capacity: usize) -> Self {
        let tenants = tenants.into_iter();
        let tenants = tenants.map(|TenantSpec { name, horizon }| (name, Tenant::new(horizon)));
        Self { tenants: tenants.collect(), capacity }
    }

    /// From now on. Insertions in any order, any number of times, come to the same, as long as the
    /// list is not full.
    pub fn insert(&mut self, revocation: &Revocation, now: Timestamp) -> Insertion {
        let Revocation { tenant, mark, issued_until } = revocation;
        // Of a tenant that is not trusted no token is accepted anyway.
        let Some(tenant) = self.tenants.get_mut(tenant) else { return Insertion::Implied };
        tenant.insert(*mark, *issued_until, now.as_second(), self.capacity)
    }

    /// Refuses what every tenant has issued up to then. Says of how many that is new.
    pub fn refuse_everybody(&mut self, issued_until: Timestamp, now: Timestamp) -> u64 {
        let tenants: Vec<Box<str>> = self.tenants.keys().cloned().collect();
        let revocations =
            tenants.iter().map(|name| Revocation::new(name, Whom::Everybody, issued_until));
        revocations
            .map(|revocation| u64::from(self.insert(&revocation, now) != Insertion::Implied))
            .sum()
    }

    /// All that is in force, in no order.
    pub fn iter(&self) -> impl Iterator<Item = Revocation> {
        self.tenants.iter().flat_map(|(name, tenant)| {
            tenant.iter().map(|(mark, issued_until)| Revocation {
                tenant: name.clone(),
                mark,
                issued_until,
            })
        })
    }

    /// Forgets what is about tokens that have all expired.
    pub fn expire(&mut self, now: Timestamp) {
        for tenant in self.tenants.values_mut() {
            tenant.expire(now.as_second());
        }
    }

    /// Lets a token pass, or refuses it.
    ///
    /// # Errors
    /// [`TokenError::Revoked`]
    pub fn check<T: Revocable>(&self, token: T) -> Result<Unrevoked<T>, TokenError> {
        if self.refuses(&token.issued()) { Err(TokenError::Revoked) } else { Ok(Unrevoked(token)) }
    }

    /// Whether a token is revoked.
    #[must_use]
    pub fn refuses(&self, issued: &Issued<'_>) -> bool {
        let Issued { tenant, subject, session, at } = *issued;
        // Nothing is known of a tenant that is not on the list, so nothing is promised.
        let Some(revoked) = self.tenants.get(tenant) else { return true };
        let of_subject = iter::once_with(|| Digest::subject(tenant, subject));
        let of_session = iter::once_with(|| match session {
            Some(session) => Digest::session(tenant, session),
            None => Digest::sessionless(tenant, subject),
        });
        revoked.refuses(at.as_second(), of_subject.chain(of_session))
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tenants.values().map(Tenant::len).sum()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

// === impl Unrevoked ===

impl<T> Unrevoked<T> {
    #[must_use]
    pub fn token(&self) -> &T {
        &self.0
    }
}
