//! Verdicts that were given before, for as long as they hold.
//!
//! Only what the engine said is kept. What is said about one person's request (headers, decision
//! id, log line, metrics) is made anew each time, so a hit and a miss leave by the same way.

use std::{future::Future, mem, sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use moka::{notification::RemovalCause, sync::Cache};

use super::{
    CacheKey, ChainKey, JudgeFault, Judged, Verdict,
    flights::{Flights, Landed},
};
use crate::engine::cel::Read;
use crate::engine::model::{ClockUse, Effect};
use crate::telemetry::{CacheResult, Metrics, Uncacheable};

/// `cache.decisions` of the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecisionCacheConfig {
    /// Bytes that the entries may take together. 0 turns the cache off.
    pub memory: u64,
    /// How long an allow is kept at most.
    pub ttl: Duration,
    /// How long a denial is kept at most.
    pub deny_ttl: Duration,
}

/// Verdicts by [`CacheKey`], bounded in memory and time. A clone is another handle.
#[derive(Clone, Debug)]
pub struct DecisionCache {
    /// Callers make up chains as well as questions, so that both have to be within the bound.
    kept: Cache<CacheKey, Kept>,
    flights: Arc<Flights<CacheKey, Result<Entry, NotKept>>>,
    metrics: Metrics,
    ttl: SignedDuration,
    deny_ttl: SignedDuration,
}

#[derive(Clone, Debug)]
enum Kept {
    Verdict(Entry),
    /// What the questions of a chain can read, by [`ChainKey::name`].
    Reads(Arc<[Read]>),
}

#[derive(Clone, Debug)]
struct Entry {
    verdict: Arc<Verdict>,
    /// The cache's own clock measures only how long an entry has been there; the token's end and the
    /// instants between which a verdict holds are of the wall clock.
    from: Timestamp,
    until: Timestamp,
}

/// Why a verdict was not kept.
#[derive(Clone, Debug)]
enum NotKept {
    Uncacheable(Arc<Verdict>, Uncacheable),
    Fault(JudgeFault),
}

/// What is taken beside what is kept: by the key, and by the cache for itself.
const ENTRY_BYTES: usize = 300;

// === impl DecisionCache ===

impl DecisionCache {
    #[must_use]
    pub fn new(config: DecisionCacheConfig, metrics: Metrics) -> Self {
        let DecisionCacheConfig { memory, ttl, deny_ttl } = config;
        let of_removed = metrics.clone();
        let kept = Cache::builder()
            .max_capacity(memory)
            .weigher(|_, kept: &Kept| kept.bytes())
            .time_to_live(ttl.max(deny_ttl))
            .eviction_listener(move |_, kept: Kept, cause| {
                of_removed.decision_cache_shrinks(kept.bytes());
                if let (Kept::Verdict(_), RemovalCause::Size) = (kept, cause) {
                    of_removed.decision_evicted();
                }
            })
            .build();
        let signed = |ttl| SignedDuration::try_from(ttl).unwrap_or(SignedDuration::MAX);
        Self {
            kept,
            flights: Arc::default(),
            metrics,
            ttl: signed(ttl),
            deny_ttl: signed(deny_ttl),
        }
    }

    /// What a question can read, remembered by the rules that it is asked of.
    pub fn reads(&self, chain: &ChainKey, find: impl FnOnce() -> Vec<Read>) -> Arc<[Read]> {
        let name = chain.name();
        if let Some(Kept::Reads(reads)) = self.kept.get(&name) {
            return reads;
        }
        let reads: Arc<[Read]> = find().into();
        self.insert(name, Kept::Reads(Arc::clone(&reads)));
        reads
    }

    fn insert(&self, key: CacheKey, kept: Kept) {
        self.metrics.decision_cache_grows(kept.bytes());
        self.kept.insert(key, kept);
    }

