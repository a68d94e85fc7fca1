//! A tree of texts as lines, drawn or indented.

use super::tree::Shape;

/// A text, and what belongs to it.
#[derive(Debug)]
pub(super) struct Branch {
    pub(super) text: String,
    pub(super) below: Vec<Self>,
}

// === impl Branch ===

impl Branch {
    pub(super) fn new(text: impl Into<String>, below: Vec<Self>) -> Self {
        Self { text: text.into(), below }
    }

    pub(super) fn leaf(text: impl Into<String>) -> Self {
        Self::new(text, Vec::new())
    }

    /// Branches as deep as reports are, which is some ten.
    pub(super) fn write(branches: &[Self], shape: Shape, before: &str, to: &mut String) {
        for (at, branch) in branches.iter().enumerate() {
            let is_last = at + 1 == branches.len();
            let (joint, below) = match (shape, is_last, branch.below.is_empty()) {
                (Shape::List, _, _) => ("", "  "),
                (Shape::Tree, false, true) => ("├──", "│ "),
                (Shape::Tree, false, false) => ("├─┬", "│ "),
                (Shape::Tree, true, true) => ("└──", "  "),
                (Shape::Tree, true, false) => ("└─┬", "  "),
            };
            to.push_str(before);
            to.push_str(joint);
            to.push_str(&branch.text);
            to.push('\n');
            Self::write(&branch.below, shape, &format!("{before}{below}"), to);
        }
    }
}
