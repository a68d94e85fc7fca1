//! JSON Schemas of attributes: files below `_schemas`, which policies name as `cerbos:///NAME`.

mod library;
mod message;

use std::sync::Arc;

use jsonschema::Validator;

pub(super) use library::Library;

use super::pattern::Glob;
use crate::engine::model::{Action, Map, ValidationError, ValidationSource};

/// What the attributes of a question must look like.
#[derive(Debug, Default)]
pub(in crate::engine) struct Schemas {
    pub(super) principal: Option<Schema>,
    pub(super) resource: Option<Schema>,
}

#[derive(Debug)]
pub(super) struct Schema {
    pub(super) validator: Arc<Validator>,
    /// Without them, it always applies.
    pub(super) ignored_actions: Box<[Glob]>,
}

// === impl Schemas ===

impl Schemas {
    /// What is wrong with the attributes of a principal and of a resource, in this order.
    pub(in crate::engine) fn validate(
        &self,
        (principal, resource): (&Map, &Map),
        actions: &[Action],
    ) -> Vec<ValidationError> {
        let mut errors = Vec::new();
        for (schema, attributes, source) in [
            (&self.principal, principal, ValidationSource::Principal),
            (&self.resource, resource, ValidationSource::Resource),
        ] {
            let applies = |schema: &&Schema| !actions.iter().all(|action| schema.ignores(action));
            if let Some(schema) = schema.as_ref().filter(applies) {
                errors.extend(schema.validate(attributes, source));
            }
        }
        errors
    }
}

// === impl Schema ===

impl Schema {
    fn ignores(&self, action: &Action) -> bool {
        self.ignored_actions.iter().any(|glob| glob.matches(action.as_str()))
    }

    fn validate(&self, attributes: &Map, source: ValidationSource) -> Vec<ValidationError> {
        let json = attributes.to_json();
        let found = message::flatten(self.validator.iter_errors(&json));
        found.into_iter().map(|(path, message)| ValidationError { path, message, source }).collect()
    }
}
