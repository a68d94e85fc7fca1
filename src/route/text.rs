//! Text with path parameters in braces, such as `{org}/{invoice}`, compiled for one template.

use std::sync::Arc;

use super::{Template, TextTemplate};
use crate::request::CanonicalPath;

/// Ready to be filled from a path.
#[derive(Debug)]
pub(super) struct CompiledText(Vec<Piece>);

#[derive(Debug)]
enum Piece {
    Literal(Box<str>),
    Segment(usize),
    Rest(usize),
}

/// A name in braces that the path does not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no parameter `{{{name}}}` in `{path}`")]
pub(super) struct UnknownParameter {
    pub(super) name: String,
    pub(super) path: Arc<str>,
}

// === impl CompiledText ===

impl CompiledText {
    pub(super) fn new(text: &TextTemplate, path: &Template) -> Result<Self, UnknownParameter> {
        let mut pieces = Vec::new();
        let mut left = text.0.as_str();
        while let Some((before, rest)) = left.split_once('{') {
            let unknown =
                |name: &str| UnknownParameter { name: name.to_owned(), path: path.text() };
            let (name, after) = rest.split_once('}').ok_or_else(|| unknown(rest))?;
            if !before.is_empty() {
                pieces.push(Piece::Literal(before.into()));
            }
            let position = path.position(name).ok_or_else(|| unknown(name))?;
            let rest = matches!(
                path.segments().get(position),
                Some(super::template::TemplateSegment::Rest(_))
            );
            pieces.push(if rest { Piece::Rest(position) } else { Piece::Segment(position) });
            left = after;
        }
        if !left.is_empty() {
            pieces.push(Piece::Literal(left.into()));
        }
        Ok(Self(pieces))
    }

    /// The text for a path that the template matches. `None` if it does not.
    pub(super) fn fill(&self, path: &CanonicalPath) -> Option<String> {
        let mut filled = String::new();
        for piece in &self.0 {
            filled.push_str(match piece {
                Piece::Literal(text) => text,
                Piece::Segment(index) => path.segment(*index)?,
                Piece::Rest(index) => path.rest(*index)?,
            });
        }
        Some(filled)
    }
}
