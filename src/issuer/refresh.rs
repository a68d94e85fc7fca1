//! The writing side: fetches the keys of one issuer on a timer, and on a nudge.

use std::{sync::Arc, time::Duration};

use aws_lc_rs::rand;
use tokio::{
    sync::{Notify, watch},
    time::{self, Instant},
};
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, info, warn};

use super::{
    LoadError, Settings,
    jwks::{Fresh, Source},
    keys::{Loaded, State},
};
use crate::identity::{KeySet, SkipReason};
use crate::telemetry::Chain;

/// Keeps the keys of one issuer fresh.
#[derive(Debug)]
pub struct Refresher {
    issuer: Arc<str>,
    source: Source,
    settings: Settings,
    state: watch::Sender<State>,
    nudge: Arc<Notify>,
    /// Fetches that have failed since one succeeded.
    failures: u32,
    /// How long the issuer says that its keys may be kept.
    max_age: Option<Duration>,
}

const FIRST_RETRY: Duration = Duration::from_secs(1);

const LAST_RETRY: Duration = Duration::from_secs(30);

// === impl Refresher ===

impl Refresher {
    pub(super) fn new(
        issuer: Arc<str>,
        source: Source,
        settings: Settings,
        state: watch::Sender<State>,
        nudge: Arc<Notify>,
    ) -> Self {
        Self { issuer, source, settings, state, nudge, failures: 0, max_age: None }
    }

    /// Runs until `shutdown`.
    pub async fn run(mut self, shutdown: CancellationToken) {
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return,
                result = self.source.load() => self.publish(result),
            }
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = time::sleep(self.pause()) => {}
                () = self.nudged() => {}
            }
        }
    }

    /// Replaces all keys at once: one that the issuer has withdrawn is not used any more. Where there
    /// are no new ones, the old ones stay until they are too old.
    fn publish(&mut self, result: Result<Fresh, LoadError>) {
        let now = Instant::now();
        let loaded = match result {
            Ok(Fresh { keys, max_age }) => {
                (self.failures, self.max_age) = (0, max_age);
                self.report(&keys);
                Some(Loaded { keys, at: now })
            }
            Err(error) => {
                self.failures = self.failures.saturating_add(1);
                warn!(issuer = %self.issuer, error = %Chain(&error), "Could not refresh the keys");
                None
            }
        };
        self.state.send_modify(|state| {
            state.attempts += 1;
            state.last_attempt = Some(now);
            if loaded.is_some() {
                state.loaded = loaded;
            }
        });
    }

    /// Says what keys there are, once for each change.
    fn report(&self, keys: &KeySet) {
        let ids = keys.ids();
        if let Some(loaded) = &self.state.borrow().loaded
            && loaded.keys.ids() == ids
            && loaded.keys.skipped() == keys.skipped()
        {
            debug!(issuer = %self.issuer, "The keys have not changed");
            return;
        }
        info!(issuer = %self.issuer, keys = ?ids, "Keys loaded");
        for key in keys.skipped() {
            let (issuer, id) = (&*self.issuer, key.id.as_deref().unwrap_or_default());
            match key.reason {
                SkipReason::Private | SkipReason::RepeatedId => {
                    error!(issuer, key = id, reason = %key.reason, "A key was left out");
                }
                SkipReason::NotAnObject
                | SkipReason::NoKeyId
                | SkipReason::NotForSignatures
                | SkipReason::UnsupportedType
                | SkipReason::UnsupportedAlgorithm
                | SkipReason::Malformed
                | SkipReason::Weak => {
                    info!(issuer, key = id, reason = %key.reason, "A key was left out");
                }
            }
        }
    }

    fn pause(&self) -> Duration {
        match self.failures.checked_sub(1) {
            None => self.settings.next_refresh(self.max_age, random()),
            Some(doublings) => {
                let factor = 2_u32.saturating_pow(doublings);
                FIRST_RETRY.saturating_mul(factor).min(LAST_RETRY).min(self.settings.refresh)
            }
        }
    }

    /// Waits until someone needs a key that is not there, and the cooldown is over. A nudge that came
    /// while a fetch was on its way has been answered by that fetch.
    async fn nudged(&self) {
        loop {
            self.nudge.notified().await;
            let last_attempt = self.state.borrow().last_attempt;
            if last_attempt.is_none_or(|last| last.elapsed() >= self.settings.cooldown) {
                return;
            }
        }
    }
}

/// From 0 to 1. Without randomness all replicas ask at once, which is no reason to stop.
fn random() -> f64 {
    let mut byte = [u8::MAX / 2];
    let _ = rand::fill(&mut byte);
    let [byte] = byte;
    f64::from(byte) / f64::from(u8::MAX)
}
