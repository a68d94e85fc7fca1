//! Reading values of the tree: each mistake is reported at its place, and reading goes on.

use super::pattern::Form;
use crate::engine::model::{Map, Value};
use crate::engine::policy::error::{FileId, Problem, Problems, Site};
use crate::engine::policy::syntax::Text;
use crate::yaml::{Entry, Node, Place, ScalarKind, ScalarStyle, Tree};

/// Reads one file.
pub(crate) struct Reader<'p> {
    pub(crate) file: FileId,
    pub(crate) problems: &'p mut Problems,
}

// === impl Reader ===

impl Reader<'_> {
    pub(crate) fn site(&self, place: Place) -> Site {
        Site { file: self.file, place }
    }

    pub(crate) fn report(&mut self, place: Place, message: impl Into<String>, help: &str) {
        let problem = Problem::at(self.site(place), message);
        self.problems.push(if help.is_empty() { problem } else { problem.help(help) });
    }

    fn report_type(&mut self, node: &Node, name: &str, expected: &str) {
        let message = format!("`{name}` must be {expected}, not {}", node.describe());
        let help = match (&node.tree, expected) {
            (Tree::Scalar(scalar), _) if scalar.kind == ScalarKind::Null => {
                "write a value, or remove the field"
            }
            (Tree::Scalar(_), "a string") => "put the value in quotes",
            _ => "",
        };
        self.report(node.place, message, help);
    }

    /// A text. Integers and booleans are taken as they are written, nothing is the empty text.
    pub(crate) fn text(&mut self, node: &Node, name: &str) -> Text {
        let text = match &node.tree {
            Tree::Scalar(scalar) => match scalar.kind {
                ScalarKind::String | ScalarKind::Bool(_) => Some(scalar.text.clone()),
                ScalarKind::Integer(value) => Some(value.to_string()),
                ScalarKind::Null => Some(String::new()),
                ScalarKind::Float(_) => None,
            },
            Tree::Sequence(_) | Tree::Mapping(_) => None,
        };
        if text.is_none() {
            self.report_type(node, name, "a string");
        }
        Text::new(text.as_deref().unwrap_or_default(), self.file, node.place)
    }

    /// A text of a certain form.
    pub(crate) fn formed(&mut self, node: &Node, name: &str, form: Form) -> Text {
        let before = self.problems.len();
        let text = self.text(node, name);
        if self.problems.len() == before && !form.fits(&text.text) {
            let message = match &*text.text {
                "" => format!("`{name}` is empty"),
                other => format!("`{name}` cannot be `{other}`"),
            };
            self.report(node.place, message, form.describe());
        }
        text
    }

    /// A list of texts, none twice. Items that are wrong are left out.
    pub(crate) fn texts(&mut self, node: &Node, name: &str, form: Form) -> Vec<Text> {
        let mut texts: Vec<Text> = Vec::new();
        let mut seen = std::collections::HashSet::new();
        for item in self.list(node, name) {
            let before = self.problems.len();
            let text = self.formed(item, name, form);
            if self.problems.len() > before {
                continue;
            }
            if !seen.insert(text.text.clone()) {
                let message = format!("`{}` is in `{name}` twice", text.text);
                self.report(item.place, message, "remove one of them");
            }
            texts.push(text);
        }
        texts
    }

    pub(crate) fn boolean(&mut self, node: &Node, name: &str) -> bool {
        if let Tree::Scalar(scalar) = &node.tree
            && let ScalarKind::Bool(value) = scalar.kind
        {
            return value;
        }
        let message = format!("`{name}` must be true or false, not {}", node.describe());
        self.report(node.place, message, "write `true` or `false`, without quotes");
        false
    }

    pub(crate) fn list<'n>(&mut self, node: &'n Node, name: &str) -> &'n [Node] {
        match &node.tree {
            Tree::Sequence(items) => items,
            Tree::Scalar(_) | Tree::Mapping(_) => {
                self.report_type(node, name, "a list");
                &[]
            }
        }
    }

    pub(crate) fn map<'n>(&mut self, node: &'n Node, name: &str) -> &'n [Entry] {
        match &node.tree {
            Tree::Mapping(entries) => entries,
            Tree::Scalar(_) | Tree::Sequence(_) => {
                self.report_type(node, name, "a mapping");
                &[]
            }
        }
    }

    /// Any value. Trees are as deep as files may be, which bounds the recursion.
    pub(crate) fn value(&mut self, node: &Node) -> Value {
        match &node.tree {
            Tree::Sequence(items) => items.iter().map(|item| self.value(item)).collect(),
            Tree::Mapping(entries) => {
                let entries = entries
                    .iter()
                    .map(|entry| (entry.key.scalar.text.as_str(), self.value(&entry.value)));
                Value::Map(entries.collect::<Map>())
            }
            Tree::Scalar(scalar) => match scalar.kind {
                ScalarKind::Null => Value::Null,
                ScalarKind::Bool(value) => Value::Bool(value),
                #[expect(
                    clippy::cast_precision_loss,
                    reason = "numbers of constants are doubles, as in Cerbos"
                )]
                ScalarKind::Integer(value) => Value::Number(value as f64),
                ScalarKind::Float(value) if value.is_finite() => Value::Number(value),
                ScalarKind::Float(_) => {
                    let message = format!("`{}` is not a number that JSON has", scalar.text);
                    self.report(node.place, message, "use a finite number, or a string");
                    Value::Null
                }
                ScalarKind::String => Value::String(scalar.text.as_str().into()),
            },
        }
    }

    /// The name of a value: its text, and the number that stands for nothing where it is null.
    pub(crate) fn enumeration<'n>(&mut self, node: &'n Node, name: &str) -> Option<Named<'n>> {
        if let Tree::Scalar(scalar) = &node.tree {
            if scalar.style == ScalarStyle::Block {
                let message = format!("`{name}` must be the name of a value, not a block of text");
                self.report(node.place, message, "write it on the line of its key");
                return None;
            }
            match scalar.kind {
                ScalarKind::String => return Some(Named::Name(&scalar.text)),
                ScalarKind::Integer(value) => return Some(Named::Number(value)),
                ScalarKind::Null => return Some(Named::Number(0)),
                ScalarKind::Float(_) | ScalarKind::Bool(_) => {}
            }
        }
        self.report_type(node, name, "the name of a value");
        None
    }
}

/// A value of an enumeration as written: by name, or by number as protobuf has it.
pub(crate) enum Named<'n> {
    Name(&'n str),
    Number(i128),
}
