//! The metrics of a PDP elsewhere.

use std::time::Duration;

use prometheus::{Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, Opts, Registry};

/// In seconds: from a PDP beside us to one that is overloaded.
const CALL_BUCKETS: [f64; 12] =
    [0.000_2, 0.000_5, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0];

/// A clone shares the counters.
#[derive(Clone, Debug)]
pub struct PdpMetrics {
    calls: IntCounterVec,
    call_seconds: Histogram,
    retries: IntCounter,
    addresses: IntGauge,
}

/// What became of a question to a PDP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PdpResult {
    Answered,
    Deadline,
    Unavailable,
    /// It answered with an error.
    Refused,
    /// Its answer is not one to the question.
    Unusable,
    /// Too many are under way.
    Busy,
    /// There is no token to send.
    NoToken,
}

// === impl PdpMetrics ===

impl PdpMetrics {
    pub(super) fn new() -> Result<Self, prometheus::Error> {
        Ok(Self {
            calls: IntCounterVec::new(
                Opts::new(
                    "portcullis_pdp_calls_total",
                    "Questions to the PDP of `engine.cerbos`, by what became of them.",
                ),
                &["result"],
            )?,
            call_seconds: Histogram::with_opts(
                HistogramOpts::new(
                    "portcullis_pdp_call_seconds",
                    "Time of a question to the PDP of `engine.cerbos`, with all its tries.",
                )
                .buckets(CALL_BUCKETS.to_vec()),
            )?,
            retries: IntCounter::new("portcullis_pdp_retries_total", "Tries after the first one.")?,
            addresses: IntGauge::new(
                "portcullis_pdp_addresses",
                "Addresses behind the name of the PDP of `engine.cerbos`.",
            )?,
        })
    }

    pub(super) fn register(&self, registry: &Registry) -> Result<(), prometheus::Error> {
        let Self { calls, call_seconds, retries, addresses } = self;
        registry.register(Box::new(calls.clone()))?;
        registry.register(Box::new(call_seconds.clone()))?;
        registry.register(Box::new(retries.clone()))?;
        registry.register(Box::new(addresses.clone()))
    }

    pub fn call(&self, result: PdpResult, took: Duration) {
        let result = match result {
            PdpResult::Answered => "answered",
            PdpResult::Deadline => "deadline",
            PdpResult::Unavailable => "unavailable",
            PdpResult::Refused => "refused",
            PdpResult::Unusable => "unusable",
            PdpResult::Busy => "busy",
            PdpResult::NoToken => "no_token",
        };
        self.calls.with_label_values(&[result]).inc();
        self.call_seconds.observe(took.as_secs_f64());
    }

    pub fn retry(&self) {
        self.retries.inc();
    }

    pub fn addresses(&self, count: usize) {
        self.addresses.set(i64::try_from(count).unwrap_or(i64::MAX));
    }
}
