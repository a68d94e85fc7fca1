//! Envoy's door: `envoy.service.auth.v3.Authorization`. Decode, decide, encode; nothing else.
//!
//! The answer is always a `CheckResponse`. A gRPC error becomes an allow where an operator has set
//! `failure_mode_allow`, so nothing that a client can provoke may end in one: not a message that cannot
//! be read or is too long, nor a decision that takes too long.

mod call;
mod decode;
mod encode;
mod fields;
mod message;
mod writer;

#[cfg(test)]
mod tests;

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use jiff::Timestamp;
use tokio::time::Instant;
use tracing::{debug, error, info, warn};
use uuid::{NoContext, Uuid};

use decode::DecodeError;

pub(super) use call::Calls;

use crate::answer::{Answer, Reason, Refusal};
use crate::decision::{Deadline, Decision, Gate, Stamp, Trace};
use crate::identity::Scheme;
use crate::telemetry::{CacheResult, Metrics};

/// The service. A clone is another handle on the same gate.
#[derive(Clone, Debug)]
pub struct ExtAuthz {
    gate: Gate,
    metrics: Metrics,
}

// === impl ExtAuthz ===

impl ExtAuthz {
    #[must_use]
    pub fn new(gate: Gate, metrics: Metrics) -> Self {
        Self { gate, metrics }
    }

    /// Answers a `CheckRequest` with a `CheckResponse`, written behind what is in `buffer`.
    pub async fn check(&self, message: &[u8], deadline: Deadline, buffer: Vec<u8>) -> Vec<u8> {
        let started = Instant::now();
        let now = now();
        let stamp = Stamp { now, decision_id: decision_id(now), deadline };
        let way = async {
            Ok::<_, DecodeError>(self.gate.decide(decode::decode(message)?, &stamp).await)
        };
        // The gate holds nothing that a panic could leave half changed: its state is in caches and
        // snapshots that are replaced as a whole.
        let decision = match AssertUnwindSafe(way).catch_unwind().await {
            Ok(Ok(decision)) => decision,
            Ok(Err(DecodeError::Incomplete)) => {
                Decision::refused(Refusal::Malformed(Reason::INCOMPLETE))
            }
            Ok(Err(DecodeError::Malformed(_))) => {
                Decision::refused(Refusal::Malformed(Reason::UNREADABLE))
            }
            Err(_panic) => {
                self.metrics.panicked();
                Decision::refused(Refusal::Fault(Reason::PANIC))
            }
        };
        self.record(&decision, &stamp.decision_id, started);
        encode::encode(&decision, &stamp.decision_id, buffer)
    }

    /// The same for a message that did not arrive.
    fn refuse(&self, refusal: Refusal, buffer: Vec<u8>) -> Vec<u8> {
        let started = Instant::now();
        let decision_id = decision_id(now());
        let decision = Decision::refused(refusal);
        self.record(&decision, &decision_id, started);
        encode::encode(&decision, &decision_id, buffer)
    }

    fn record(&self, decision: &Decision, decision_id: &str, started: Instant) {
        let Decision { answer, trace, nonce: _ } = decision;
        let took = started.elapsed();
        self.metrics.decision(answer.name(), answer.reason().as_str(), took);
        if let Some(result) = trace.cache {
            self.metrics.decision_cache(result, trace.route.as_deref().unwrap_or_default());
        }
        log(answer, trace, decision_id);
    }
}

#[expect(clippy::disallowed_methods, reason = "the edge reads the clock, once for a request")]
fn now() -> Timestamp {
    Timestamp::now()
}

/// An id that sorts by the instant of its request.
fn decision_id(now: Timestamp) -> String {
    let seconds = u64::try_from(now.as_second()).unwrap_or_default();
    let nanoseconds = u32::try_from(now.subsec_nanosecond()).unwrap_or_default();
    // Without a counter that all threads would share: ids of one millisecond are in no order.
    Uuid::new_v7(uuid::Timestamp::from_unix(NoContext, seconds, nanoseconds)).to_string()
}

/// One line for a decision: what is refused at `info`, what is allowed at `debug`.
fn log(answer: &Answer, trace: &Trace, decision_id: &str) {
    let Trace { route, scheme, action, policy, cache, validation_errors } = trace;
    let route = route.as_deref();
    let scheme = scheme.map(Scheme::name);
    let action = action.as_ref().map(AsRef::as_ref);
    let policy = policy.as_deref();
    let cache = cache.map(CacheResult::as_str);
    let reason = answer.reason().as_str();
    if *validation_errors > 0 {
        warn!(
            decision_id,
            route, action, policy, validation_errors, "Attributes do not follow their schema"
        );
    }
    match answer {
        Answer::Allow(_) => {
            debug!(decision_id, reason, route, scheme, action, policy, cache, "Allowed a request");
        }
        Answer::Refuse(Refusal::Fault(_)) => {
            error!(decision_id, reason, route, action, policy, "Could not decide a request");
        }
        Answer::Refuse(_) => {
            info!(decision_id, reason, route, scheme, action, policy, cache, "Refused a request");
        }
    }
}
