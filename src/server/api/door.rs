//! What both doors do with a call: stamp it, have it answered whatever happens, count it.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use jiff::Timestamp;
use tokio::{sync::watch, time::Instant};
use tracing::{error, info};
use uuid::Uuid;

use crate::pdp::{Call, Fault, Pdp};
use crate::telemetry::Metrics;

/// A clone is another handle.
#[derive(Clone, Debug)]
pub(super) struct Door {
    pub(super) pdp: Pdp,
    pub(super) metrics: Metrics,
    pub(super) serving: watch::Receiver<bool>,
}

/// The calls that there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    CheckResources,
    PlanResources,
    ServerInfo,
    CheckResourceSet,
    CheckResourceBatch,
    AccessEvaluation,
    AccessEvaluationBatch,
    AccessMetadata,
}

// === impl Door ===

impl Door {
    /// A panic is a fault of ours: what is behind the door holds nothing that it could leave half
    /// changed.
    pub(super) async fn answer<A>(
        &self,
        method: Method,
        answer: impl Future<Output = Result<A, Fault>>,
    ) -> Result<A, Fault> {
        let started = Instant::now();
        let answered = AssertUnwindSafe(answer).catch_unwind().await.unwrap_or_else(|_panic| {
            self.metrics.panicked();
            error!(method = method.name(), "A call ended in a panic");
            Err(Fault::internal())
        });
        let code = answered.as_ref().err().map_or("OK", |fault| fault.code.name());
        self.metrics.cerbos().called(method.name(), code, started.elapsed());
        if answered.is_err() {
            info!(method = method.name(), code, "Did not answer a call");
        }
        answered
    }
}

/// The instant of a call, and an id that sorts by it.
#[expect(clippy::disallowed_methods, reason = "the edge reads the clock, once for a request")]
pub(super) fn stamp() -> Call {
    Call { now: Timestamp::now(), id: Uuid::now_v7().as_u128() }
}

// === impl Method ===

impl Method {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::CheckResources => "cerbos.svc.v1.CerbosService/CheckResources",
            Self::PlanResources => "cerbos.svc.v1.CerbosService/PlanResources",
            Self::ServerInfo => "cerbos.svc.v1.CerbosService/ServerInfo",
            Self::CheckResourceSet => "cerbos.svc.v1.CerbosService/CheckResourceSet",
            Self::CheckResourceBatch => "cerbos.svc.v1.CerbosService/CheckResourceBatch",
            Self::AccessEvaluation => {
                "authzen.authorization.v1.AuthorizationService/AccessEvaluation"
            }
            Self::AccessEvaluationBatch => {
                "authzen.authorization.v1.AuthorizationService/AccessEvaluationBatch"
            }
            Self::AccessMetadata => "authzen.authorization.v1.AuthorizationService/Metadata",
        }
    }
}
