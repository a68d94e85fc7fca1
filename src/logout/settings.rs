//! `revocation:` as meant.

use std::time::Duration;

use crate::shared_memory::OnOutage;

/// `revocation:` of the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RevocationConfig {
    /// Subjects and sessions of one tenant that are remembered one by one.
    pub capacity: usize,
    /// When it is not known whether a token was revoked elsewhere.
    pub on_outage: OnOutage,
    /// How long what is known is enough while Redis does not answer.
    pub max_stale: Duration,
}
