//! How the keys of an issuer are kept fresh.

use std::time::Duration;

/// The same for every issuer. What is not configurable has its reason here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How often the keys are fetched, or more often if the issuer says so. A key that was revoked is
    /// accepted until then.
    pub refresh: Duration,
    /// How long old keys are used while the issuer does not answer.
    pub max_stale: Duration,
    /// How long a fetch may take, and a request that needs a new key may wait for it.
    pub timeout: Duration,
    /// Key ids are chosen by whoever sends a token: an unknown one asks the issuer at most so often.
    pub cooldown: Duration,
    /// How long a key id that the issuer does not know is not asked for again.
    pub miss: Duration,
}

/// Fetches are spread, so that not all replicas ask at once.
const JITTER: f64 = 0.1;

/// The least of what an issuer says how long its keys may be kept. Auth0 says 15 s, which is meant for
/// copies on the way to us.
const LEAST_MAX_AGE: Duration = Duration::from_secs(60);

// === impl Settings ===

impl Settings {
    /// When the next fetch is due; `random` is from 0 to 1. An issuer can shorten the wait, and never
    /// lengthen it.
    pub(super) fn next_refresh(&self, max_age: Option<Duration>, random: f64) -> Duration {
        let refresh = max_age.map_or(self.refresh, |age| self.refresh.min(age.max(LEAST_MAX_AGE)));
        refresh.mul_f64(1.0 - JITTER + 2.0 * JITTER * random)
    }

    /// The age at which keys are not used any more: a fetch was due, and has failed or timed out.
    pub(super) fn max_age(&self) -> Duration {
        self.refresh.mul_f64(1.0 + JITTER) + self.timeout + self.max_stale
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            refresh: Duration::from_secs(300),
            max_stale: Duration::from_secs(3600),
            timeout: Duration::from_secs(5),
            cooldown: Duration::from_secs(30),
            miss: Duration::from_secs(60),
        }
    }
}
