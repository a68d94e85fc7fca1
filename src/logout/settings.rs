//! `revocation:` as meant.

use std::time::Duration;

/// `revocation:` of the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RevocationConfig {
    /// Subjects and sessions of one tenant that are remembered one by one.
    pub capacity: usize,
    pub on_outage: OnOutage,
    /// How long what is known is enough while Redis does not answer.
    pub max_stale: Duration,
}

/// What happens to requests when it is not known whether their token was revoked elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnOutage {
    /// 503 for all that need a token.
    Refuse,
    /// What this replica knows decides.
    Continue,
}
