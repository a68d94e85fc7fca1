//! Whether attributes are what the schemas of a policy say.

use super::question::Question;
use crate::engine::model::{SchemaEnforcement, ValidationError};

/// What is wrong with the attributes of a question.
///
/// The schemas are those of the root policy above the policy of the nearest scope. If that scope has
/// no policy for the kind, nothing is validated, as in Cerbos.
pub(super) fn validate(question: &Question<'_>) -> Vec<ValidationError> {
    let set = question.set;
    if set.options.schema_enforcement == SchemaEnforcement::None {
        return Vec::new();
    }
    let nearest = question.resource_policies.scopes.first();
    let nearest = nearest.and_then(|scope| question.place(question.kind.id, *scope));
    if nearest.and_then(|place| set.resource_policy(place)).is_none() {
        return Vec::new();
    }
    let root = set.names.find("").id.and_then(|scope| question.place(question.kind.id, scope));
    let Some(root) = root.and_then(|place| set.resource_policy(place)) else { return Vec::new() };
    let input = question.input;
    let attributes = (&input.principal.attr, &input.resource.attr);
    root.schemas.validate(attributes, input.actions)
}
