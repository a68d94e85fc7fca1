//! Asks: within a deadline, more than once where that can help, and never without an answer of which
//! every part fits.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use aws_lc_rs::rand;
use tokio::{
    sync::Semaphore,
    time::{self, Instant},
};
use tonic::Request;
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};
use tracing::warn;

use super::{
    PdpFault, RemotePdpConfig, SentToken, TokenUse, answer,
    fleet::{Fleet, Member},
};
use crate::cerbos_api::proto::cerbos::{
    request::v1::CheckResourcesRequest, response::v1::CheckResourcesResponse,
    svc::v1::cerbos_service_client::CerbosServiceClient,
};
use crate::engine::model::{CheckInput, CheckOutput};
use crate::identity::BearerToken;
use crate::telemetry::{Chain, PdpMetrics, PdpResult};

/// A PDP elsewhere. A clone is another handle.
#[derive(Clone, Debug)]
pub struct RemotePdp(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    fleet: Fleet,
    token: TokenUse,
    timeout: Duration,
    per_try_timeout: Duration,
    retries: usize,
    places: Semaphore,
    metrics: PdpMetrics,
    last_complaint: Mutex<Option<Instant>>,
}

/// Where nobody is left to be asked but who has failed already, from a half of it to the whole.
const PAUSE: Duration = Duration::from_millis(40);

/// An outage is a line in the log now and then, and not one for each request.
const COMPLAIN_EVERY: Duration = Duration::from_secs(5);

/// Between looks whether the PDP serves, before the first question.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// The name of its service, for gRPC's health protocol.
const SERVICE: &str = "cerbos.svc.v1.CerbosService";

// === impl RemotePdp ===

impl RemotePdp {
    pub(super) fn new(config: &RemotePdpConfig, fleet: Fleet, metrics: PdpMetrics) -> Self {
        Self(Arc::new(Shared {
            fleet,
            token: config.token.clone(),
            timeout: config.timeout,
            per_try_timeout: config.per_try_timeout,
            retries: config.retries,
            places: Semaphore::new(config.max_in_flight),
            metrics,
            last_complaint: Mutex::default(),
        }))
    }

    /// What is sent of the token that a request has.
    ///
    /// # Errors
    /// It has none, and one is to be sent.
    pub fn token<'t>(&self, token: Option<&'t BearerToken>) -> Result<SentToken<'t>, PdpFault> {
        self.0.token.of(token)
    }

    /// The PDP's answer, which is about all actions of `input` and nothing else.
    ///
    /// # Errors
    /// [`PdpFault`]; never for a denial.
    pub async fn check(
        &self,
        input: &CheckInput<'_>,
        token: SentToken<'_>,
    ) -> Result<CheckOutput, PdpFault> {
        let Shared { token: token_use, timeout, places, metrics, .. } = &*self.0;
        let began = Instant::now();
        let answer = match places.try_acquire() {
            Ok(_place) => {
                let question = token_use.question(input, token);
                let answer = time::timeout(*timeout, self.ask(&question)).await;
                let answer = answer.unwrap_or(Err(PdpFault::Deadline));
                answer.and_then(|answer| Ok(answer::read(answer, &question.request_id, input)?))
            }
            Err(_none_is_left) => Err(PdpFault::Busy),
        };
        let result = answer.as_ref().map_or_else(PdpFault::result, |_| PdpResult::Answered);
        metrics.call(result, began.elapsed());
        answer.inspect_err(|fault| self.complain(fault))
    }

    /// Returns once a PDP says that it serves.
    pub async fn serves(&self) {
        let mut looks = time::interval(LOOK_AGAIN);
        loop {
            looks.tick().await;
            let Some(under_way) = self.0.fleet.choose(&[]) else { continue };
            let mut client = HealthClient::new(under_way.member().channel.clone());
            let question = client.check(HealthCheckRequest { service: SERVICE.to_owned() });
            if let Ok(Ok(answer)) = time::timeout(self.0.timeout, question).await
                && answer.into_inner().status() == ServingStatus::Serving
            {
                return;
            }
        }
    }

    /// With as many tries as are allowed, each to another member where there is one.
    async fn ask(
        &self,
        question: &CheckResourcesRequest,
    ) -> Result<CheckResourcesResponse, PdpFault> {
        let Shared { fleet, retries, metrics, .. } = &*self.0;
        let mut tried = Vec::new();
        loop {
            let Some(under_way) = fleet.choose(&tried) else {
                return Err(PdpFault::Unavailable { message: "no address is known".into() });
            };
            let member = under_way.member();
            let fault = match self.try_once(member, question).await {
                Ok(answer) => return Ok(answer),
                Err(fault) => fault,
            };
            if !fault.is_transient() || tried.len() >= *retries {
                return Err(fault);
            }
            tried.push(member.clone());
            metrics.retry();
            if !fleet.has_others(&tried) {
                time::sleep(PAUSE.mul_f64(random().midpoint(1.0))).await;
            }
        }
    }

    async fn try_once(
        &self,
        member: &Member,
        question: &CheckResourcesRequest,
    ) -> Result<CheckResourcesResponse, PdpFault> {
        let Shared { fleet, per_try_timeout, .. } = &*self.0;
        let mut client = CerbosServiceClient::new(member.channel.clone());
        let mut request = Request::new(question.clone());
        // The PDP is told, too, so that it stops when nobody waits any more.
        request.set_timeout(*per_try_timeout);
        // Waiting for a connection is not within the client's own deadline.
        let answer = time::timeout(*per_try_timeout, client.check_resources(request)).await;
        let answer = match answer {
            Ok(Ok(answer)) => Ok(answer.into_inner()),
            Ok(Err(status)) => Err(PdpFault::of(&status)),
            Err(_elapsed) => Err(PdpFault::Deadline),
        };
        match &answer {
            Err(fault) if fault.is_transient() => fleet.has_failed(member),
            Ok(_) | Err(_) => member.has_answered(),
        }
        answer
    }

    fn complain(&self, fault: &PdpFault) {
        let now = Instant::now();
        let mut last = self.0.last_complaint.lock().unwrap_or_else(PoisonError::into_inner);
        if last.is_none_or(|last| now.duration_since(last) >= COMPLAIN_EVERY) {
            *last = Some(now);
            drop(last);
            warn!(error = %Chain(fault), "The PDP gave no answer");
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
