//! The reading side: the keys of an issuer as they are now.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{Notify, watch},
    time::{self, Instant},
};

use super::{Settings, misses::Misses};
use crate::identity::KeySet;

/// The keys of one issuer. A clone reads the same ones.
#[derive(Clone, Debug)]
pub struct Keys {
    issuer: Arc<str>,
    settings: Settings,
    state: watch::Receiver<State>,
    nudge: Arc<Notify>,
    misses: Arc<Misses>,
}

/// What the refresher publishes.
#[derive(Clone, Debug, Default)]
pub(super) struct State {
    pub(super) loaded: Option<Loaded>,
    /// Fetches that have ended, well or not: whoever waits for one sees it change.
    pub(super) attempts: u64,
    pub(super) last_attempt: Option<Instant>,
}

#[derive(Clone, Debug)]
pub(super) struct Loaded {
    pub(super) keys: Arc<KeySet>,
    pub(super) at: Instant,
}

/// The keys were never loaded, or are too old to be used. It says nothing about any token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the keys of `{issuer}` are not available")]
pub struct KeysUnavailable {
    pub issuer: Arc<str>,
}

// === impl Keys ===

impl Keys {
    pub(super) fn new(
        issuer: Arc<str>,
        settings: Settings,
        state: watch::Receiver<State>,
        nudge: Arc<Notify>,
    ) -> Self {
        let misses = Arc::new(Misses::new(settings.miss));
        Self { issuer, settings, state, nudge, misses }
    }

    /// The keys that are in force.
    pub fn current(&self) -> Result<Arc<KeySet>, KeysUnavailable> {
        match &self.state.borrow().loaded {
            Some(loaded) if loaded.at.elapsed() <= self.settings.max_age() => {
                Ok(loaded.keys.clone())
            }
            Some(_) | None => Err(KeysUnavailable { issuer: self.issuer.clone() }),
        }
    }

    /// The keys that are in force, after one more look at the issuer if they do not have `key_id`. All
    /// who need that look at the same time share it.
    pub async fn current_with(&self, key_id: &str) -> Result<Arc<KeySet>, KeysUnavailable> {
        let keys = self.current()?;
        let misses_key = |keys: &KeySet| !keys.contains(key_id);
        if !misses_key(&keys) || self.misses.contains(key_id, Instant::now()) {
            return Ok(keys);
        }
        if self.refetch().await == Refetch::TooSoon {
            return Ok(keys);
        }
        let keys = self.current()?;
        if misses_key(&keys) {
            self.misses.insert(key_id, Instant::now());
        }
        Ok(keys)
    }

    /// How old the keys are, if there are any.
    #[must_use]
    pub fn age(&self) -> Option<Duration> {
        self.state.borrow().loaded.as_ref().map(|loaded| loaded.at.elapsed())
    }

    /// Waits until the keys have been loaded once.
    pub async fn loaded(&self) {
        let mut state = self.state.clone();
        if state.wait_for(|state| state.loaded.is_some()).await.is_err() {
            // The refresher has ended, so they never will be.
            std::future::pending::<()>().await;
        }
    }

    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Asks the refresher for a fetch and waits for its end, within the timeout.
    async fn refetch(&self) -> Refetch {
        let mut state = self.state.clone();
        let (attempts, last_attempt) = {
            let state = state.borrow_and_update();
            (state.attempts, state.last_attempt)
        };
        if last_attempt.is_some_and(|last| last.elapsed() < self.settings.cooldown) {
            return Refetch::TooSoon;
        }
        self.nudge.notify_one();
        let ended = state.wait_for(|state| state.attempts != attempts);
        // Whether it ended well, badly or not in time, the caller looks at the keys again.
        let _ = time::timeout(self.settings.timeout, ended).await.map(drop);
        Refetch::Done
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refetch {
    Done,
    TooSoon,
}
