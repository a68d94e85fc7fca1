//! What a plan is asked about: [`PlannedResource`] ↔ the resource of a `PlanResourcesRequest`.

use super::{Unusable, map_from_wire, map_to_wire};
use crate::cerbos_api::proto::cerbos::engine::v1::plan_resources_input::Resource;
use crate::engine::{model::InvalidName, plan::PlannedResource};

/// What is known of the resources of a kind.
///
/// # Errors
/// A name that is none.
pub fn planned_from_wire(resource: Resource) -> Result<PlannedResource, Unusable> {
    let Resource { kind, attr, policy_version, scope } = resource;
    Ok(PlannedResource {
        kind: name(kind.parse(), "the kind")?,
        policy_version: name(policy_version.parse(), "the resource's policy version")?,
        scope: name(scope.parse(), "the resource's scope")?,
        attr: map_from_wire(attr),
    })
}

#[must_use]
pub fn planned_to_wire(resource: &PlannedResource) -> Resource {
    let PlannedResource { kind, policy_version, scope, attr } = resource;
    Resource {
        kind: kind.to_string(),
        attr: map_to_wire(attr),
        policy_version: policy_version.to_string(),
        scope: scope.to_string(),
    }
}

fn name<N>(parsed: Result<N, InvalidName>, field: &'static str) -> Result<N, Unusable> {
    parsed.map_err(|error| Unusable::Name { field, error })
}
