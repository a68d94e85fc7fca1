//! `AuthZEN`'s questions: may this subject do this to that, once or many times in one call.
//!
//! Evaluations of one subject are one check, as they are for a PDP. Each of them is answered for the
//! subject and the resource that it has: where two of them differ in properties only, a PDP gives both
//! the decision of the first.

mod groups;

use groups::{Group, Groups, Member, Place};
use prost::Message;
use prost_types::Value;

use super::{Call, Fault, Pdp, settings::MOST_BYTES};
use crate::cerbos_api::convert::{
    actions_from_wire, answer_to_wire, aux_data_from_context, message_as_value,
    principal_from_subject, principal_from_wire, request_id_from_context, resource_from_access,
    resource_from_wire, wants_meta,
};
use crate::cerbos_api::proto::{
    authzen::authorization::v1::{
        self as wire, AccessEvaluationBatchRequest, AccessEvaluationBatchResponse,
        AccessEvaluationRequest, AccessEvaluationResponse, MetadataResponse,
        access_evaluation_batch_request::Evaluation,
    },
    cerbos::response::v1::CheckResourcesResponse,
};
use crate::cerbos_api::validate::validate;
use crate::engine::model::{Action, CheckOutput, Effect, Resource};

/// What the members of a group are told.
struct Answered {
    /// By resource, then by action.
    decisions: Vec<Vec<bool>>,
    context: Option<Value>,
}

/// The resources and actions of all evaluations, in the engine's words.
struct Named {
    resources: Vec<Resource>,
    actions: Vec<Action>,
}

// === impl Pdp ===

impl Pdp {
    /// # Errors
    /// As of `check_resources`.
    pub async fn access_evaluation(
        &self,
        request: AccessEvaluationRequest,
        call: Call,
    ) -> Result<AccessEvaluationResponse, Fault> {
        validate(&request)?;
        let AccessEvaluationRequest { subject, resource, action, context } = request;
        let evaluation = Evaluation { subject, resource, action, ..Evaluation::default() };
        let batch = AccessEvaluationBatchRequest {
            evaluations: vec![evaluation],
            context,
            ..AccessEvaluationBatchRequest::default()
        };
        let answers = self.evaluate(&batch, call).await?;
        answers.into_iter().next().ok_or_else(Fault::internal)
    }

    /// # Errors
    /// As of `check_resources`.
    pub async fn access_evaluation_batch(
        &self,
        request: AccessEvaluationBatchRequest,
        call: Call,
    ) -> Result<AccessEvaluationBatchResponse, Fault> {
        validate(&request)?;
        self.settings.limits.check_evaluations(request.evaluations.len())?;
        let mut evaluations = self.evaluate(&request, call).await?;
        let semantic = request.options.map(|options| options.evaluations_semantic);
        let last = match semantic.as_deref() {
            Some("deny_on_first_deny") => Some(false),
            Some("permit_on_first_permit") => Some(true),
            _ => None,
        };
        let is_last = |answer: &AccessEvaluationResponse| last.is_some() && answer.decision == last;
        if let Some(index) = evaluations.iter().position(is_last) {
            evaluations.truncate(index + 1);
        }
        Ok(AccessEvaluationBatchResponse { evaluations })
    }

    /// Where the questions are answered; `origin` is what the asker calls us, such as
    /// `https://pdp.example`.
    #[must_use]
    pub fn access_metadata(&self, origin: &str) -> MetadataResponse {
        MetadataResponse {
            policy_decision_point: origin.to_owned(),
            access_evaluation_endpoint: format!("{origin}/access/v1/evaluation"),
            access_evaluations_endpoint: format!("{origin}/access/v1/evaluations"),
        }
    }

