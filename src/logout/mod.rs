//! Who leaves: logouts come in, are shared by all replicas, and are asked about for every request.
//!
//! [`Revocations`] is the one memory of a process. An issuer's logout tokens reach it through
//! [`LogoutReceiver`], an operator's word through the admin listener, and what other replicas were
//! told through a [`Follower`], where there is a Redis to share it by. A revocation is in force here
//! before whoever ordered it gets an answer.

mod desk;
mod follower;
mod journal;
mod receiver;
mod revocations;
mod settings;

pub use desk::{Order, OrderError, RevocationDesk};
pub use follower::Follower;
pub use receiver::{LogoutError, LogoutReceiver};
pub use revocations::{CheckError, NotShared, Revocations};
pub use settings::RevocationConfig;

use std::sync::Arc;

use crate::revocation::TenantSpec;
use crate::shared_memory::SharedMemory;
use crate::telemetry::Metrics;

/// The revocations of a process, and, where they are shared, the task that follows what others write.
#[must_use]
pub fn build(
    tenants: Vec<TenantSpec>,
    config: RevocationConfig,
    memory: Option<&SharedMemory>,
    metrics: Metrics,
) -> (Revocations, Option<Follower>) {
    let journal = memory.map(|memory| Arc::new(journal::Journal::new(memory, config.capacity)));
    let revocations = Revocations::new(tenants, config, journal.clone(), metrics);
    let follower = journal.map(|journal| Follower::new(journal, revocations.clone()));
    (revocations, follower)
}
