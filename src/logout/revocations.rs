//! The one memory of a process: what is revoked, and whether others may know more.

use std::{
    future,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard},
};

use jiff::Timestamp;
use tokio::{sync::watch, time::Instant};

use super::{RevocationConfig, journal::Journal};
use crate::identity::{Revocable, TokenError};
use crate::revocation::{Insertion, Revocation, RevocationList, TenantSpec, Unrevoked};
use crate::shared_memory::{OnOutage, Unavailable};
use crate::telemetry::{Metrics, OutageAnswer, RevocationSource};

/// What is revoked. A clone is another handle to the same memory.
#[derive(Clone, Debug)]
pub struct Revocations(Arc<State>);

#[derive(Debug)]
struct State {
    known: RwLock<Known>,
    config: RevocationConfig,
    journal: Option<Arc<Journal>>,
    metrics: Metrics,
    /// Whether what others have written was read to its end once.
    loaded: watch::Sender<bool>,
}

#[derive(Debug)]
struct Known {
    list: RevocationList,
    /// When we last knew all that others knew.
    heard_at: Option<Instant>,
}

/// Why a token does not pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckError {
    #[error("the token is refused")]
    Revoked(#[from] TokenError),
    /// It says nothing about the token.
    #[error("what other replicas have revoked is not known")]
    Unknown,
}

/// The revocation is in force in this process, and others may not know it. Ordering it again is
/// harmless, and the way to go.
#[derive(Debug, thiserror::Error)]
#[error("the revocation is in force here, but could not be shared")]
pub struct NotShared(#[from] Unavailable);

// === impl Revocations ===

impl Revocations {
    pub(super) fn new(
        tenants: Vec<TenantSpec>,
        config: RevocationConfig,
        journal: Option<Arc<Journal>>,
        metrics: Metrics,
    ) -> Self {
        let list = RevocationList::new(tenants, config.capacity);
        let known = RwLock::new(Known { list, heard_at: None });
        let (loaded, _) = watch::channel(journal.is_none());
        Self(Arc::new(State { known, config, journal, metrics, loaded }))
    }

    /// Lets a token pass that was just verified, or refuses it. A token that is known to be revoked is
    /// refused as such, whatever else is not known.
    ///
    /// # Errors
    /// It is revoked, or nobody can say that it is not.
    pub fn check<T: Revocable>(&self, token: T) -> Result<Unrevoked<T>, CheckError> {
        let State { config, journal, metrics, .. } = &*self.0;
        let known = self.known();
        let unrevoked = known.list.check(token)?;
        let is_current = journal.is_none()
            || known.heard_at.is_some_and(|heard_at| heard_at.elapsed() <= config.max_stale);
        if is_current {
            return Ok(unrevoked);
        }
        match config.on_outage {
            OnOutage::Continue => {
                metrics.outages().revocations(OutageAnswer::Continued);
                Ok(unrevoked)
            }
            OnOutage::Refuse => {
                metrics.outages().revocations(OutageAnswer::Refused);
                Err(CheckError::Unknown)
            }
        }
    }

    /// In force in this process when it returns, well or not, and with all others soon after it has
    /// returned well.
    ///
    /// # Errors
    /// It could not be shared.
    pub async fn revoke(
        &self,
        revocations: &[Revocation],
        source: RevocationSource,
        now: Timestamp,
    ) -> Result<(), NotShared> {
        self.insert(revocations, source, now);
        if let Some(journal) = &self.0.journal {
            journal.append(revocations).await?;
        }
        Ok(())
    }

    /// Waits until what others have written is known, if requests would be refused before.
    pub async fn loaded(&self) {
        if self.0.config.on_outage == OnOutage::Continue {
            return;
        }
        let mut loaded = self.0.loaded.subscribe();
        if loaded.wait_for(|loaded| *loaded).await.is_err() {
            // Whoever loads has ended, so they never will be.
            future::pending::<()>().await;
        }
    }

    /// Forgets what is about tokens that have all expired, and shows how much is left.
    pub fn tidy(&self, now: Timestamp) {
        self.change(|known| known.list.expire(now));
    }

    /// What others have written.
    pub(super) fn follow(&self, revocations: &[Revocation], now: Timestamp) {
        self.insert(revocations, RevocationSource::Shared, now);
    }

    /// Others may have written what we shall never read: all that was issued until then is refused.
    pub(super) fn follow_everybody(&self, issued_until: Timestamp, now: Timestamp) {
        let insertions = self.change(|known| known.list.refuse_everybody(issued_until, now));
        self.0.metrics.revocations().merged(insertions);
    }

    /// We know all that others knew at `instant`.
    pub(super) fn heard(&self, instant: Instant) {
        self.change(|known| known.heard_at = Some(instant));
        self.0.loaded.send_if_modified(|loaded| !std::mem::replace(loaded, true));
    }

    /// Everything, for a Redis that has lost it.
    pub(super) fn all(&self) -> Vec<Revocation> {
        self.known().list.iter().collect()
    }

    fn insert(&self, revocations: &[Revocation], source: RevocationSource, now: Timestamp) {
        let metrics = self.0.metrics.revocations();
        self.change(|known| {
            for revocation in revocations {
                match known.list.insert(revocation, now) {
                    Insertion::Added => metrics.inserted(source),
                    Insertion::Merged => {
                        metrics.inserted(source);
                        metrics.merged(1);
                    }
                    Insertion::Implied => {}
                }
            }
        });
    }

    fn known(&self) -> RwLockReadGuard<'_, Known> {
        self.0.known.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn change<T>(&self, change: impl FnOnce(&mut Known) -> T) -> T {
        let mut known = self.0.known.write().unwrap_or_else(PoisonError::into_inner);
        let changed = change(&mut known);
        self.0.metrics.revocations().entries(known.list.len());
        changed
    }
}
