//! Whether attributes are what the schemas of a policy say.

use super::question::Question;
use crate::engine::cel::Budget;
use crate::engine::model::{SchemaEnforcement, ValidationError};
use crate::engine::policy::Schemas;

/// What is wrong with the attributes of a question.
///
/// The schemas are those of the root policy above the policy of the nearest scope. If that scope has
/// no policy for the kind, nothing is validated, as in Cerbos.
pub(in crate::engine) fn validate(
    question: &Question<'_>,
    budget: &Budget,
) -> Vec<ValidationError> {
    let Some(schemas) = schemas(question) else { return Vec::new() };
    let input = question.input;
    schemas.validate((&input.principal.attr, &input.resource.attr), input.actions, budget)
}

/// The schemas that the attributes of a question must follow.
pub(in crate::engine) fn schemas<'a>(question: &Question<'a>) -> Option<&'a Schemas> {
    let set = question.set;
    if set.options.schema_enforcement == SchemaEnforcement::None {
        return None;
    }
    let nearest = question.resource_policies.scopes.first();
    let nearest = nearest.and_then(|scope| question.place(question.kind.id, *scope));
    nearest.and_then(|place| set.resource_policy(place))?;
    let root = question.place(question.kind.id, set.names.find("").id?)?;
    Some(&set.resource_policy(root)?.schemas)
}
