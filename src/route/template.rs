//! A path template, such as `/orgs/{org}/invoices/{invoice}` or `/files/{*rest}`.
//!
//! A literal is a segment in the one spelling in which a request may have it, and `{name}` takes one
//! whole segment. Nothing is optional: a template with a trailing slash is another template.

use std::sync::Arc;

use super::Input;
use crate::request::{CanonicalPath, PathError, PathRules, caseless};

#[derive(Clone, Debug)]
pub(super) struct Template {
    text: Arc<str>,
    parts: Box<[Part]>,
}

/// What one segment of a path must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Literal(Literal),
    /// One segment that is not empty.
    Parameter(Box<str>),
    /// All segments that are left, of which the first is not empty. It is the last part.
    Rest(Box<str>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Literal {
    /// As it must be sent.
    pub(super) encoded: Box<str>,
    /// What a server that ignores case, or how reserved characters are encoded, could take it for.
    pub(super) caseless: Box<str>,
}

/// Where in a path a parameter finds its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Position {
    Segment(usize),
    From(usize),
}

/// Whether a path names one of many things, or all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// The last segment is a parameter, a trailing slash apart.
    Item,
    Collection,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    #[error("it must begin with a slash")]
    NoLeadingSlash,
    #[error("`{segment}` can never be a part of a request, as {error}")]
    Literal { segment: String, error: PathError },
    #[error(
        "`{segment}` has braces; a parameter is a whole segment, such as `{{name}}` or, at the end, `{{*rest}}`"
    )]
    Braces { segment: String },
    #[error("`{name}` is not a name of a parameter; use letters, digits and `_`")]
    Name { name: String },
    #[error("the parameter `{name}` is there twice")]
    RepeatedName { name: String },
    #[error("`{segment}` takes all that is left of a path, so it must be the last segment")]
    RestNotLast { segment: String },
}

// === impl Template ===

impl Template {
    pub(super) fn parse(text: &str) -> Result<Self, TemplateError> {
        let path = text.strip_prefix('/').ok_or(TemplateError::NoLeadingSlash)?;
        let mut parts: Vec<Part> = Vec::new();
        let mut segments = path.split('/').peekable();
        while let Some(segment) = segments.next() {
            let part = Part::parse(segment)?;
            if segments.peek().is_some() {
                part.check_inner(segment)?;
            }
            if let Some(name) = part.name()
                && parts.iter().any(|other| other.name() == Some(name))
            {
                return Err(TemplateError::RepeatedName { name: name.to_owned() });
            }
            parts.push(part);
        }
        Ok(Self { text: text.into(), parts: parts.into() })
    }

    pub(super) fn text(&self) -> &Arc<str> {
        &self.text
    }

    /// At least one.
    pub(super) fn parts(&self) -> &[Part] {
        &self.parts
    }

    pub(super) fn position(&self, name: &str) -> Option<Position> {
        let index = self.parts.iter().position(|part| part.name() == Some(name))?;
        Some(match self.parts.get(index)? {
            Part::Rest(_) => Position::From(index),
            Part::Literal(_) | Part::Parameter(_) => Position::Segment(index),
        })
    }

    /// The parameter that is at a position.
    pub(super) fn parameter(&self, position: Position) -> Option<Input> {
        let (Position::Segment(index) | Position::From(index)) = position;
        self.parts.get(index)?.name().map(|name| Input::PathParameter(name.into()))
    }

    pub(super) fn shape(&self) -> Shape {
        let mut parts = self.parts.iter().rev().skip_while(|part| part.is_empty());
        match parts.next() {
            Some(Part::Parameter(_) | Part::Rest(_)) => Shape::Item,
            Some(Part::Literal(_)) | None => Shape::Collection,
        }
    }
}

// === impl Part ===

impl Part {
    fn parse(segment: &str) -> Result<Self, TemplateError> {
        let inner = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        let Some(inner) = inner else {
            return Literal::parse(segment).map(Self::Literal);
        };
        let name = inner.strip_prefix('*').unwrap_or(inner);
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        if name.is_empty() || !name.bytes().all(fits) {
            return Err(TemplateError::Name { name: name.to_owned() });
        }
        Ok(if inner.starts_with('*') {
            Self::Rest(name.into())
        } else {
            Self::Parameter(name.into())
        })
    }

    /// What only the last part may be.
    fn check_inner(&self, segment: &str) -> Result<(), TemplateError> {
        let segment = segment.to_owned();
        match self {
            Self::Rest(_) => Err(TemplateError::RestNotLast { segment }),
            Self::Literal(literal) if literal.encoded.is_empty() => {
                Err(TemplateError::Literal { segment, error: PathError::DoubleSlash })
            }
            Self::Literal(_) | Self::Parameter(_) => Ok(()),
        }
    }

    fn name(&self) -> Option<&str> {
        match self {
            Self::Literal(_) => None,
            Self::Parameter(name) | Self::Rest(name) => Some(name),
        }
    }

    /// What a trailing slash ends in.
    pub(super) fn is_empty(&self) -> bool {
        matches!(self, Self::Literal(literal) if literal.encoded.is_empty())
    }
}

// === impl Literal ===

impl Literal {
    fn parse(segment: &str) -> Result<Self, TemplateError> {
        if segment.contains(['{', '}']) {
            return Err(TemplateError::Braces { segment: segment.to_owned() });
        }
        let error = |error| TemplateError::Literal { segment: segment.to_owned(), error };
        let path =
            CanonicalPath::parse(&format!("/{segment}"), &PathRules::default()).map_err(error)?;
        let decoded = path.segment(0).unwrap_or_default();
        Ok(Self { encoded: segment.into(), caseless: caseless(decoded).into() })
    }
}
