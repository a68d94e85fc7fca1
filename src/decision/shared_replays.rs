//! Proofs that were used at any replica, in the Redis that all of them share.

use std::time::Duration;

use redis::cmd;

use super::ReplayError;
use crate::identity::ReplayKey;
use crate::shared_memory::{OnOutage, SharedMemory, Unavailable};
use crate::telemetry::{Metrics, OutageAnswer};

/// What replicas remember together. A clone is another handle to the same memory.
#[derive(Clone, Debug)]
pub struct SharedReplays {
    memory: SharedMemory,
    on_outage: OnOutage,
    metrics: Metrics,
}

// === impl SharedReplays ===

impl SharedReplays {
    #[must_use]
    pub fn new(memory: SharedMemory, on_outage: OnOutage, metrics: Metrics) -> Self {
        Self { memory, on_outage, metrics }
    }

    /// Uses a proof up for all replicas, which remember it for so long.
    pub(super) async fn claim(&self, key: ReplayKey, kept: Duration) -> Result<(), ReplayError> {
        let is_first = match self.is_first(key, kept).await {
            // Only a question finds out that Redis has closed the connection, as it does when it is
            // restarted. If it has heard this one all the same, the proof seems to be used before:
            // of the two mistakes the safe one.
            Err(error) if error.was_closed() => self.is_first(key, kept).await,
            known => known,
        };
        let outages = self.metrics.outages();
        match (is_first, self.on_outage) {
            (Ok(true), _) => Ok(()),
            (Ok(false), _) => Err(ReplayError::Replayed),
            (Err(_), OnOutage::Continue) => {
                outages.proofs(OutageAnswer::Continued);
                Ok(())
            }
            (Err(_), OnOutage::Refuse) => {
                outages.proofs(OutageAnswer::Refused);
                Err(ReplayError::Unknown)
            }
        }
    }

    /// One question, so that of two replicas that ask at once one is told no.
    async fn is_first(&self, key: ReplayKey, kept: Duration) -> Result<bool, Unavailable> {
        let mut set = cmd("SET");
        set.arg(self.memory.key(&format!("proof:{key}"))).arg("").arg("NX");
        // Redis forgets it by itself; nothing can be kept for no time at all.
        set.arg("PX").arg(u64::try_from(kept.as_millis()).unwrap_or(u64::MAX).max(1));
        let done: Option<String> = self.memory.ask(&set).await?;
        Ok(done.is_some())
    }
}
