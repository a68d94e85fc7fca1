//! What came back: taken only if it is about the question that was asked, whole and in no other way.

use crate::cerbos_api::convert::{Unusable, answer_from_wire};
use crate::cerbos_api::proto::cerbos::response::v1::{
    CheckResourcesResponse, check_resources_response::result_entry,
};
use crate::engine::model::{CheckInput, CheckOutput, Resource};

/// An answer that is none to our question.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnusableAnswer {
    #[error("it is to another request")]
    OtherRequest,
    #[error("it is about {0} resources, and one was asked about")]
    Resources(usize),
    #[error("it is about another resource")]
    OtherResource,
    #[error("it is about actions that were not asked about")]
    OtherActions,
    #[error(transparent)]
    Meaningless(#[from] Unusable),
}

pub(super) fn read(
    response: CheckResourcesResponse,
    request_id: &str,
    input: &CheckInput<'_>,
) -> Result<CheckOutput, UnusableAnswer> {
    let CheckResourcesResponse { request_id: answered, results, cerbos_call_id: _ } = response;
    if answered != request_id {
        return Err(UnusableAnswer::OtherRequest);
    }
    let [entry] =
        <[_; 1]>::try_from(results).map_err(|results| UnusableAnswer::Resources(results.len()))?;
    if !entry.resource.as_ref().is_some_and(|resource| is(resource, input.resource)) {
        return Err(UnusableAnswer::OtherResource);
    }
    if entry.actions.keys().any(|name| !input.actions.iter().any(|asked| asked.as_str() == name)) {
        return Err(UnusableAnswer::OtherActions);
    }
    Ok(answer_from_wire(entry, input.actions)?)
}

/// A PDP names a resource as it was named to it.
fn is(answered: &result_entry::Resource, asked: &Resource) -> bool {
    let result_entry::Resource { id, kind, policy_version, scope } = answered;
    *id == *asked.id
        && kind == asked.kind.as_str()
        && policy_version == asked.policy_version.as_str()
        && scope == asked.scope.as_str()
}
