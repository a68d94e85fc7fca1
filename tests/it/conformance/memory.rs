//! Answers by their keys, kept as the cache keeps them.

use std::collections::HashMap;

use jiff::Timestamp;
use portcullis::{
    decision::CacheKey,
    engine::model::{CheckOutput, ClockUse},
};

use super::soundness;

pub(super) struct Memory<Q> {
    known: HashMap<CacheKey, Known<Q>>,
    pub(super) show: fn(&Q) -> String,
    /// Whether it minds until when an answer holds that compares the clock.
    pub(super) sees_horizons: bool,
}

/// An answer, and when it may be given again.
struct Known<Q> {
    verdict: String,
    question: Q,
    from: Timestamp,
    until: Timestamp,
}

pub(super) enum Met {
    New,
    Hit,
    Uncacheable,
    /// A question with the same key has another answer.
    Different(String),
}

// === impl Memory ===

impl<Q: Clone> Memory<Q> {
    pub(super) fn new(show: fn(&Q) -> String) -> Self {
        Self { known: HashMap::new(), show, sees_horizons: true }
    }

    pub(super) fn meet(
        &mut self,
        key: CacheKey,
        question: &Q,
        output: &CheckOutput,
        now: Timestamp,
    ) -> Met {
        let (from, until) = match output.clock {
            _ if output.exhausted => (now, now),
            ClockUse::Read => (now, now),
            ClockUse::Until(horizon) if self.sees_horizons => (now, horizon),
            ClockUse::Until(_) | ClockUse::Unread => (Timestamp::MIN, Timestamp::MAX),
        };
        if until <= now {
            return Met::Uncacheable;
        }
        let verdict = soundness::verdict(output);
        match self.known.get(&key) {
            Some(found) if found.from <= now && now < found.until => {
                if found.verdict == verdict {
                    return Met::Hit;
                }
                let [first, second] = [&found.question, question].map(self.show);
                let before = &found.verdict;
                Met::Different(format!("one key:\n{first}\n{before}\n{second}\n{verdict}"))
            }
            _ => {
                let question = question.clone();
                self.known.insert(key, Known { verdict, question, from, until });
                Met::New
            }
        }
    }
}
