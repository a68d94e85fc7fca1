//! A request's way through the house, on one screen.

use std::{slice, sync::Arc};

use jiff::Timestamp;
use tokio::sync::watch;

use super::{
    Authenticated, AuthenticationError, Authenticator, ChainKey, DecisionCache, Judge, JudgeFault,
    Rules, Verdict,
};
use crate::answer::{Answer, Challenge, Reason, Refusal};
use crate::engine::model::{Action, CheckInput, Effect};
use crate::identity::{Demands, bearer};
use crate::request::{HttpRequest, RawRequest};
use crate::route::{Found, Target};
use crate::telemetry::CacheResult;

/// Decides requests. Everything that it holds is shared; a clone is another handle.
#[derive(Clone, Debug)]
pub struct Gate {
    rules: watch::Receiver<Arc<Rules>>,
    authenticator: Authenticator,
    cache: DecisionCache,
    judge: Judge,
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
        cache: DecisionCache,
        judge: Judge,
    ) -> Self {
        Self { rules, authenticator, cache, judge }
    }

    /// The way of one request.
    pub async fn decide(&self, raw: RawRequest, now: Timestamp) -> Decision {
        let mut trace = Trace::default();
        let answer = match self.walk(raw, now, &mut trace).await {
            Ok(answer) => answer,
            Err(refusal) => Answer::Refuse(refusal),
        };
        Decision { answer, trace }
    }

    async fn walk(
        &self,
        raw: RawRequest,
        now: Timestamp,
        trace: &mut Trace,
    ) -> Result<Answer, Refusal> {
        // One snapshot for the whole request: a reload in the middle of it is not seen.
        let rules = self.rules.borrow().clone();
        let request = HttpRequest::read(raw, &rules.request)?;
        let matched = match rules.routes.find(&request) {
            Found::Protected(matched) => matched,
            Found::Public(route) => {
                trace.route = Some(route.template());
                let mutation = rules.upstream_headers.anonymous(Reason::PUBLIC_ROUTE);
                return Ok(Answer::Allow(mutation));
            }
            Found::NoMethod(route) => {
                trace.route = Some(route.template());
                return Err(Refusal::Deny(Reason::NO_ACTION));
            }
            Found::NoRoute => return Err(Refusal::Deny(Reason::NO_ROUTE)),
        };
        let route = matched.template();
        trace.route = Some(Arc::clone(&route));
        let caller = self.authenticate(&request, now).await?;
        let target = matched.target(&caller.aux_data.jwt, now)?;
        trace.action = Some(target.action.clone());
        let judged = self.judge(&rules, &caller, (&target, &route), now).await;
        let (verdict, cache) = judged.map_err(|_fault| Refusal::Fault(Reason::ENGINE_FAULT))?;
        trace.cache = Some(cache);
        trace.policy = Some(verdict.policy.clone());
        trace.validation_errors = verdict.validation_errors.len();
        match verdict.effect {
            Effect::Allow => {
                let headers = &rules.upstream_headers;
                let Authenticated { principal, aux_data, .. } = &*caller;
                let mutation = headers.known(Reason::POLICY_ALLOWED, principal, &aux_data.jwt);
                Ok(Answer::Allow(mutation))
            }
            Effect::Deny => Err(Refusal::Deny(Reason::POLICY_DENIED)),
        }
    }

    async fn authenticate(
        &self,
        request: &HttpRequest,
        now: Timestamp,
    ) -> Result<Arc<Authenticated>, Refusal> {
        let token = bearer::find(request.headers.lines("authorization"))
            .map_err(|error| Refusal::from(error.refusal()))?
            .ok_or(Refusal::Challenge(Challenge::missing()))?;
        let demands = Demands::default();
        self.authenticator.authenticate(&token, &demands, now).await.map_err(|error| match error {
            AuthenticationError::Refused(error) => error.refusal().into(),
            AuthenticationError::KeysUnavailable(_) => Refusal::Fault(Reason::KEYS_UNAVAILABLE),
            AuthenticationError::RevocationsUnknown => Refusal::Fault(Reason::REVOCATIONS_UNKNOWN),
        })
    }

    /// The engine's word on one action, remembered or new, and what the cache did about it.
    async fn judge(
        &self,
        rules: &Rules,
        caller: &Authenticated,
        (target, route): (&Target, &str),
        now: Timestamp,
    ) -> Result<(Arc<Verdict>, CacheResult), JudgeFault> {
        let Target { resource, action } = target;
        let Authenticated { principal, aux_data, expires_at, checked: _ } = caller;
        let actions = slice::from_ref(action);
        let input = CheckInput { principal, resource, actions, aux_data, now };
        let chain = rules.policies.policy_chain(principal, resource, action);
        let chain = ChainKey::new(rules.generation, route, &chain);
        let reads = self.cache.reads(&chain, || rules.policies.reads(&input));
        let key = chain.with_values(&reads, &input);
        self.cache.get_or_judge(key, now, *expires_at, self.judge.check(rules, &input)).await
    }
}

// === impl Decision ===

impl Decision {
    /// A refusal that came before anything was found out.
    #[must_use]
    pub fn refused(refusal: Refusal) -> Self {
        Self { answer: Answer::Refuse(refusal), trace: Trace::default() }
    }
}
