//! The two questions that `CheckResources` has replaced: old clients still ask them.

use std::collections::BTreeMap;

use super::{
    Call, Fault, Pdp,
    check::{Question, question},
};
use crate::cerbos_api::convert::{answer_to_wire, principal_from_wire};
use crate::cerbos_api::proto::cerbos::{
    engine::v1::{Principal as WirePrincipal, Resource as WireResource},
    request::v1::{
        AttributesMap, CheckResourceBatchRequest, CheckResourceSetRequest, ResourceSet,
        check_resource_batch_request::BatchEntry,
    },
    response::v1::{
        CheckResourceBatchResponse, CheckResourceSetResponse, check_resource_batch_response,
        check_resource_set_response::{
            ActionEffectMap, Meta,
            meta::{ActionMeta, EffectMeta},
        },
        check_resources_response::{ResultEntry, result_entry},
    },
};
use crate::cerbos_api::validate::validate;
use crate::engine::model::AuxData;

// === impl Pdp ===

impl Pdp {
    /// # Errors
    /// As of `check_resources`.
    pub async fn check_resource_set(
        &self,
        request: CheckResourceSetRequest,
        call: Call,
    ) -> Result<CheckResourceSetResponse, Fault> {
        validate(&request)?;
        let CheckResourceSetRequest { request_id, actions, principal, resource, .. } = request;
        let ResourceSet { kind, policy_version, instances, scope } = resource.unwrap_or_default();
        let limits = self.settings.limits;
        limits.check_resources(instances.len())?;
        limits.check_actions(actions.len())?;
        let aux_data = self.key_sets.aux_data(request.aux_data, call.now).await?;
        let questions = instances
            .into_iter()
            .map(|(id, AttributesMap { attr })| {
                let (kind, policy_version) = (kind.clone(), policy_version.clone());
                let scope = scope.clone();
                let resource = WireResource { kind, policy_version, id, attr, scope };
                question(Some(resource), &actions)
            })
            .collect::<Result<Vec<_>, _>>()?;
        let entries = self.entries(principal, aux_data, questions, call).await?;
        let mut response = CheckResourceSetResponse { request_id, ..Default::default() };
        let mut metas = BTreeMap::new();
        for (id, entry) in entries {
            let ResultEntry { actions, validation_errors, meta, .. } = entry;
            metas.insert(id.clone(), action_meta(meta.unwrap_or_default()));
            let effects = ActionEffectMap { actions, validation_errors };
            response.resource_instances.insert(id, effects);
        }
        response.meta = request.include_meta.then_some(Meta { resource_instances: metas });
        Ok(response)
    }

    /// # Errors
    /// As of `check_resources`.
    pub async fn check_resource_batch(
        &self,
        request: CheckResourceBatchRequest,
        call: Call,
    ) -> Result<CheckResourceBatchResponse, Fault> {
        validate(&request)?;
        let CheckResourceBatchRequest { request_id, principal, resources, aux_data } = request;
        let limits = self.settings.limits;
        limits.check_resources(resources.len())?;
        let aux_data = self.key_sets.aux_data(aux_data, call.now).await?;
        resources.iter().try_for_each(|entry| limits.check_actions(entry.actions.len()))?;
        let questions = resources
            .into_iter()
            .map(|BatchEntry { actions, resource }| question(resource, &actions))
            .collect::<Result<Vec<_>, _>>()?;
        let entries = self.entries(principal, aux_data, questions, call).await?;
        let results = entries.into_iter().map(|(resource_id, entry)| {
            let ResultEntry { actions, validation_errors, .. } = entry;
            check_resource_batch_response::ActionEffectMap {
                resource_id,
                actions,
                validation_errors,
            }
        });
        Ok(CheckResourceBatchResponse { request_id, results: results.collect() })
    }

    /// Answers, each with the id of its resource.
    async fn entries(
        &self,
        principal: Option<WirePrincipal>,
        aux_data: AuxData,
        questions: Vec<Question>,
        call: Call,
    ) -> Result<Vec<(String, ResultEntry)>, Fault> {
        let principal = principal_from_wire(principal.unwrap_or_default())?;
        let rules = self.rules();
        let asker = self.asker(&rules, &principal, &aux_data, call)?;
        let asked = questions.iter().map(|question| (&question.resource, &*question.actions));
        let answers = self.answers(asker, asked).await;
        let entries = questions.iter().zip(&answers).map(|(question, answer)| {
            (question.resource.id.to_string(), answer_to_wire(&question.resource, answer))
        });
        Ok(entries.collect())
    }
}

/// The same under the names of the older response.
fn action_meta(meta: result_entry::Meta) -> ActionMeta {
    let result_entry::Meta { actions, effective_derived_roles } = meta;
    let actions = actions.into_iter().map(|(action, meta)| {
        let result_entry::meta::EffectMeta { matched_policy, matched_scope } = meta;
        (action, EffectMeta { matched_policy, matched_scope })
    });
    ActionMeta { actions: actions.collect(), effective_derived_roles }
}
