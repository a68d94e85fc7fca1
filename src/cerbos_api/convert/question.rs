//! What is asked: `CheckInput`'s principal, resources and actions as a `CheckResourcesRequest`.

use super::map_to_wire;
use crate::cerbos_api::proto::cerbos::{
    engine::v1 as engine,
    request::v1::{AuxData, CheckResourcesRequest, check_resources_request::ResourceEntry},
};
use crate::engine::model::{Action, Principal, Resource};

/// The question of one principal about some resources, each with its actions. Tokens go as they
/// came: the other side reads the claims itself.
#[must_use]
pub fn question_to_wire<'a>(
    principal: &Principal,
    resources: impl IntoIterator<Item = (&'a Resource, &'a [Action])>,
    tokens: Option<AuxData>,
) -> CheckResourcesRequest {
    CheckResourcesRequest {
        request_id: String::new(),
        include_meta: true,
        principal: Some(principal_to_wire(principal)),
        resources: resources.into_iter().map(entry).collect(),
        aux_data: tokens,
    }
}

fn entry((resource, actions): (&Resource, &[Action])) -> ResourceEntry {
    ResourceEntry {
        actions: actions.iter().map(ToString::to_string).collect(),
        resource: Some(resource_to_wire(resource)),
    }
}

fn principal_to_wire(principal: &Principal) -> engine::Principal {
    let Principal { id, roles, policy_version, scope, attr } = principal;
    engine::Principal {
        id: id.to_string(),
        policy_version: policy_version.to_string(),
        roles: roles.iter().map(ToString::to_string).collect(),
        attr: map_to_wire(attr),
        scope: scope.to_string(),
    }
}

fn resource_to_wire(resource: &Resource) -> engine::Resource {
    let Resource { kind, id, policy_version, scope, attr } = resource;
    engine::Resource {
        kind: kind.to_string(),
        policy_version: policy_version.to_string(),
        id: id.to_string(),
        attr: map_to_wire(attr),
        scope: scope.to_string(),
    }
}