    /// The verdict that still holds at `now`, or what `judge` says, which is then kept: until the
    /// token ends, the time to live is over, or the clock may change it, whichever is first. Of
    /// several who ask at the same time, one judges for all, and all get its fault if it has one.
    ///
    /// # Errors
    /// The judge's fault, which is not kept.
    pub async fn get_or_judge(
        &self,
        key: CacheKey,
        now: Timestamp,
        token_expires: Timestamp,
        judge: impl Future<Output = Result<Judged, JudgeFault>>,
    ) -> Result<(Arc<Verdict>, CacheResult), JudgeFault> {
        if let Some(Kept::Verdict(entry)) = self.kept.get(&key) {
            if entry.holds(now) {
                return Ok((entry.verdict, CacheResult::Hit));
            }
            self.kept.invalidate(&key);
        }
        // Few requests come this far: the others need not carry the space for it.
        Box::pin(self.judge_once(key, now, token_expires, judge)).await
    }

    async fn judge_once(
        &self,
        key: CacheKey,
        now: Timestamp,
        token_expires: Timestamp,
        judge: impl Future<Output = Result<Judged, JudgeFault>>,
    ) -> Result<(Arc<Verdict>, CacheResult), JudgeFault> {
        let mut judge = Some(judge);
        let landed = self.flights.join(key, async {
            let Some(judge) = judge.take() else {
                return Err(NotKept::Fault(JudgeFault::NoAnswer));
            };
            let kept = self.keep(judge.await, now, token_expires);
            // Before the flight ends, so that whoever comes later finds the entry.
            if let Ok(entry) = &kept {
                self.insert(key, Kept::Verdict(entry.clone()));
            }
            kept
        });
        let kept = match landed.await {
            Landed::Here(kept) => kept,
            Landed::Elsewhere(Ok(entry)) if entry.holds(now) => {
                return Ok((entry.verdict, CacheResult::Hit));
            }
            // Whoever was asked has just not answered this question, and is not asked it again.
            Landed::Elsewhere(Err(NotKept::Fault(fault))) => return Err(fault),
            // What another question was told holds for that one alone.
            Landed::Elsewhere(_) => match judge.take() {
                Some(judge) => self.keep(judge.await, now, token_expires),
                None => return Err(JudgeFault::NoAnswer),
            },
        };
        match kept {
            Ok(entry) => Ok((entry.verdict, CacheResult::Miss)),
            Err(NotKept::Uncacheable(verdict, why)) => Ok((verdict, CacheResult::Uncacheable(why))),
            Err(NotKept::Fault(fault)) => Err(fault),
        }
    }

    fn keep(
        &self,
        judged: Result<Judged, JudgeFault>,
        now: Timestamp,
        token_expires: Timestamp,
    ) -> Result<Entry, NotKept> {
        let Judged { verdict, clock, exhausted } = judged.map_err(NotKept::Fault)?;
        let verdict = Arc::new(verdict);
        if exhausted {
            return Err(NotKept::Uncacheable(verdict, Uncacheable::Exhausted));
        }
        let ttl = match verdict.effect {
            Effect::Allow => self.ttl,
            Effect::Deny => self.deny_ttl,
        };
        let until = now.saturating_add(ttl).unwrap_or(Timestamp::MAX).min(token_expires);
        match clock {
            ClockUse::Unread => Ok(Entry { verdict, from: Timestamp::MIN, until }),
            ClockUse::Until(horizon) if now < horizon => {
                Ok(Entry { verdict, from: now, until: until.min(horizon) })
            }
            ClockUse::Until(_) | ClockUse::Read => {
                Err(NotKept::Uncacheable(verdict, Uncacheable::Clock))
            }
        }
    }
}

// === impl Entry ===

impl Entry {
    fn holds(&self, now: Timestamp) -> bool {
        self.from <= now && now < self.until
    }
}

// === impl Kept ===

impl Kept {
    /// About how many bytes it takes.
    fn bytes(&self) -> u32 {
        let apart = match self {
            Self::Verdict(entry) => entry.verdict.bytes(),
            Self::Reads(reads) => reads.iter().map(Read::bytes).sum(),
        };
        u32::try_from(ENTRY_BYTES + mem::size_of::<Self>() + apart).unwrap_or(u32::MAX)
    }
}
