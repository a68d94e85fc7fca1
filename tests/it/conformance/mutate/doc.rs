//! A document as it may be written: keys may repeat, scalars are any text.

use std::fmt::Write;

use fastrand::Rng;
use portcullis::yaml::{Node, ScalarKind, Tree};
use serde_json::Value as Json;

use crate::conformance::random::Dice;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Doc {
    /// A string, quoted as it needs.
    Text(String),
    /// Any other scalar, alias or whatever, as it stands.
    Raw(String),
    List(Vec<Self>),
    Map(Vec<(String, Self)>),
    /// An anchor or a tag before a value.
    Marked(&'static str, Box<Self>),
}

/// How a document is written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Style {
    Block,
    Flow,
    Json,
}

// === impl Doc ===

impl Doc {
    pub(super) fn write(&self, style: Style, dice: &mut Rng) -> String {
        let mut out = String::new();
        match style {
            Style::Block => self.block(0, dice, &mut out),
            Style::Flow | Style::Json => {
                self.flow(style, &mut out);
                out.push('\n');
            }
        }
        out
    }

    fn block(&self, indent: usize, dice: &mut Rng, out: &mut String) {
        match self {
            Self::Map(entries) if !entries.is_empty() => {
                for (at, (key, value)) in entries.iter().enumerate() {
                    if at > 0 {
                        let _ = write!(out, "{:indent$}", "");
                    }
                    let _ = write!(out, "{key}:");
                    value.below(indent, dice, out);
                }
            }
            Self::List(items) if !items.is_empty() => {
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        let _ = write!(out, "{:indent$}", "");
                    }
                    out.push_str("- ");
                    item.block(indent + 2, dice, out);
                }
            }
            Self::Text(text) if text.contains('\n') || wants_block(text, dice) => {
                out.push_str(dice.pick::<&str>(&["|-\n", ">-\n", "|\n"]));
                for line in text.lines() {
                    let _ = writeln!(out, "{:indent$}{line}", "");
                }
            }
            Self::Text(text) => {
                let _ = writeln!(out, "{}", scalar(text, dice));
            }
            other => {
                other.flow(Style::Flow, out);
                out.push('\n');
            }
        }
    }

    /// The value of a key.
    fn below(&self, indent: usize, dice: &mut Rng, out: &mut String) {
        let inner = indent + 2;
        match self {
            Self::Map(entries) if !entries.is_empty() && !dice.percent(8) => {
                let _ = write!(out, "\n{:inner$}", "");
                self.block(inner, dice, out);
            }
            Self::List(items) if !items.is_empty() && !dice.percent(15) => {
                let _ = write!(out, "\n{:inner$}", "");
                self.block(inner, dice, out);
            }
            Self::Map(_) | Self::List(_) => {
                out.push(' ');
                self.flow(Style::Flow, out);
                out.push('\n');
            }
            Self::Marked(mark, value) => {
                let _ = write!(out, " {mark}");
                value.below(indent, dice, out);
            }
            Self::Text(_) | Self::Raw(_) => {
                out.push(' ');
                self.block(inner, dice, out);
            }
        }
    }

    fn flow(&self, style: Style, out: &mut String) {
        match self {
            Self::Text(text) => {
                let _ = write!(out, "{}", Json::from(&**text));
            }
            Self::Raw(text) => out.push_str(text),
            Self::List(items) => {
                out.push('[');
                for (at, item) in items.iter().enumerate() {
                    out.push_str(if at > 0 { ", " } else { "" });
                    item.flow(style, out);
                }
                out.push(']');
            }
            Self::Map(entries) => {
                out.push('{');
                for (at, (key, value)) in entries.iter().enumerate() {
                    out.push_str(if at > 0 { ", " } else { "" });
                    let key = key.trim_matches(['"', '\'']);
                    let _ = match style {
                        Style::Json => write!(out, "{}: ", Json::from(key)),
                        Style::Flow | Style::Block => write!(out, "{key}: "),
                    };
                    value.flow(style, out);
                }
                out.push('}');
            }
            Self::Marked(mark, value) => {
                let _ = write!(out, "{mark} ");
                value.flow(style, out);
            }
        }
    }

    /// The places in this tree, the root first.
    pub(super) fn count(&self) -> usize {
        1 + match self {
            Self::List(items) => items.iter().map(Self::count).sum(),
            Self::Map(entries) => entries.iter().map(|(_, value)| value.count()).sum::<usize>(),
            Self::Marked(..) | Self::Text(_) | Self::Raw(_) => 0,
        }
    }

    /// The place with this number, and the nearest key above it.
    pub(super) fn at<'d>(&'d mut self, number: usize, key: &str) -> (&'d mut Self, String) {
        if number == 0 {
            return (self, key.to_owned());
        }
        let mut left = number - 1;
        match self {
            Self::List(items) => {
                for item in items {
                    let count = item.count();
                    if left < count {
                        return item.at(left, key);
                    }
                    left -= count;
                }
            }
            Self::Map(entries) => {
                for (name, value) in entries {
                    let count = value.count();
                    if left < count {
                        return value.at(left, &name.clone());
                    }
                    left -= count;
                }
            }
            Self::Marked(..) | Self::Text(_) | Self::Raw(_) => {}
        }
        panic!("{number} is a place of this tree")
    }
}

/// Expressions are often blocks; a name seldom is, as a line break in it means much.
fn wants_block(text: &str, dice: &mut Rng) -> bool {
    dice.u32(0..500) < if text.contains(' ') { 40 } else { 1 }
}

/// A text as a scalar in a block: plain where it can be, or quoted.
fn scalar(text: &str, dice: &mut Rng) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || " _./*()<>=".contains(c);
    let is_plain = text.chars().all(plain)
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && !text.ends_with(' ')
        && !matches!(text, "true" | "false" | "null");
    match dice.u32(0..3) {
        0 | 1 if is_plain => text.to_owned(),
        0 => format!("'{}'", text.replace('\'', "''")),
        _ => Json::from(text).to_string(),
    }
}

impl From<&Json> for Doc {
    fn from(json: &Json) -> Self {
        match json {
            Json::String(text) => Self::Text(text.clone()),
            Json::Array(items) => Self::List(items.iter().map(Self::from).collect()),
            Json::Object(members) => Self::Map(
                members.iter().map(|(name, value)| (name.clone(), value.into())).collect(),
            ),
            Json::Null | Json::Bool(_) | Json::Number(_) => Self::Raw(json.to_string()),
        }
    }
}

impl From<&Node> for Doc {
    fn from(node: &Node) -> Self {
        match &node.tree {
            Tree::Scalar(scalar) if scalar.kind == ScalarKind::String => {
                Self::Text(scalar.text.clone())
            }
            Tree::Scalar(scalar) => Self::Raw(scalar.text.clone()),
            Tree::Sequence(items) => Self::List(items.iter().map(Self::from).collect()),
            Tree::Mapping(entries) => Self::Map(
                entries
                    .iter()
                    .map(|entry| (entry.key.scalar.text.clone(), Self::from(&entry.value)))
                    .collect(),
            ),
        }
    }
}
