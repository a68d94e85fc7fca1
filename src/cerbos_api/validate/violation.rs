//! Broken rules: as the text that a client reads, and as the details that a program can.

use std::fmt;

use prost_types::field_descriptor_proto::Type;

use crate::cerbos_api::json::quote;
use crate::cerbos_api::proto::buf::validate as wire;
use crate::cerbos_api::schema::{Field, Schema};

/// Every rule that a request breaks, in the order of its fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violations {
    /// The type of the request.
    pub(super) message: String,
    // Invariant: not empty.
    pub(super) list: Vec<Violation>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    pub(super) path: Vec<Step>,
    pub(super) rule: Rule,
    pub(super) message: Box<str>,
    /// Within a map: whether it is about the key.
    pub(super) for_key: Option<bool>,
}

/// A field on the way to a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) field: &'static str,
    pub(super) subscript: Subscript,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Subscript {
    None,
    Index(usize),
    Key(Box<str>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    Required,
    Unique,
    MinItems,
    MaxItems,
    ItemMinLen,
    KeyMinLen,
    Pattern,
    In,
    /// A rule of a whole message, by its id.
    OfMessage(&'static str),
}

/// Where a rule stands among those of `protovalidate`.
type RulePath = &'static [(i32, &'static str, Type)];

const REPEATED: (i32, &str, Type) = (18, "repeated", Type::Message);
const STRING: (i32, &str, Type) = (14, "string", Type::Message);
const MIN_LEN: (i32, &str, Type) = (2, "min_len", Type::Uint64);

// === impl Violations ===

impl Violations {
    /// What stands in the details of an error.
    #[must_use]
    pub fn to_wire(&self) -> wire::Violations {
        let violations = self.list.iter().map(|violation| violation.to_wire(&self.message));
        wire::Violations { violations: violations.collect() }
    }
}

impl fmt::Display for Violations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let [violation] = &self.list[..] {
            return write!(f, "validation error: {violation}");
        }
        write!(f, "validation errors:")?;
        self.list.iter().try_for_each(|violation| write!(f, "\n - {violation}"))
    }
}

impl std::error::Error for Violations {}

// === impl Violation ===

impl Violation {
    fn to_wire(&self, message: &str) -> wire::Violation {
        let schema = Schema::get();
        let mut within = schema.message(message);
        let elements: Vec<wire::FieldPathElement> = self
            .path
            .iter()
            .filter_map(|step| {
                let field = within?.field_named(step.field)?;
                let entry = schema.entry(field);
                within = schema.message_of(entry.map_or(field, |entry| entry.value));
                Some(element(step, field, schema))
            })
            .collect();
        let rule =
            self.rule.path().iter().map(|(number, name, field_type)| wire::FieldPathElement {
                field_number: Some(*number),
                field_name: Some((*name).to_owned()),
                field_type: Some((*field_type).into()),
                ..wire::FieldPathElement::default()
            });
        let rule: Vec<_> = rule.collect();
        let path =
            |elements: Vec<_>| (!elements.is_empty()).then_some(wire::FieldPath { elements });
        wire::Violation {
            field: path(elements),
            rule: path(rule),
            rule_id: Some(self.rule.id().to_owned()),
            message: Some(self.message.to_string()),
            for_key: self.for_key,
        }
    }
}

fn element(step: &Step, field: &Field, schema: &Schema) -> wire::FieldPathElement {
    use wire::field_path_element::Subscript as WireSubscript;
    let key = schema.entry(field).filter(|_| step.subscript != Subscript::None);
    wire::FieldPathElement {
        field_number: i32::try_from(field.number).ok(),
        field_name: Some(field.name.to_string()),
        field_type: Some(field.field_type.into()),
        key_type: key.map(|entry| entry.key.field_type.into()),
        value_type: key.map(|entry| entry.value.field_type.into()),
        subscript: match &step.subscript {
            Subscript::None => None,
            Subscript::Index(index) => {
                Some(WireSubscript::Index(u64::try_from(*index).unwrap_or(u64::MAX)))
            }
            Subscript::Key(key) => Some(WireSubscript::StringKey(key.to_string())),
        },
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, Step { field, subscript }) in self.path.iter().enumerate() {
            let dot = if index == 0 { "" } else { "." };
            write!(f, "{dot}{field}")?;
            match subscript {
                Subscript::None => {}
                Subscript::Index(index) => write!(f, "[{index}]")?,
                Subscript::Key(key) => write!(f, "[{}]", quote(key))?,
            }
        }
        let separator = if self.path.is_empty() { "" } else { ": " };
        write!(f, "{separator}{}", self.message)
    }
}

// === impl Rule ===

impl Rule {
    fn id(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::Unique => "repeated.unique",
            Self::MinItems => "repeated.min_items",
            Self::MaxItems => "repeated.max_items",
            Self::ItemMinLen | Self::KeyMinLen => "string.min_len",
            Self::Pattern => "string.pattern",
            Self::In => "string.in",
            Self::OfMessage(id) => id,
        }
    }

    fn path(self) -> RulePath {
        match self {
            Self::Required => &[(25, "required", Type::Bool)],
            Self::Unique => &[REPEATED, (3, "unique", Type::Bool)],
            Self::MinItems => &[REPEATED, (1, "min_items", Type::Uint64)],
            Self::MaxItems => &[REPEATED, (2, "max_items", Type::Uint64)],
            Self::ItemMinLen => &[REPEATED, (4, "items", Type::Message), STRING, MIN_LEN],
            Self::KeyMinLen => {
                &[(19, "map", Type::Message), (4, "keys", Type::Message), STRING, MIN_LEN]
            }
            Self::Pattern => &[STRING, (6, "pattern", Type::String)],
            Self::In => &[STRING, (10, "in", Type::String)],
            Self::OfMessage(_) => &[],
        }
    }
}
