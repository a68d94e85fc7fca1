//! How calls are answered: `api:` of the configuration, but for its listeners.

use super::{Code, Fault};
use crate::engine::Strictness;

/// A message beyond this is refused, as it is by a PDP.
pub const MOST_BYTES: usize = 4 * 1024 * 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PdpSettings {
    /// `api.strict_evaluation`. A PDP is lenient unless it is told otherwise, the gate is strict.
    pub strictness: Strictness,
    pub limits: RequestLimits,
}

/// `api.limits`: what one call may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestLimits {
    pub resources: usize,
    /// Of each resource.
    pub actions: usize,
}

// === impl RequestLimits ===

impl RequestLimits {
    /// Cerbos's bound of both.
    pub const MOST: usize = 500;

    pub(super) fn check_resources(self, count: usize) -> Result<(), Fault> {
        within(count, self.resources, "number of resources in batch")
    }

    pub(super) fn check_actions(self, count: usize) -> Result<(), Fault> {
        within(count, self.actions, "number of actions")
    }

    /// Of a batch, whatever they are about.
    pub(super) fn check_evaluations(self, count: usize) -> Result<(), Fault> {
        within(count, self.resources.saturating_mul(self.actions), "number of evaluations")
    }
}

impl Default for RequestLimits {
    /// Cerbos's.
    fn default() -> Self {
        Self { resources: 50, actions: 50 }
    }
}

pub(super) fn within(count: usize, most: usize, what: &str) -> Result<(), Fault> {
    if count > most {
        let message = format!("{what} ({count}) exceeds configured limit ({most})");
        return Err(Fault::new(Code::InvalidArgument, message));
    }
    Ok(())
}
