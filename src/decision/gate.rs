//! A request's way through the house, on one screen.

use std::{pin::pin, slice, sync::Arc};

use jiff::Timestamp;
use tokio::sync::watch;
use tracing::{error, warn};

use super::{
    Authenticated, AuthenticationError, Authenticator, Deadline, JudgeFault, Question,
    RememberingJudge, Rules, Verdict,
};
use crate::answer::{Answer, Asserted, Reason, Refusal, UpstreamMutation};
use crate::engine::model::{Action, AuxData, CheckInput, Effect};
use crate::identity::{BearerError, BearerToken, Credentials, Demands, Scheme};
use crate::request::{HttpRequest, RawRequest};
use crate::route::{Found, RouteMatch, Target};
use crate::telemetry::CacheResult;

/// Decides requests. Everything that it holds is shared; a clone is another handle.
#[derive(Clone, Debug)]
pub struct Gate {
    rules: watch::Receiver<Arc<Rules>>,
    authenticator: Authenticator,
    judge: RememberingJudge,
    /// The algorithms that a proof may have, as a challenge names them.
    algs: Arc<str>,
}

/// An answer and how it came about.
#[derive(Debug)]
pub struct Decision {
    pub answer: Answer,
    /// For the next proof of whoever has sent one, where proofs must carry a nonce.
    pub nonce: Option<String>,
    pub trace: Trace,
}

/// What a request is given when it comes in: its instant, an id by which it is found again, and how long
/// it may wait.
#[derive(Clone, Debug)]
pub struct Stamp {
    pub now: Timestamp,
    pub decision_id: String,
    pub deadline: Deadline,
}

/// What is logged and counted of a decision. Nothing of it names a person.
#[derive(Debug, Default)]
pub struct Trace {
    /// The template of the matched route.
    pub route: Option<Arc<str>>,
    /// What the token came with, if there was one.
    pub scheme: Option<Scheme>,
    pub action: Option<Action>,
    /// `matchedPolicy`
    pub policy: Option<Box<str>>,
    pub cache: Option<CacheResult>,
    /// Attributes that do not follow their JSON Schema, where that is looked at.
    pub validation_errors: usize,
}

// === impl Gate ===

impl Gate {
    #[must_use]
    pub fn new(
        rules: watch::Receiver<Arc<Rules>>,
        authenticator: Authenticator,
        judge: RememberingJudge,
    ) -> Self {
        let algorithms = &authenticator.possession().proofs.algorithms;
        let algs: Vec<&str> = algorithms.iter().map(|algorithm| algorithm.name()).collect();
        let algs = algs.join(" ").into();
        Self { rules, authenticator, judge, algs }
    }

    /// The way of one request.
    pub async fn decide(&self, raw: RawRequest<'_>, stamp: &Stamp) -> Decision {
        // One snapshot for the whole request: a reload in the middle of it is not seen.
        let rules = self.rules.borrow().clone();
        let mut trace = Trace::default();
        let request = HttpRequest::read(raw, &rules.request);
        let answer = match &request {
            Ok(request) => {
                let walk = pin!(self.walk(&rules, request, stamp, &mut trace));
                let answer = stamp.deadline.within(walk).await;
                answer.unwrap_or(Err(Refusal::Fault(Reason::DEADLINE)))
            }
            Err(error) => Err((*error).into()),
        };
        let answer = match answer {
            Ok(answer) => answer,
            Err(refusal) => Answer::Refuse(refusal.naming(rules.resource_metadata.as_ref())),
        };
        let nonces = self.authenticator.nonces().filter(|_| trace.scheme == Some(Scheme::Dpop));
        let nonce = nonces.map(|nonces| nonces.give(stamp.now));
        Decision { answer, nonce, trace }
    }

    async fn walk(
        &self,
        rules: &Rules,
        request: &HttpRequest<'_>,
        stamp: &Stamp,
        trace: &mut Trace,
    ) -> Result<Answer, Refusal> {
        let now = stamp.now;
        let matched = match rules.routes.find(request) {
            Found::Protected(matched) => matched,
            Found::Public(route) => {
                trace.route = Some(route.template());
                let mutation = rules.upstream_headers.anonymous(Reason::PUBLIC_ROUTE);
                return Ok(Answer::Allow(as_decided(mutation, request, rules)));
            }
            Found::NoMethod(route) => {
                trace.route = Some(route.template());
                return Err(Refusal::Deny(Reason::NO_ACTION));
            }
            Found::NoRoute => return Err(Refusal::Deny(Reason::NO_ROUTE)),
        };
        let route = matched.template();
        trace.route = Some(Arc::clone(&route));
        let (caller, token) = self.authenticate(&matched, request, now, trace).await?;
        let target = matched.target(&caller.aux_data.jwt, now)?;
        trace.action = Some(target.action.clone());
        let Authenticated { principal, aux_data, expires_at, checked: _ } = &*caller;
        let Target { resource, action } = &target;
        let actions = slice::from_ref(action);
        let input = CheckInput {
            principal,
            resource,
            actions,
            aux_data,
            now,
            now_attributes: matched.now_attributes(),
        };
        let (token, expires_at) = (token.as_ref(), *expires_at);
        let question = Question { input, route: &route, token, expires_at };
        let (verdict, cache) =
            self.judge.check(rules, &question).await.map_err(|error| fault(&error))?;
        trace.cache = Some(cache);
        trace.policy = Some(verdict.policy.clone());
        trace.validation_errors = verdict.validation_errors.len();
        match verdict.effect {
            Effect::Allow => {
                let mutation = vouch(rules, &caller, request, stamp)?;
                let carrier = matched.token_source().carrier(request);
                let carrier = carrier.map_err(|error| self.refused(error, matched.demands()))?;
                let mutation = mutation.without(carrier);
                Ok(Answer::Allow(as_decided(mutation, request, rules)))
            }
            Effect::Deny => Err(denial(rules, &verdict)),
        }
    }

