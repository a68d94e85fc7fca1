//! What is asked: `CheckInput`'s principal, resources and actions ↔ those of a `CheckResourcesRequest`.

use super::{Unusable, map_from_wire, map_to_wire};
use crate::cerbos_api::proto::cerbos::{
    engine::v1 as engine,
    request::v1::{AuxData, CheckResourcesRequest, check_resources_request::ResourceEntry},
};
use crate::engine::model::{Action, InvalidName, Principal, Resource};

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
        request_context: None,
    }
}

/// Who asks. Of roles that are named twice the first stays.
///
/// # Errors
/// A name that is none.
pub fn principal_from_wire(principal: engine::Principal) -> Result<Principal, Unusable> {
    let engine::Principal { id, policy_version, roles, attr, scope } = principal;
    let mut named = Vec::with_capacity(roles.len());
    for role in roles {
        let role = name(role.parse(), "a role")?;
        if !named.contains(&role) {
            named.push(role);
        }
    }
    Ok(Principal {
        id: id.into(),
        roles: named,
        policy_version: name(policy_version.parse(), "the principal's policy version")?,
        scope: name(scope.parse(), "the principal's scope")?,
        attr: map_from_wire(attr),
    })
}

/// What it is about.
///
/// # Errors
/// A name that is none.
pub fn resource_from_wire(resource: engine::Resource) -> Result<Resource, Unusable> {
    let engine::Resource { kind, policy_version, id, attr, scope } = resource;
    Ok(Resource {
        kind: name(kind.parse(), "the kind")?,
        id: id.into(),
        policy_version: name(policy_version.parse(), "the resource's policy version")?,
        scope: name(scope.parse(), "the resource's scope")?,
        attr: map_from_wire(attr),
    })
}

/// # Errors
/// A name that is none.
pub fn actions_from_wire(actions: &[String]) -> Result<Vec<Action>, Unusable> {
    actions.iter().map(|action| name(action.parse(), "an action")).collect()
}

fn name<N>(parsed: Result<N, InvalidName>, field: &'static str) -> Result<N, Unusable> {
    parsed.map_err(|error| Unusable::Name { field, error })
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
