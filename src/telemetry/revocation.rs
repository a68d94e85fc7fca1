//! The metrics of revocations and logouts.

use prometheus::{IntCounter, IntCounterVec, IntGauge, Opts, Registry};

/// A clone shares the counters.
#[derive(Clone, Debug)]
pub struct RevocationMetrics {
    inserted: IntCounterVec,
    merged: IntCounter,
    entries: IntGauge,
    logouts: IntCounterVec,
}

/// Where a revocation came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RevocationSource {
    Logout,
    Admin,
    /// Another replica.
    Shared,
}

/// What became of a logout token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogoutResult {
    Accepted,
    /// It is not to be believed.
    Refused,
    /// We could not verify it, or could not share what it says.
    Failed,
}

// === impl RevocationMetrics ===

impl RevocationMetrics {
    pub(super) fn new() -> Result<Self, prometheus::Error> {
        let counters = |name, help, label| IntCounterVec::new(Opts::new(name, help), &[label]);
        Ok(Self {
            inserted: counters(
                "portcullis_revocations_total",
                "Revocations that came into force, by where they came from.",
                "source",
            )?,
            merged: IntCounter::new(
                "portcullis_revocations_merged_total",
                "Times that the oldest revocations became one for everybody, for want of room.",
            )?,
            entries: IntGauge::new(
                "portcullis_revocations",
                "Revocations in force that are about tokens not yet expired.",
            )?,
            logouts: counters(
                "portcullis_logout_tokens_total",
                "Logout tokens that were received, by what became of them.",
                "result",
            )?,
        })
    }

    pub(super) fn register(&self, registry: &Registry) -> Result<(), prometheus::Error> {
        let Self { inserted, merged, entries, logouts } = self;
        registry.register(Box::new(inserted.clone()))?;
        registry.register(Box::new(merged.clone()))?;
        registry.register(Box::new(entries.clone()))?;
        registry.register(Box::new(logouts.clone()))
    }

    pub fn inserted(&self, source: RevocationSource) {
        let source = match source {
            RevocationSource::Logout => "logout",
            RevocationSource::Admin => "admin",
            RevocationSource::Shared => "shared",
        };
        self.inserted.with_label_values(&[source]).inc();
    }

    pub fn merged(&self, times: u64) {
        self.merged.inc_by(times);
    }

    pub fn entries(&self, count: usize) {
        self.entries.set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    pub fn logout(&self, result: LogoutResult) {
        let result = match result {
            LogoutResult::Accepted => "accepted",
            LogoutResult::Refused => "refused",
            LogoutResult::Failed => "failed",
        };
        self.logouts.with_label_values(&[result]).inc();
    }
}
