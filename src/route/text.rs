//! Text with path parameters in it, ready to be filled in.

use std::str::FromStr;

use super::{
    RouteProblem, TextTemplate,
    template::{Position, Template},
};
use crate::engine::model::InvalidName;
use crate::request::CanonicalPath;

#[derive(Clone, Debug)]
pub(super) struct Text(Box<[Piece]>);

#[derive(Clone, Debug)]
enum Piece {
    Literal(Box<str>),
    Parameter(Position),
}

/// A name in a resource: checked once if it is always the same, and for each request if not.
#[derive(Clone, Debug)]
pub(super) enum Name<T> {
    Fixed(T),
    Made(Text),
}

// === impl Position ===

impl Position {
    pub(super) fn value(self, path: &CanonicalPath) -> Option<&str> {
        match self {
            Self::Segment(index) => path.segment(index),
            Self::From(index) => path.rest(index),
        }
    }
}

// === impl Text ===

impl Text {
    pub(super) fn compile(text: &TextTemplate, template: &Template) -> Result<Self, RouteProblem> {
        let TextTemplate(text) = text;
        let braces = || RouteProblem::Braces { text: text.clone() };
        let mut pieces = Vec::new();
        let mut rest = text.as_str();
        while let Some((literal, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').ok_or_else(braces)?;
            let position = template.position(name).ok_or_else(|| {
                RouteProblem::UnknownParameter { text: text.clone(), name: name.to_owned() }
            })?;
            pieces.extend(Piece::literal(literal, text)?);
            pieces.push(Piece::Parameter(position));
            rest = after;
        }
        pieces.extend(Piece::literal(rest, text)?);
        Ok(Self(pieces.into()))
    }

    /// The text, if there are no parameters in it.
    pub(super) fn fixed(&self) -> Option<&str> {
        match &*self.0 {
            [] => Some(""),
            [Piece::Literal(text)] => Some(text),
            _ => None,
        }
    }

    /// The parameters in their order.
    pub(super) fn positions(&self) -> impl Iterator<Item = Position> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Literal(_) => None,
            Piece::Parameter(position) => Some(*position),
        })
    }

    /// Whether the text is more than one parameter alone.
    pub(super) fn is_composed(&self) -> bool {
        self.0.len() > 1
    }

    /// None if the path does not have a segment, as no path has that the template matches.
    pub(super) fn fill(&self, path: &CanonicalPath) -> Option<Box<str>> {
        match &*self.0 {
            [only] => only.fill(path).map(Into::into),
            pieces => {
                let texts = pieces.iter().map(|piece| piece.fill(path));
                texts.collect::<Option<String>>().map(Into::into)
            }
        }
    }
}

// === impl Piece ===

impl Piece {
    fn literal(literal: &str, text: &str) -> Result<Option<Self>, RouteProblem> {
        if literal.contains('}') {
            return Err(RouteProblem::Braces { text: text.to_owned() });
        }
        Ok((!literal.is_empty()).then(|| Self::Literal(literal.into())))
    }

    fn fill<'a>(&'a self, path: &'a CanonicalPath) -> Option<&'a str> {
        match self {
            Self::Literal(text) => Some(text),
            Self::Parameter(position) => position.value(path),
        }
    }
}

// === impl Name ===

impl<T: FromStr<Err = InvalidName> + Clone> Name<T> {
    pub(super) fn compile(text: Text, field: &'static str) -> Result<Self, RouteProblem> {
        match text.fixed() {
            Some(name) => {
                name.parse().map(Self::Fixed).map_err(|error| RouteProblem::Name { field, error })
            }
            None => Ok(Self::Made(text)),
        }
    }

    /// None if the path makes it a text that is no such name.
    pub(super) fn get(&self, path: &CanonicalPath) -> Option<T> {
        match self {
            Self::Fixed(name) => Some(name.clone()),
            Self::Made(text) => text.fill(path)?.parse().ok(),
        }
    }
}