    /// All evaluations, whatever the first ones say.
    async fn evaluate(
        &self,
        request: &AccessEvaluationBatchRequest,
        call: Call,
    ) -> Result<Vec<AccessEvaluationResponse>, Fault> {
        let groups = Groups::of(request, |context| {
            aux_data_from_context(context).map_err(|_unusable| Fault::aux_data())
        })?;
        let mut claims = Vec::with_capacity(groups.aux_data.len());
        for aux_data in groups.aux_data {
            claims.push(self.key_sets.aux_data(Some(aux_data), call.now).await?);
        }
        let limits = self.settings.limits;
        for Group { members, .. } in &groups.groups {
            limits.check_resources(members.len())?;
            members.iter().try_for_each(|member| limits.check_actions(member.actions.len()))?;
        }
        let named = Named::of(&groups.resources, &groups.actions)?;
        let with_meta = wants_meta(&request.context);
        let rules = self.rules();
        let mut size = 0;
        let mut answered = Vec::with_capacity(groups.groups.len());
        for group in &groups.groups {
            let principal = principal_from_wire(principal_from_subject(group.subject))?;
            let aux_data = claims.get(group.aux_data).ok_or_else(Fault::internal)?;
            let asker = self.asker(&rules, &principal, aux_data, call)?;
            let questions = group.questions(&named)?;
            let asked = questions.iter().map(|(resource, actions)| (*resource, &**actions));
            let outputs = self.answers(asker, asked).await;
            let context = with_meta.then(|| group.context(&questions, &outputs)).transpose()?;
            size += context.as_ref().map_or(0, Message::encoded_len);
            within(size)?;
            answered.push(Answered { decisions: decisions(&outputs), context });
        }
        responses(&groups.places, &answered)
    }
}

// === impl Named ===

impl Named {
    fn of(resources: &[&wire::Resource], actions: &[&wire::Action]) -> Result<Self, Fault> {
        let resources =
            resources.iter().map(|resource| resource_from_wire(resource_from_access(resource)));
        let actions: Vec<_> = actions.iter().map(|action| action.name.clone()).collect();
        let actions = actions_from_wire(&actions)?;
        Ok(Self { resources: resources.collect::<Result<_, _>>()?, actions })
    }
}

// === impl Group ===

impl Group<'_> {
    fn questions<'n>(&self, named: &'n Named) -> Result<Vec<(&'n Resource, Vec<Action>)>, Fault> {
        let questions = self.members.iter().map(|Member { resource, actions }| {
            let actions = actions.iter().map(|action| named.actions.get(*action).cloned());
            Some((named.resources.get(*resource)?, actions.collect::<Option<_>>()?))
        });
        questions.collect::<Option<_>>().ok_or_else(Fault::internal)
    }

    /// The answer that a check of the whole group would have had.
    fn context(
        &self,
        questions: &[(&Resource, Vec<Action>)],
        outputs: &[CheckOutput],
    ) -> Result<Value, Fault> {
        let results = questions.iter().zip(outputs);
        let response = CheckResourcesResponse {
            request_id: request_id_from_context(self.context),
            results: results.map(|((one, _), output)| answer_to_wire(one, output)).collect(),
            cerbos_call_id: String::new(),
        };
        message_as_value(&response).ok_or_else(Fault::internal)
    }
}

fn decisions(outputs: &[CheckOutput]) -> Vec<Vec<bool>> {
    let of_one = |output: &CheckOutput| {
        output.actions.iter().map(|action| action.effect == Effect::Allow).collect()
    };
    outputs.iter().map(of_one).collect()
}

/// One for each evaluation, in their order.
fn responses(
    places: &[Place],
    answered: &[Answered],
) -> Result<Vec<AccessEvaluationResponse>, Fault> {
    let mut size = 0;
    let respond = |place: &Place| {
        let Answered { decisions, context } =
            answered.get(place.group).ok_or_else(Fault::internal)?;
        let decision = decisions.get(place.member).and_then(|of_one| of_one.get(place.action));
        let decision = Some(*decision.ok_or_else(Fault::internal)?);
        // What a whole group is told is told to each of its members: measured before it is copied.
        size += context.as_ref().map_or(0, Message::encoded_len);
        within(size)?;
        let context = context.iter().map(|value| ("cerbos.response".to_owned(), value.clone()));
        Ok(AccessEvaluationResponse { decision, context: context.collect() })
    };
    places.iter().map(respond).collect()
}

fn within(size: usize) -> Result<(), Fault> {
    if size > MOST_BYTES { Err(Fault::too_large(size)) } else { Ok(()) }
}
