//! Proofs that were used: each is good for one request.

use std::{
    collections::{BTreeSet, HashSet},
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use jiff::Timestamp;

use super::SharedReplays;
use crate::identity::{ProofError, ReplayKey, TokenError, VerifiedProof};

/// Remembers used proofs until they have expired. A clone is another handle to the same memory.
///
/// Where replicas share a memory, that is asked too, after the one of this process: nobody who sends the
/// same proof again and again costs others anything.
#[derive(Clone)]
pub struct ReplayMemory {
    used: Arc<Mutex<Used>>,
    capacity: usize,
    shared: Option<SharedReplays>,
}

/// Why a proof cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    #[error("the proof was used before")]
    Replayed,
    /// A memory that makes room by forgetting would accept a proof for the second time.
    #[error("no further proof can be remembered")]
    Full,
    #[error("it is not known whether another replica has seen the proof")]
    Unknown,
}

#[derive(Default)]
struct Used {
    keys: HashSet<ReplayKey>,
    // Invariant: the same keys, those that end first in front.
    by_end: BTreeSet<(Timestamp, ReplayKey)>,
}

// === impl ReplayMemory ===

impl ReplayMemory {
    /// `capacity`: how many proofs are remembered at the same time.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self { used: Arc::default(), capacity, shared: None }
    }

    /// With a memory that all replicas share.
    #[must_use]
    pub fn shared(self, shared: Option<SharedReplays>) -> Self {
        Self { shared, ..self }
    }

    /// Uses a proof up.
    ///
    /// # Errors
    /// It was used before, there is no room to remember it, or others cannot be asked.
    pub async fn claim(&self, proof: VerifiedProof, now: Timestamp) -> Result<(), ReplayError> {
        let (key, until) = proof.use_once();
        self.claim_here(key, until, now)?;
        let Some(shared) = &self.shared else { return Ok(()) };
        // What has ended is kept for no time, and was refused for its age.
        let kept = until.duration_since(now).try_into().unwrap_or_default();
        shared.claim(key, kept).await
    }

    fn claim_here(
        &self,
        key: ReplayKey,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<(), ReplayError> {
        // Each step leaves both collections usable, so a panic in between has broken nothing.
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.forget_before(now);
        if used.keys.contains(&key) {
            return Err(ReplayError::Replayed);
        }
        if used.keys.len() >= self.capacity {
            return Err(ReplayError::Full);
        }
        used.keys.insert(key);
        used.by_end.insert((until, key));
        Ok(())
    }
}

impl fmt::Debug for ReplayMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReplayMemory").field("capacity", &self.capacity).finish_non_exhaustive()
    }
}

// === impl Used ===

impl Used {
    fn forget_before(&mut self, now: Timestamp) {
        while let Some((end, key)) = self.by_end.first().copied()
            && end < now
        {
            self.by_end.pop_first();
            self.keys.remove(&key);
        }
    }
}

// === impl ReplayError ===

impl From<ReplayError> for super::AuthenticationError {
    fn from(error: ReplayError) -> Self {
        match error {
            ReplayError::Replayed => TokenError::Proof(ProofError::Replayed).into(),
            ReplayError::Full => Self::ReplaysFull,
            ReplayError::Unknown => Self::ReplaysUnknown,
        }
    }
}
