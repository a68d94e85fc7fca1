//! Results as text, in Cerbos's formats: its trees, its JSON, the XML of `JUnit`; and what was covered.

mod coverage;
mod html;
mod json;
mod junit;
mod lines;
mod tree;
mod why;
mod words;

pub use coverage::coverage;
pub use html::html;
pub use json::json;
pub use junit::junit;
pub use tree::{Shape, tree};

/// How much a report tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    Brief,
    /// What passed is shown, too.
    Verbose,
}
