//! An operator's word: what the admin listener is told to revoke.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;

use super::{NotShared, Revocations};
use crate::identity::IssuerSpec;
use crate::revocation::{Revocation, Whom};
use crate::telemetry::RevocationSource;

/// Takes an operator's orders. A clone is another handle.
#[derive(Clone, Debug)]
pub struct RevocationDesk {
    issuers: Arc<[Known]>,
    revocations: Revocations,
}

/// What of an issuer is needed to carry out an order.
#[derive(Debug)]
struct Known {
    name: Box<str>,
    tenant: Box<str>,
    leeway: Duration,
}

/// What is to be revoked.
#[derive(Clone, Copy, Debug)]
pub struct Order<'a> {
    /// An issuer of the tenant, as in `iss`.
    pub issuer: &'a str,
    pub whom: Whom<'a>,
    /// Tokens that were issued up to then. Without it: all that there can be now.
    pub before: Option<Timestamp>,
}

#[derive(Debug, thiserror::Error)]
pub enum OrderError {
    #[error("there is no issuer of that name in the configuration")]
    UnknownIssuer,
    /// It would send everybody away, over and over, until then.
    #[error("`before` is in the future")]
    InTheFuture,
    #[error(transparent)]
    NotShared(#[from] NotShared),
}

// === impl RevocationDesk ===

impl RevocationDesk {
    #[must_use]
    pub fn new(issuers: &[IssuerSpec], revocations: Revocations) -> Self {
        let known = |spec: &IssuerSpec| Known {
            name: spec.issuer.as_str().into(),
            tenant: spec.tenant().into(),
            leeway: spec.leeway,
        };
        Self { issuers: issuers.iter().map(known).collect(), revocations }
    }

    /// Carries out an order. Says up to which instant tokens are refused.
    ///
    /// # Errors
    /// An order that cannot be meant, or one that could not be shared.
    pub async fn carry_out(
        &self,
        order: Order<'_>,
        now: Timestamp,
    ) -> Result<Timestamp, OrderError> {
        let Order { issuer, whom, before } = order;
        let issuer = self.issuers.iter().find(|known| *known.name == *issuer);
        let Known { tenant, leeway, name: _ } = issuer.ok_or(OrderError::UnknownIssuer)?;
        // The issuer's clock may be ahead of ours by so much: a token that exists now may be dated then.
        let latest = now.saturating_add(*leeway).unwrap_or(Timestamp::MAX);
        let issued_until = before.unwrap_or(latest);
        if issued_until > latest {
            return Err(OrderError::InTheFuture);
        }
        let revocation = Revocation::new(tenant, whom, issued_until);
        self.revocations.revoke(&[revocation], RevocationSource::Admin, now).await?;
        Ok(issued_until)
    }
}
