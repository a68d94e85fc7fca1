//! JSON Schemas of attributes: files below `_schemas`, which policies name as `cerbos:///NAME`.

mod circle;
mod compile;
mod documents;
mod email;
mod equal;
mod format;
mod library;
mod message;
mod metaschema;
mod node;
mod number;
mod parts;
mod path;
mod reference;
mod url;
mod validate;

use std::sync::Arc;

pub(super) use library::Library;
use validate::Validator;

use super::pattern::Glob;
use crate::engine::cel::Budget;
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
    /// What is wrong with the attributes of a principal and of a resource, in this order. Where the
    /// budget does not suffice to say it, that is what is wrong, and the budget is exhausted.
    pub(in crate::engine) fn validate(
        &self,
        (principal, resource): (&Map, &Map),
        actions: &[Action],
        budget: &Budget,
    ) -> Vec<ValidationError> {
        let mut errors = Vec::new();
        for (source, schema) in self.applying(actions) {
            let attributes = match source {
                ValidationSource::Principal => principal,
                ValidationSource::Resource => resource,
            };
            errors.extend(schema.validate(attributes, source, budget));
        }
        errors
    }

    /// The same while only some attributes of the resource are known: none is missing then.
    pub(in crate::engine) fn validate_known(
        &self,
        attributes: (&Map, &Map),
        actions: &[Action],
        budget: &Budget,
    ) -> Vec<ValidationError> {
        let mut errors = self.validate(attributes, actions, budget);
        errors.retain(|error| {
            error.source == ValidationSource::Principal || !message::is_missing(&error.message)
        });
        errors
    }

    /// Whose attributes are looked at for these actions.
    pub(in crate::engine) fn validated(
        &self,
        actions: &[Action],
    ) -> impl Iterator<Item = ValidationSource> {
        self.applying(actions).map(|(source, _)| source)
    }

    fn applying(&self, actions: &[Action]) -> impl Iterator<Item = (ValidationSource, &Schema)> {
        [
            (ValidationSource::Principal, &self.principal),
            (ValidationSource::Resource, &self.resource),
        ]
        .into_iter()
        .filter_map(|(source, schema)| Some((source, schema.as_ref()?)))
        .filter(|(_, schema)| !actions.iter().all(|action| schema.ignores(action)))
    }
}

// === impl Schema ===

impl Schema {
    fn ignores(&self, action: &Action) -> bool {
        self.ignored_actions.iter().any(|glob| glob.matches(action.as_str()))
    }

    fn validate(
        &self,
        attributes: &Map,
        source: ValidationSource,
        budget: &Budget,
    ) -> Vec<ValidationError> {
        let found = match self.validator.validate(&attributes.to_json(), budget) {
            Ok(found) => found,
            Err(excess) => vec![("/".to_owned(), excess.to_string())],
        };
        found.into_iter().map(|(path, message)| ValidationError { path, message, source }).collect()
    }
}
