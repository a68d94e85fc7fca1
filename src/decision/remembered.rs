//! A token whose signature was verified, and who sent it. It is let out only to who has just checked
//! that the token is not revoked.

use std::{sync::Arc, time::Duration};

use super::Authenticated;
use crate::identity::{SignedToken, VerifiedToken};
use crate::revocation::Unrevoked;

/// A token whose signature held, under a key that may since have been withdrawn.
#[derive(Debug)]
pub(super) struct Remembered {
    token: SignedToken,
    authenticated: Arc<Authenticated>,
    lifetime: Duration,
}

// === impl Remembered ===

impl Remembered {
    pub(super) fn new(
        token: SignedToken,
        authenticated: Arc<Authenticated>,
        lifetime: Duration,
    ) -> Self {
        Self { token, authenticated, lifetime }
    }

    pub(super) fn token(&self) -> &SignedToken {
        &self.token
    }

    pub(super) fn lifetime(&self) -> Duration {
        self.lifetime
    }

    /// Who sent it, for a request in which it was checked.
    pub(super) fn authenticated(
        &self,
        _checked: &Unrevoked<VerifiedToken<'_>>,
    ) -> Arc<Authenticated> {
        self.authenticated.clone()
    }
}
