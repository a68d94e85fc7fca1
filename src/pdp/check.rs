//! `CheckResources`: one principal, some resources, each with its actions.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::{task, time::Instant};

use super::{Call, Fault, Pdp};
use crate::cerbos_api::convert::{
    actions_from_wire, answer_to_wire, principal_from_wire, resource_from_wire,
};
use crate::cerbos_api::proto::cerbos::{
    engine::v1 as wire,
    request::v1::{CheckResourcesRequest, check_resources_request::ResourceEntry},
    response::v1::CheckResourcesResponse,
};
use crate::cerbos_api::validate::validate;
use crate::decision::Rules;
use crate::engine::model::{Action, AuxData, CheckInput, CheckOutput, Principal, Resource};
use crate::engine::{PolicySet, Strictness};

/// What all resources of a call are asked about with.
#[derive(Clone, Copy)]
pub(super) struct Asker<'c> {
    policies: &'c PolicySet,
    strictness: Strictness,
    pub(super) principal: &'c Principal,
    pub(super) aux_data: &'c AuxData,
    now: Timestamp,
}

/// One resource and what is to be done to it.
pub(super) struct Question {
    pub(super) resource: Resource,
    pub(super) actions: Vec<Action>,
}

// === impl Pdp ===

impl Pdp {
    /// # Errors
    /// A request that breaks a rule or a limit, or a token that does not hold.
    pub async fn check_resources(
        &self,
        request: CheckResourcesRequest,
        call: Call,
    ) -> Result<CheckResourcesResponse, Fault> {
        validate(&request)?;
        let CheckResourcesRequest { request_id, include_meta, principal, resources, .. } = request;
        let limits = self.settings.limits;
        limits.check_resources(resources.len())?;
        let aux_data = self.key_sets.aux_data(request.aux_data, call.now).await?;
        resources.iter().try_for_each(|entry| limits.check_actions(entry.actions.len()))?;
        let questions = resources
            .into_iter()
            .map(|ResourceEntry { actions, resource }| question(resource, &actions))
            .collect::<Result<Vec<_>, _>>()?;
        let principal = principal_from_wire(principal.unwrap_or_default())?;
        let rules = self.rules();
        let asker = self.asker(&rules, &principal, &aux_data, call)?;
        let asked = questions.iter().map(|question| (&question.resource, &*question.actions));
        let answers = self.answers(asker, asked).await;
        let results = questions.iter().zip(&answers).map(|(question, answer)| {
            let mut entry = answer_to_wire(&question.resource, answer);
            entry.meta = entry.meta.filter(|_| include_meta);
            entry
        });
        Ok(CheckResourcesResponse {
            request_id,
            results: results.collect(),
            cerbos_call_id: call.name(),
        })
    }

    /// One snapshot for the whole call: a reload in the middle of it is not seen.
    pub(super) fn rules(&self) -> Arc<Rules> {
        self.rules.borrow().clone()
    }

    /// # Errors
    /// The policies are at another PDP.
    pub(super) fn asker<'c>(
        &self,
        rules: &'c Rules,
        principal: &'c Principal,
        aux_data: &'c AuxData,
        call: Call,
    ) -> Result<Asker<'c>, Fault> {
        let policies = rules.policies.as_ref().ok_or_else(Fault::internal)?;
        let strictness = self.settings.strictness;
        Ok(Asker { policies, strictness, principal, aux_data, now: call.now })
    }

    /// One answer for each resource, in their order.
    pub(super) async fn answers<'q>(
        &self,
        asker: Asker<'_>,
        questions: impl ExactSizeIterator<Item = (&'q Resource, &'q [Action])>,
    ) -> Vec<CheckOutput> {
        let started = Instant::now();
        let mut answers = Vec::with_capacity(questions.len());
        for (resource, actions) in questions {
            answers.push(asker.ask(resource, actions));
            // Between two of a long batch others have their turn.
            task::yield_now().await;
        }
        self.metrics.checked(answers.len(), started.elapsed());
        answers
    }
}

pub(super) fn question(
    resource: Option<wire::Resource>,
    actions: &[String],
) -> Result<Question, Fault> {
    let resource = resource_from_wire(resource.unwrap_or_default())?;
    Ok(Question { resource, actions: actions_from_wire(actions)? })
}

// === impl Asker ===

impl Asker<'_> {
    fn ask(self, resource: &Resource, actions: &[Action]) -> CheckOutput {
        let Self { policies, strictness, principal, aux_data, now } = self;
        let input = CheckInput { principal, resource, actions, aux_data, now, now_attributes: &[] };
        policies.check_with(&input, strictness)
    }
}
