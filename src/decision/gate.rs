//! A request's way through the house, on one screen.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::watch;

use super::{
    Authenticated, AuthenticationError, Authenticator, CacheKey, DecisionCache, Judge, Rules,
};
use crate::answer::{Answer, Challenge, Reason, Refusal};
use crate::engine::model::{Action, CheckInput, CheckOutput, Effect};
use crate::identity::bearer;
use crate::request::{HttpRequest, RawRequest};
use crate::route::{Found, RouteMatch};
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
        trace.route = Some(matched.template());
        let caller = self.authenticate(&request, now).await?;
        let output = self.judge(&rules, &request, &matched, &caller, now, trace).await?;
        match verdict(&output) {
            Effect::Allow => Ok(Answer::Allow(
                rules.upstream_headers.known(Reason::POLICY_ALLOWED, &caller.principal),
            )),
            Effect::Deny => Err(Refusal::Deny(Reason::POLICY_DENIED)),
        }
    }
}
