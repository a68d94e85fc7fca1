//! Answers that were given before, for as long as they hold.
//!
//! Only what the engine said is kept. What is said about one person's request (headers, decision
//! id, log line, metrics) is made anew each time, so a hit and a miss leave by the same way.

use std::{sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use moka::sync::Cache;

use super::CacheKey;
use crate::engine::model::{CheckOutput, ClockUse};

/// `cache.decisions` of the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecisionCacheConfig {
    /// The most entries that are kept. 0 turns the cache off.
    pub capacity: u64,
    /// How long an answer is kept at most.
    pub ttl: Duration,
}

/// The engine's answers by [`CacheKey`], bounded in number and time.
#[derive(Clone, Debug)]
pub struct DecisionCache {
    entries: Cache<CacheKey, Entry>,
    ttl: SignedDuration,
}

#[derive(Clone, Debug)]
struct Entry {
    output: Arc<CheckOutput>,
    /// The cache's own clock measures only how long an entry has been there; the token's end is an
    /// instant of the wall clock, so it is compared with the request's `now` as well.
    until: Timestamp,
}

// === impl DecisionCache ===

impl DecisionCache {
    #[must_use]
    pub fn new(config: DecisionCacheConfig) -> Self {
        let DecisionCacheConfig { capacity, ttl } = config;
        Self {
            entries: Cache::builder().max_capacity(capacity).time_to_live(ttl).build(),
            ttl: SignedDuration::try_from(ttl).unwrap_or(SignedDuration::MAX),
        }
    }

    /// An answer given before that still holds at `now`.
    #[must_use]
    pub fn get(&self, key: &CacheKey, now: Timestamp) -> Option<Arc<CheckOutput>> {
        let entry = self.entries.get(key)?;
        (now < entry.until).then_some(entry.output)
    }

    /// Keeps an answer until the token ends or the time to live is over, whichever is first; not
    /// at all if it depends on the clock. Says whether it was kept.
    pub fn insert(
        &self,
        key: CacheKey,
        output: &Arc<CheckOutput>,
        now: Timestamp,
        token_expires: Timestamp,
    ) -> bool {
        if output.clock == ClockUse::Read {
            return false;
        }
        let until = now.saturating_add(self.ttl).unwrap_or(Timestamp::MAX).min(token_expires);
        self.entries.insert(key, Entry { output: Arc::clone(output), until });
        true
    }
}
