//! A request's way through the house, on one screen.

use std::{slice, sync::Arc};

use jiff::Timestamp;
use tokio::sync::watch;
use tracing::warn;

use super::{
    Authenticated, AuthenticationError, Authenticator, JudgeFault, Question, RememberingJudge,
    Rules, Verdict,
};
use crate::answer::{Answer, Reason, Refusal, UpstreamMutation};
use crate::engine::model::{Action, CheckInput, Effect};
use crate::identity::{BearerError, BearerToken, Credentials, Demands, Scheme, TokenError};
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
    pub trace: Trace,
}

/// What is logged and counted of a decision. Nothing of it names a person.
#[derive(Debug, Default)]
pub struct Trace {
    /// The template of the matched route.
    pub route: Option<Arc<str>>,
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
    pub async fn decide(&self, raw: RawRequest, now: Timestamp) -> Decision {
        // One snapshot for the whole request: a reload in the middle of it is not seen.
        let rules = self.rules.borrow().clone();
        let mut trace = Trace::default();
        let answer = match self.walk(&rules, raw, now, &mut trace).await {
            Ok(answer) => answer,
            Err(refusal) => Answer::Refuse(refusal.naming(rules.resource_metadata.as_ref())),
        };
        Decision { answer, trace }
    }

    async fn walk(
        &self,
        rules: &Rules,
        raw: RawRequest,
        now: Timestamp,
        trace: &mut Trace,
    ) -> Result<Answer, Refusal> {
        let request = HttpRequest::read(raw, &rules.request)?;
        let matched = match rules.routes.find(&request) {
            Found::Protected(matched) => matched,
            Found::Public(route) => {
                trace.route = Some(route.template());
                let mutation = rules.upstream_headers.anonymous(Reason::PUBLIC_ROUTE);
                return Ok(Answer::Allow(as_decided(mutation, &request, rules)));
            }
            Found::NoMethod(route) => {
                trace.route = Some(route.template());
                return Err(Refusal::Deny(Reason::NO_ACTION));
            }
            Found::NoRoute => return Err(Refusal::Deny(Reason::NO_ROUTE)),
        };
        let route = matched.template();
        trace.route = Some(Arc::clone(&route));
        let (caller, token) = self.authenticate(&matched, &request, now).await?;
        let target = matched.target(&caller.aux_data.jwt, now)?;
        trace.action = Some(target.action.clone());
        let Authenticated { principal, aux_data, expires_at, checked: _ } = &*caller;
        let Target { resource, action } = &target;
        let actions = slice::from_ref(action);
        let input = CheckInput { principal, resource, actions, aux_data, now };
        let (token, expires_at) = (token.as_ref(), *expires_at);
        let question = Question { input, route: &route, token, expires_at };
        let (verdict, cache) =
            self.judge.check(rules, &question).await.map_err(|error| fault(&error))?;
        trace.cache = Some(cache);
        trace.policy = Some(verdict.policy.clone());
        trace.validation_errors = verdict.validation_errors.len();
        match verdict.effect {
            Effect::Allow => {
                let headers = &rules.upstream_headers;
                let mutation = headers.known(Reason::POLICY_ALLOWED, principal, &aux_data.jwt);
                let carrier = matched.token_source().carrier(&request);
                let carrier = carrier.map_err(|error| self.refused(error, matched.demands()))?;
                let mutation = mutation.without(carrier);
                Ok(Answer::Allow(as_decided(mutation, &request, rules)))
            }
            Effect::Deny => Err(denial(rules, &verdict)),
        }
    }

    /// Who asks, and the token that says so, unless Envoy says it.
    async fn authenticate(
        &self,
        matched: &RouteMatch<'_>,
        request: &HttpRequest,
        now: Timestamp,
    ) -> Result<(Arc<Authenticated>, Option<BearerToken>), Refusal> {
        let demands = matched.demands();
        let source = matched.token_source();
        let credentials = source.find(request);
        let credentials = credentials.map_err(|error| self.refused(error, demands))?;
        let mut sent = None;
        let authenticated = match credentials {
            None => return Err(Refusal::without_token(demands, &self.algs)),
            // Whatever page makes a browser send a cookie makes it use its certificate, too.
            Some(_) if demands.binding.is_some() && !source.is_sent_on_purpose() => {
                Err(TokenError::BindingDemanded.into())
            }
            Some(Credentials::Token(token)) => {
                let token = sent.insert(token);
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
        })?;
        Ok((authenticated, sent))
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

/// The upstream gets the request that was decided about, and no headers that say otherwise.
fn as_decided(
    mutation: UpstreamMutation,
    request: &HttpRequest,
    rules: &Rules,
) -> UpstreamMutation {
    let misleading = request.headers.misleading(&rules.kept_headers);
    mutation.to(request.new_target.as_deref()).without_headers(misleading)
}

// === impl Decision ===

impl Decision {
    /// A refusal that came before anything was found out.
    #[must_use]
    pub fn refused(refusal: Refusal) -> Self {
        Self { answer: Answer::Refuse(refusal), trace: Trace::default() }
    }
}
