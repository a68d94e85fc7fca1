//! A schema, compiled: what it asks of a value, keyword by keyword.

use serde_json::Value;

use super::format::Format;
use super::number::Decimal;
use crate::engine::cel::Pattern;

/// Where a schema is among the nodes of its [`Validator`](super::validate::Validator).
pub(super) type Id = usize;

#[derive(Debug, Default)]
pub(super) struct Node {
    /// The schemas `true` and `false`, which ask nothing else.
    pub(super) always: Option<bool>,
    pub(super) types: Box<[Type]>,
    pub(super) constant: Option<Value>,
    pub(super) options: Option<Box<[Value]>>,
    pub(super) format: Option<(Box<str>, Format)>,
    pub(super) object: Option<Box<ObjectRules>>,
    pub(super) list: Option<Box<ListRules>>,
    pub(super) text: Option<Box<TextRules>>,
    pub(super) number: Option<Box<NumberRules>>,
    pub(super) references: Vec<Reference>,
    pub(super) not: Option<Id>,
    pub(super) all_of: Box<[Id]>,
    pub(super) any_of: Box<[Id]>,
    pub(super) one_of: Box<[Id]>,
    pub(super) condition: Option<Condition>,
    pub(super) unevaluated_properties: Option<Id>,
    pub(super) unevaluated_items: Option<Id>,
    pub(super) is_recursive_anchor: bool,
    pub(super) dynamic_anchor: Option<Box<str>>,
    /// Of the root of a resource: the schemas in it that have a `$dynamicAnchor`.
    pub(super) dynamic_anchors: Vec<Id>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    Null,
    Boolean,
    Number,
    Integer,
    String,
    Array,
    Object,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Reference {
    To(Id),
    /// `$recursiveRef`: to the outermost schema with a `$recursiveAnchor`, if this one has one.
    Recursive(Id),
    /// `$dynamicRef` with the name of an anchor: to the outermost one of this name, if this is one.
    Dynamic(Id),
}

#[derive(Debug)]
pub(super) struct Condition {
    pub(super) test: Id,
    pub(super) then: Option<Id>,
    pub(super) otherwise: Option<Id>,
}

#[derive(Debug, Default)]
pub(super) struct ObjectRules {
    pub(super) least: Option<usize>,
    pub(super) most: Option<usize>,
    pub(super) required: Box<[Box<str>]>,
    /// Sorted by name.
    pub(super) properties: Box<[(Box<str>, Id)]>,
    pub(super) names: Option<Id>,
    pub(super) patterns: Box<[(Pattern, Id)]>,
    pub(super) additional: Option<Additional>,
    pub(super) dependencies: Box<[(Box<str>, Dependency)]>,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Additional {
    Allowed,
    Forbidden,
    Schema(Id),
}

#[derive(Debug)]
pub(super) enum Dependency {
    Names(Box<[Box<str>]>),
    Schema(Id),
}

#[derive(Debug, Default)]
pub(super) struct ListRules {
    pub(super) least: Option<usize>,
    pub(super) most: Option<usize>,
    pub(super) is_unique: bool,
    pub(super) items: Items,
    pub(super) contains: Option<Contains>,
}

#[derive(Debug, Default)]
pub(super) enum Items {
    #[default]
    Any,
    /// `items` with one schema, before 2020-12.
    Each(Id),
    /// A schema for each of the first items, and one for those that follow.
    First(Box<[Id]>, Option<Additional>),
}

#[derive(Debug)]
pub(super) struct Contains {
    pub(super) schema: Id,
    pub(super) least: Option<usize>,
    pub(super) most: Option<usize>,
    /// Whether what it finds counts as evaluated: since 2020-12.
    pub(super) evaluates: bool,
}

#[derive(Debug, Default)]
pub(super) struct TextRules {
    pub(super) least: Option<usize>,
    pub(super) most: Option<usize>,
    pub(super) pattern: Option<(Box<str>, Pattern)>,
    pub(super) encoding: Option<Encoding>,
    pub(super) media_type: Option<MediaType>,
}

/// A `contentEncoding` that is looked at.
#[derive(Clone, Copy, Debug)]
pub(super) enum Encoding {
    Base64,
}

/// A `contentMediaType` that is looked at.
#[derive(Clone, Copy, Debug)]
pub(super) enum MediaType {
    Json,
}

#[derive(Debug, Default)]
pub(super) struct NumberRules {
    pub(super) least: Option<f64>,
    pub(super) above: Option<f64>,
    pub(super) most: Option<f64>,
    pub(super) below: Option<f64>,
    pub(super) multiple_of: Option<(f64, Decimal)>,
}

// === impl Node ===

impl Node {
    /// The schemas that look at the same value as this one.
    pub(super) fn in_place(&self) -> Vec<Id> {
        let mut found: Vec<Id> = self.not.into_iter().collect();
        found.extend(self.references.iter().map(|reference| match reference {
            Reference::To(id) | Reference::Recursive(id) | Reference::Dynamic(id) => *id,
        }));
        found.extend([&self.all_of, &self.any_of, &self.one_of].into_iter().flatten());
        if let Some(Condition { test, then, otherwise }) = &self.condition {
            found.push(*test);
            found.extend([then, otherwise].into_iter().flatten());
        }
        let dependencies = self.object.iter().flat_map(|object| &object.dependencies);
        found.extend(dependencies.filter_map(|(_, dependency)| match dependency {
            Dependency::Schema(id) => Some(*id),
            Dependency::Names(_) => None,
        }));
        found
    }
}

// === impl Type ===

impl Type {
    pub(super) fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "null" => Self::Null,
            "boolean" => Self::Boolean,
            "number" => Self::Number,
            "integer" => Self::Integer,
            "string" => Self::String,
            "array" => Self::Array,
            "object" => Self::Object,
            _ => return None,
        })
    }

    /// Never an integer: that a number is whole is another question.
    pub(super) fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(_) => Self::Boolean,
            Value::Number(_) => Self::Number,
            Value::String(_) => Self::String,
            Value::Array(_) => Self::Array,
            Value::Object(_) => Self::Object,
        }
    }

    pub(super) fn fits(self, value: &Value) -> bool {
        match self {
            Self::Integer => value.as_f64().is_some_and(|number| number.fract() == 0.0),
            other => other == Self::of(value),
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean => "boolean",
            Self::Number => "number",
            Self::Integer => "integer",
            Self::String => "string",
            Self::Array => "array",
            Self::Object => "object",
        }
    }
}
