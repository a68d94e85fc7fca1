//! What a file says: YAML and JSON text as a tree in which every node knows its place.
//!
//! Policies and the configuration are both read from this tree, so that one reading reports every
//! error with its line and column (a deserializer stops at the first). Scalars are resolved as
//! Cerbos's own parser resolves them: YAML 1.2's booleans only, no sexagesimals, no dates.

mod dialect;
mod load;
mod scalar;
mod surrogates;

#[cfg(test)]
mod tests;

use std::fmt;

pub use load::{Limits, load};

/// Where a node begins: line and column, both counted from 1, in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    pub line: usize,
    pub column: usize,
}

/// A value with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    pub place: Place,
    pub tree: Tree,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Tree {
    Scalar(Scalar),
    Sequence(Vec<Node>),
    Mapping(Vec<Entry>),
}

/// One `key: value` of a mapping, in the order of the file. No two entries have the same key.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub key: Key,
    pub value: Node,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    pub place: Place,
    pub scalar: Scalar,
}

/// A scalar: its text as written (escapes resolved) and what the text means.
#[derive(Clone, Debug, PartialEq)]
pub struct Scalar {
    pub text: String,
    pub kind: ScalarKind,
    pub style: ScalarStyle,
}

/// How a scalar is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScalarStyle {
    Plain,
    Quoted,
    /// `|` or `>`.
    Block,
}

/// What an unquoted scalar resolves to; a quoted or block scalar is always a [`ScalarKind::String`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ScalarKind {
    Null,
    Bool(bool),
    /// An integer within the range of an unsigned or signed 64-bit number.
    Integer(i128),
    Float(f64),
    String,
}

/// A text that is not one well-formed YAML document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SyntaxError {
    /// Where, if a place is known.
    pub place: Option<Place>,
    pub message: String,
}

// === impl Node ===

impl Node {
    /// The value under `key`, if this is a mapping that has it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        let Tree::Mapping(entries) = &self.tree else { return None };
        entries.iter().find(|entry| entry.key.scalar.text == key).map(|entry| &entry.value)
    }

    /// What kind of value this is, in the words of an error message: `a mapping`, `a string` ...
    #[must_use]
    pub fn describe(&self) -> &'static str {
        match &self.tree {
            Tree::Mapping(_) => "a mapping",
            Tree::Sequence(_) => "a list",
            Tree::Scalar(scalar) => match scalar.kind {
                ScalarKind::Null => "nothing",
                ScalarKind::Bool(_) => "a boolean",
                ScalarKind::Integer(_) => "an integer",
                ScalarKind::Float(_) => "a number",
                ScalarKind::String => "a string",
            },
        }
    }
}

// === impl Place ===

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}
