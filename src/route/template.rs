//! Path templates: `/orgs/{org}/invoices/{invoice}`, `/files/{*rest}`.

use std::{str::FromStr, sync::Arc};

use crate::request::{CanonicalPath, PathRules, caseless};

/// A template, segment by segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    text: Arc<str>,
    segments: Box<[TemplateSegment]>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TemplateSegment {
    /// Compared as sent.
    Literal(Box<str>),
    /// Takes one segment that is not empty.
    Parameter(Box<str>),
    /// Takes all that follow, at least one. Only at the end.
    Rest(Box<str>),
}

/// A text that is not a template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    #[error("a template begins with `/`")]
    NoLeadingSlash,
    #[error("`{0}` is neither a literal nor one parameter in braces, such as `{{org}}`")]
    MixedSegment(String),
    #[error("`{0}` is not the name of a parameter: use letters, digits and `_`")]
    BadName(String),
    #[error("the parameter `{0}` is there twice")]
    RepeatedName(String),
    #[error("`{{*{0}}}` must be the last segment")]
    RestNotLast(String),
    #[error("`{0}` could never match: {1}")]
    NotCanonical(String, &'static str),
}

/// Which of two templates says more about the paths that both match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Comparison {
    pub(super) left_is_narrower: bool,
    pub(super) right_is_narrower: bool,
}

// === impl Template ===

impl Template {
    #[must_use]
    pub fn text(&self) -> Arc<str> {
        self.text.clone()
    }

    pub(super) fn segments(&self) -> &[TemplateSegment] {
        &self.segments
    }

    /// Where in a path the parameter `name` stands.
    pub(super) fn position(&self, name: &str) -> Option<usize> {
        self.segments.iter().position(|segment| match segment {
            TemplateSegment::Literal(_) => false,
            TemplateSegment::Parameter(other) | TemplateSegment::Rest(other) => **other == *name,
        })
    }

    /// An item ends in a parameter; anything else is a collection.
    pub(super) fn is_item(&self) -> bool {
        matches!(
            self.segments.last(),
            Some(TemplateSegment::Parameter(_) | TemplateSegment::Rest(_))
        )
    }

    /// How the two relate, if some path matches both. Literals that differ in case only count as
    /// one: a server that ignores case would serve either.
    pub(super) fn compare(&self, other: &Self) -> Option<Comparison> {
        let mut comparison = Comparison { left_is_narrower: false, right_is_narrower: false };
        let (mut left, mut right) = (self.segments.iter(), other.segments.iter());
        loop {
            match (left.next(), right.next()) {
                (None, None) => return Some(comparison),
                (Some(TemplateSegment::Rest(_)), Some(TemplateSegment::Rest(_))) => {
                    return Some(comparison);
                }
                (Some(TemplateSegment::Rest(_)), Some(_)) => {
                    comparison.right_is_narrower = true;
                    return Some(comparison);
                }
                (Some(_), Some(TemplateSegment::Rest(_))) => {
                    comparison.left_is_narrower = true;
                    return Some(comparison);
                }
                (Some(_), None) | (None, Some(_)) => return None,
                (Some(TemplateSegment::Literal(left)), Some(TemplateSegment::Literal(right))) => {
                    if caseless(left) != caseless(right) {
                        return None;
                    }
                }
                (Some(TemplateSegment::Literal(text)), Some(TemplateSegment::Parameter(_))) => {
                    if text.is_empty() {
                        return None;
                    }
                    comparison.left_is_narrower = true;
                }
                (Some(TemplateSegment::Parameter(_)), Some(TemplateSegment::Literal(text))) => {
                    if text.is_empty() {
                        return None;
                    }
                    comparison.right_is_narrower = true;
                }
                (Some(TemplateSegment::Parameter(_)), Some(TemplateSegment::Parameter(_))) => {}
            }
        }
    }
}

impl FromStr for Template {
    type Err = TemplateError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let path = text.strip_prefix('/').ok_or(TemplateError::NoLeadingSlash)?;
        let segments: Box<[TemplateSegment]> =
            path.split('/').map(str::parse).collect::<Result<_, _>>()?;
        let mut names: Vec<&str> = Vec::new();
        for (index, segment) in segments.iter().enumerate() {
            let name = match segment {
                TemplateSegment::Literal(_) => continue,
                TemplateSegment::Parameter(name) => name,
                TemplateSegment::Rest(name) if index + 1 == segments.len() => name,
                TemplateSegment::Rest(name) => {
                    return Err(TemplateError::RestNotLast(name.to_string()));
                }
            };
            if names.contains(&&**name) {
                return Err(TemplateError::RepeatedName(name.to_string()));
            }
            names.push(name);
        }
        // A path that the template is to match, with a letter for each parameter.
        let sample: String = segments
            .iter()
            .flat_map(|segment| match segment {
                TemplateSegment::Literal(text) => ["/", &**text],
                TemplateSegment::Parameter(_) | TemplateSegment::Rest(_) => ["/", "a"],
            })
            .collect();
        CanonicalPath::parse(&sample, &PathRules::default())
            .map_err(|error| TemplateError::NotCanonical(text.to_owned(), error.reason()))?;
        Ok(Self { text: text.into(), segments })
    }
}

// === impl TemplateSegment ===

impl FromStr for TemplateSegment {
    type Err = TemplateError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let inner = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        let Some(inner) = inner else {
            if text.contains(['{', '}']) {
                return Err(TemplateError::MixedSegment(text.to_owned()));
            }
            return Ok(Self::Literal(text.into()));
        };
        let (rest, name) = match inner.strip_prefix('*') {
            Some(name) => (true, name),
            None => (false, inner),
        };
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if name.is_empty() || !name.chars().all(fits) {
            return Err(TemplateError::BadName(name.to_owned()));
        }
        Ok(if rest { Self::Rest(name.into()) } else { Self::Parameter(name.into()) })
    }
}
