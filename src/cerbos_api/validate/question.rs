//! The rules of `CheckResources`, `PlanResources` and the two older questions.

use super::{Request, found::Found, violation::Rule};
use crate::cerbos_api::proto::cerbos::{
    audit::v1::RequestContext,
    engine::v1::{Principal, Resource, plan_resources_input},
    request::v1::{
        AuxData, CheckResourceBatchRequest, CheckResourceSetRequest, CheckResourcesRequest,
        PlanResourcesRequest, ResourceSet, ServerInfoRequest, aux_data::Jwt,
        check_resource_batch_request::BatchEntry, check_resources_request::ResourceEntry,
    },
};

const MOST_PLANNED_ACTIONS: usize = 20;

impl Request for CheckResourcesRequest {
    fn examine(&self, found: &mut Found) {
        let Self {
            request_id: _,
            include_meta: _,
            principal,
            resources,
            aux_data,
            request_context,
        } = self;
        found.required("principal", principal.as_ref(), examine_principal);
        if resources.is_empty() {
            found.missing("resources");
        }
        found.each("resources", resources, |ResourceEntry { actions, resource }, found| {
            found.names("actions", actions);
            found.required("resource", resource.as_ref(), examine_resource);
        });
        found.optional("aux_data", aux_data.as_ref(), examine_aux_data);
        found.optional("request_context", request_context.as_ref(), examine_context);
    }
}

impl Request for PlanResourcesRequest {
    fn examine(&self, found: &mut Found) {
        let Self { action, actions, principal, resource, aux_data, request_context, .. } = self;
        if action.is_empty() == actions.is_empty() {
            let rule = Rule::OfMessage("exclusiveFieldsActionOrActions");
            found.report(rule, "Exactly one of 'action' or 'actions' field must be set");
        }
        found.unique("actions", actions);
        if actions.len() > MOST_PLANNED_ACTIONS {
            let message = format!("must contain no more than {MOST_PLANNED_ACTIONS} item(s)");
            found.within("actions", |found| found.report(Rule::MaxItems, &message));
        }
        found.filled("actions", actions);
        found.required("principal", principal.as_ref(), examine_principal);
        found.required("resource", resource.as_ref(), |resource, found| {
            let plan_resources_input::Resource { kind, attr: _, policy_version, scope } = resource;
            found.text("kind", kind);
            found.version("policy_version", policy_version);
            found.scope("scope", scope);
        });
        found.optional("aux_data", aux_data.as_ref(), examine_aux_data);
        found.optional("request_context", request_context.as_ref(), examine_context);
    }
}

impl Request for ServerInfoRequest {
    fn examine(&self, _found: &mut Found) {}
}

impl Request for CheckResourceSetRequest {
    fn examine(&self, found: &mut Found) {
        let Self { request_id: _, actions, principal, resource, include_meta: _, aux_data } = self;
        found.names("actions", actions);
        found.required("principal", principal.as_ref(), examine_principal);
        found.required("resource", resource.as_ref(), |resource, found| {
            let ResourceSet { kind, policy_version, instances, scope } = resource;
            found.text("kind", kind);
            found.version("policy_version", policy_version);
            if instances.is_empty() {
                found.missing("instances");
            }
            found.scope("scope", scope);
        });
        found.optional("aux_data", aux_data.as_ref(), examine_aux_data);
    }
}

impl Request for CheckResourceBatchRequest {
    fn examine(&self, found: &mut Found) {
        let Self { request_id: _, principal, resources, aux_data } = self;
        found.required("principal", principal.as_ref(), examine_principal);
        if resources.is_empty() {
            found.missing("resources");
        }
        found.each("resources", resources, |BatchEntry { actions, resource }, found| {
            found.names("actions", actions);
            found.required("resource", resource.as_ref(), examine_resource);
        });
        found.optional("aux_data", aux_data.as_ref(), examine_aux_data);
    }
}

fn examine_principal(principal: &Principal, found: &mut Found) {
    let Principal { id, policy_version, roles, attr, scope } = principal;
    found.text("id", id);
    found.version("policy_version", policy_version);
    found.names("roles", roles);
    found.keys("attr", attr);
    found.scope("scope", scope);
}

fn examine_resource(resource: &Resource, found: &mut Found) {
    let Resource { kind, policy_version, id, attr, scope } = resource;
    found.text("kind", kind);
    found.version("policy_version", policy_version);
    found.text("id", id);
    found.keys("attr", attr);
    found.scope("scope", scope);
}

pub(super) fn examine_aux_data(aux_data: &AuxData, found: &mut Found) {
    let AuxData { jwt, jwts } = aux_data;
    if jwt.is_some() && !jwts.is_empty() {
        let rule = Rule::OfMessage("AuxData.only_one_jwt_field");
        found.report(rule, "Only one of the jwt or jwts fields must be set");
    }
    let examine_token = |Jwt { token, key_set_id: _ }: &Jwt, found: &mut Found| {
        found.text("token", token);
    };
    found.optional("jwt", jwt.as_ref(), examine_token);
    found.entries("jwts", jwts, examine_token);
}

fn examine_context(RequestContext { annotations }: &RequestContext, found: &mut Found) {
    found.keys("annotations", annotations);
}
