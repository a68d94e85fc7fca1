//! `PlanResources`: what must be true of the resources of a kind for a principal to be allowed.

use super::{Call, Fault, Pdp};
use crate::cerbos_api::convert::{
    actions_from_wire, plan_answer_to_wire, planned_from_wire, principal_from_wire,
};
use crate::cerbos_api::proto::cerbos::{
    request::v1::PlanResourcesRequest, response::v1::PlanResourcesResponse,
};
use crate::cerbos_api::validate::validate;
use crate::engine::plan::PlanInput;

// === impl Pdp ===

impl Pdp {
    /// # Errors
    /// A request that breaks a rule or a limit, or a token that does not hold.
    pub async fn plan_resources(
        &self,
        request: PlanResourcesRequest,
        call: Call,
    ) -> Result<PlanResourcesResponse, Fault> {
        validate(&request)?;
        let PlanResourcesRequest {
            request_id,
            action,
            actions,
            principal,
            resource,
            aux_data,
            include_meta,
            request_context: _,
        } = request;
        self.settings.limits.check_actions(actions.len())?;
        let aux_data = self.key_sets.aux_data(aux_data, call.now).await?;
        let named = if action.is_empty() { actions.clone() } else { vec![action.clone()] };
        let asked = actions_from_wire(&named)?;
        let principal = principal_from_wire(principal.unwrap_or_default())?;
        let resource = planned_from_wire(resource.unwrap_or_default())?;
        let input = PlanInput {
            principal: &principal,
            resource: &resource,
            actions: &asked,
            aux_data: &aux_data,
            now: call.now,
        };
        let rules = self.rules.borrow().clone();
        let policies = rules.policies.as_ref().ok_or_else(Fault::internal)?;
        let output = policies.plan_with(&input, self.settings.strictness);
        let mut answer = plan_answer_to_wire(&resource, &output);
        // Whoever names one action in the old way is told of it in the old way.
        if let Some(meta) = &mut answer.meta
            && !action.is_empty()
        {
            meta.matched_scope = meta.matched_scopes.remove(&action).unwrap_or_default();
            meta.matched_scopes.clear();
        }
        Ok(PlanResourcesResponse {
            request_id,
            action,
            actions,
            meta: answer.meta.filter(|_| include_meta),
            cerbos_call_id: call.name(),
            ..answer
        })
    }
}