    /// Who asks, and the token that says so, unless Envoy says it.
    async fn authenticate(
        &self,
        matched: &RouteMatch<'_>,
        request: &HttpRequest<'_>,
        now: Timestamp,
        trace: &mut Trace,
    ) -> Result<(Arc<Authenticated>, Option<BearerToken>), Refusal> {
        let demands = matched.demands();
        let credentials = matched.token_source().find(request);
        let credentials = credentials.map_err(|error| self.refused(error, demands))?;
        let mut sent = None;
        let authenticated = match credentials {
            None => return Err(self.without_token(matched, request)),
            Some(Credentials::Token(token)) => {
                let token = sent.insert(token);
                trace.scheme = Some(token.scheme());
                self.authenticator.authenticate(token, demands, Some(request), now).await
            }
            Some(Credentials::Attested(claims)) => {
                self.authenticator.authenticate_attested(&claims, demands, now)
            }
        };
        let scheme = sent.as_ref().map_or(Scheme::Bearer, BearerToken::scheme);
        let authenticated = authenticated.map_err(|error| match error {
            AuthenticationError::Refused(error) => {
                Refusal::of_token(error.refusal().presented_in(scheme), demands, &self.algs)
            }
            AuthenticationError::KeysUnavailable(_) => Refusal::Fault(Reason::KEYS_UNAVAILABLE),
            AuthenticationError::RevocationsUnknown => Refusal::Fault(Reason::REVOCATIONS_UNKNOWN),
            AuthenticationError::ReplaysFull => Refusal::Fault(Reason::REPLAYS_FULL),
            AuthenticationError::ReplaysUnknown => Refusal::Fault(Reason::REPLAYS_UNKNOWN),
        })?;
        Ok((authenticated, sent))
    }

    /// A proof is only good in one place, and for a host that is known to be ours.
    fn without_token(&self, matched: &RouteMatch<'_>, request: &HttpRequest<'_>) -> Refusal {
        let refusal = Refusal::without_token(matched.demands(), &self.algs);
        if matched.token_source().takes_proofs() && request.is_for_own_host {
            refusal.or_with_proof(matched.demands(), &self.algs)
        } else {
            refusal
        }
    }

    fn refused(&self, error: BearerError, demands: &Demands) -> Refusal {
        Refusal::of_token(error.refusal(), demands, &self.algs)
    }
}

fn fault(fault: &JudgeFault) -> Refusal {
    Refusal::Fault(match fault {
        JudgeFault::NoAnswer | JudgeFault::NoPolicies => Reason::ENGINE_FAULT,
        JudgeFault::Remote(_) => Reason::PDP_FAULT,
    })
}

/// A denial is one in any case; an output can only change how it is told.
fn denial(rules: &Rules, verdict: &Verdict) -> Refusal {
    match rules.denial_outputs.read(&verdict.policy, &verdict.outputs) {
        Ok(Some(denial)) => Refusal::DenyAs(Reason::POLICY_DENIED, denial),
        Ok(None) => Refusal::Deny(Reason::POLICY_DENIED),
        Err(error) => {
            warn!(policy = &*verdict.policy, %error, "A policy's output about a denial is ignored");
            Refusal::Deny(Reason::POLICY_DENIED)
        }
    }
}

/// What the upstream is told about the caller. It is made for each request, whatever is remembered.
fn vouch(
    rules: &Rules,
    caller: &Authenticated,
    request: &HttpRequest<'_>,
    Stamp { now, decision_id, deadline: _ }: &Stamp,
) -> Result<UpstreamMutation, Refusal> {
    let Authenticated { principal, aux_data: AuxData { jwt: claims, .. }, .. } = caller;
    let mutation = rules.upstream_headers.known(Reason::POLICY_ALLOWED, principal, claims);
    let Some(asserter) = &rules.asserter else { return Ok(mutation) };
    let asserted = Asserted { principal, claims, request, now: *now, decision_id };
    asserter.sign(mutation, asserted).map_err(|error| {
        error!(%error, "A request that may pass does not, as nobody could vouch for it");
        Refusal::Fault(Reason::ASSERTION_FAULT)
    })
}

/// The upstream gets the request that was decided about, and no headers that say otherwise.
fn as_decided(
    mutation: UpstreamMutation,
    request: &HttpRequest<'_>,
    rules: &Rules,
) -> UpstreamMutation {
    let misleading = request.headers.misleading(&rules.kept_headers);
    let mutation = mutation.to(request.new_target.as_deref()).without_headers(misleading);
    match &rules.asserter {
        Some(asserter) => asserter.guard(mutation),
        None => mutation,
    }
}

// === impl Decision ===

impl Decision {
    /// A refusal that came before anything was found out.
    #[must_use]
    pub fn refused(refusal: Refusal) -> Self {
        Self { answer: Answer::Refuse(refusal), nonce: None, trace: Trace::default() }
    }
}
