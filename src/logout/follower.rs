//! Reads what other replicas have written, as soon as it is written.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use tokio::time::{self, Instant};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::{
    Revocations,
    journal::{Entry, Journal, PAGE, Position, ReadError},
};
use crate::telemetry::Chain;

/// Follows the journal from its beginning.
#[derive(Debug)]
pub struct Follower {
    journal: Arc<Journal>,
    revocations: Revocations,
    /// The last entry that we have read.
    position: Position,
    state: State,
    /// Redis has lost what we know, and does not have all of it again. It outlives errors on the way.
    owes_all: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// At the start, and after an error: entries may have been cut off, or all may have been lost.
    Away,
    Following,
}

/// The journal is the one that we have read so far, or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    Ours,
    Another,
}

/// Between two attempts while Redis does not answer.
const RETRY: Duration = Duration::from_millis(250);

// === impl Follower ===

impl Follower {
    pub(super) fn new(journal: Arc<Journal>, revocations: Revocations) -> Self {
        Self {
            journal,
            revocations,
            position: Position::START,
            state: State::Away,
            owes_all: false,
        }
    }

    /// Runs until `shutdown`.
    pub async fn run(mut self, shutdown: CancellationToken) {
        // An outage is one line in the log, however often we try.
        let mut is_away = false;
        loop {
            let result = tokio::select! {
                () = shutdown.cancelled() => return,
                result = self.step() => result,
            };
            match result {
                Ok(()) if is_away => {
                    is_away = false;
                    info!("Redis answers again: all revocations are known");
                }
                Ok(()) => {}
                Err(error) => {
                    self.state = State::Away;
                    if !std::mem::replace(&mut is_away, true) {
                        warn!(error = %Chain(&error), "What others revoke is not known");
                    }
                    time::sleep(RETRY).await;
                }
            }
        }
    }

    /// One read, and what comes of it.
    async fn step(&mut self) -> Result<(), ReadError> {
        let asked_at = Instant::now();
        let entries = self.journal.read(self.position).await?;
        if self.state == State::Away || !entries.is_empty() {
            let journal = self.look_for_losses().await?;
            if journal == Found::Another {
                return Ok(());
            }
        }
        let is_all = entries.len() < PAGE;
        for Entry { position, revocations } in entries {
            self.revocations.follow(&revocations, now());
            self.position = position;
        }
        if is_all {
            self.state = State::Following;
            self.revocations.heard(asked_at);
        }
        Ok(())
    }

    /// Asked after a read: what was cut off by then and was not read never will be. Where the journal is
    /// not the one that we know, we begin at its beginning.
    async fn look_for_losses(&mut self) -> Result<Found, ReadError> {
        // Taken first: what is written while we ask is no loss.
        let must_be_there = self.position.max(self.journal.written());
        let extent = self.journal.extent().await?;
        if let Some(until) = extent.and_then(|extent| extent.cut_after(self.position)) {
            warn!(%until, "More was revoked than is kept one by one: older tokens are refused");
            self.revocations.follow_everybody(until, now());
        }
        if must_be_there > Position::START
            && !extent.is_some_and(|extent| extent.has(must_be_there))
        {
            error!("Redis has lost revocations: what is known here is written again");
            self.owes_all = true;
            self.state = State::Away;
            self.position = Position::START;
            self.journal.forget_written();
            return Ok(Found::Another);
        }
        if self.owes_all {
            for together in self.revocations.all().chunks(PAGE) {
                self.journal.append(together).await?;
            }
            self.owes_all = false;
        }
        Ok(Found::Ours)
    }
}

/// It only says what is too old to be kept.
#[expect(clippy::disallowed_methods, reason = "an edge reads the clock")]
fn now() -> Timestamp {
    Timestamp::now()
}
