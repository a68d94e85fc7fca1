//! Typed reading of one value. Whatever is not as expected is reported with its place, and reading
//! goes on: `None` always means that an error was reported.

use std::{fmt, ops::RangeInclusive, path::PathBuf, time::Duration};

use super::{
    bytes,
    duration::{self, Written},
    environment::ExpandError,
    section::Section,
    source::Source,
};
use crate::yaml::{Entry, Node, Scalar, ScalarKind, Tree};

/// A value of the file, and what it is called there, such as `cache.decisions.ttl`.
#[derive(Clone)]
pub(super) struct Value<'a> {
    pub(super) source: &'a Source<'a>,
    pub(super) node: &'a Node,
    pub(super) name: String,
}

impl<'a> Value<'a> {
    /// The value has the wrong type.
    pub(super) fn wrong_type(&self, expected: impl fmt::Display) {
        self.report(format!("{} is {}", self.label(), self.node.describe()), expected);
    }

    /// The value has the right type, but is not one that is possible.
    pub(super) fn bad(&self, text: impl fmt::Display, expected: impl fmt::Display) {
        self.report(format!("{} is `{text}`", self.label()), expected);
    }

    pub(super) fn report(&self, message: String, expected: impl fmt::Display) {
        self.source.report(Some(self.node.place), message, Some(expected.to_string()));
    }

    /// A whole file has no name of its own.
    fn label(&self) -> String {
        match self.name.as_str() {
            "" => "the file".to_owned(),
            name => format!("`{name}`"),
        }
    }

    pub(super) fn section(&self) -> Option<Section<'a>> {
        let entries = self.entries()?;
        Some(Section::new(self.source, self.name.clone(), self.node.place, entries))
    }

    /// The entries of a mapping whose keys are the writer's own.
    pub(super) fn entries(&self) -> Option<&'a [Entry]> {
        let Tree::Mapping(entries) = &self.node.tree else {
            self.wrong_type("a mapping");
            return None;
        };
        Some(entries)
    }

    /// The value of one of [`Self::entries`].
    pub(super) fn entry(&self, entry: &'a Entry) -> Self {
        let name = format!("{}.{}", self.name, entry.key.scalar.text);
        Self { source: self.source, node: &entry.value, name }
    }

    pub(super) fn items(&self, expected: &str) -> Option<Vec<Self>> {
        let Tree::Sequence(items) = &self.node.tree else {
            self.wrong_type(expected);
            return None;
        };
        let item = |(index, node)| {
            let name = format!("{}[{index}]", self.name);
            Self { source: self.source, node, name }
        };
        Some(items.iter().enumerate().map(item).collect())
    }

    /// A list that is not empty, of which every item reads.
    pub(super) fn list<T>(
        &self,
        expected: &str,
        read: impl Fn(&Self) -> Option<T>,
    ) -> Option<Vec<T>> {
        let items = self.items(expected)?;
        if items.is_empty() {
            self.report(format!("`{}` is an empty list", self.name), expected);
            return None;
        }
        // Collected first, so that one bad item does not hide the next one.
        let items: Vec<Option<T>> = items.iter().map(read).collect();
        items.into_iter().collect()
    }

    /// A string that is not empty.
    pub(super) fn text(&self, expected: &str) -> Option<String> {
        let (scalar, _) = self.expanded(expected)?;
        if scalar.kind != ScalarKind::String {
            self.wrong_type(expected);
            return None;
        }
        if scalar.text.is_empty() {
            self.report(format!("`{}` is empty", self.name), expected);
            return None;
        }
        Some(scalar.text)
    }

    /// A string that `parse` takes.
    pub(super) fn parsed<T>(
        &self,
        expected: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.text(expected)?;
        let parsed = parse(&text);
        if parsed.is_none() {
            self.bad(text, expected);
        }
        parsed
    }

    pub(super) fn path(&self) -> Option<PathBuf> {
        self.text("a path").map(|text| self.source.resolve(&text))
    }

    pub(super) fn boolean(&self) -> Option<bool> {
        let expected = "`true` or `false`";
        let (scalar, from_environment) = self.expanded(expected)?;
        match (scalar.kind, scalar.text.as_str()) {
            (ScalarKind::Bool(value), _) => return Some(value),
            (ScalarKind::String, "true") if from_environment => return Some(true),
            (ScalarKind::String, "false") if from_environment => return Some(false),
            (ScalarKind::String, text) => self.bad(text, expected),
            (ScalarKind::Null | ScalarKind::Integer(_) | ScalarKind::Float(_), _) => {
                self.wrong_type(expected);
            }
        }
        None
    }

    pub(super) fn integer(&self, range: RangeInclusive<u64>) -> Option<u64> {
        let expected = format!("an integer from {} to {}", range.start(), range.end());
        let (scalar, from_environment) = self.expanded(&expected)?;
        let integer = match scalar.kind {
            ScalarKind::Integer(integer) => u64::try_from(integer).ok(),
            ScalarKind::String if from_environment => scalar.text.parse().ok(),
            ScalarKind::Null | ScalarKind::Bool(_) | ScalarKind::Float(_) | ScalarKind::String => {
                self.wrong_type(expected);
                return None;
            }
        };
        let integer = integer.filter(|integer| range.contains(integer));
        if integer.is_none() {
            self.bad(scalar.text, expected);
        }
        integer
    }

    pub(super) fn bytes(&self, range: RangeInclusive<u64>) -> Option<u64> {
        let (least, most) = (bytes::Written(*range.start()), bytes::Written(*range.end()));
        let expected = format!("an amount from {least} to {most}, such as `512KiB` or `16MiB`");
        self.parsed(&expected, |text| bytes::parse(text).filter(|bytes| range.contains(bytes)))
    }

    pub(super) fn duration(&self, range: RangeInclusive<Duration>) -> Option<Duration> {
        let (least, most) = (Written(*range.start()), Written(*range.end()));
        let expected = format!("a duration from {least} to {most}, such as `30s` or `5m`");
        self.parsed(&expected, |text| {
            duration::parse(text).filter(|duration| range.contains(duration))
        })
    }

    /// One of a few words.
    pub(super) fn choice<T: Copy>(&self, choices: &[(&str, T)]) -> Option<T> {
        let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
        self.parsed(&one_of(&words), |text| {
            choices.iter().find(|(word, _)| *word == text).map(|(_, choice)| *choice)
        })
    }

    /// Anything that JSON can hold, for constants.
    pub(super) fn json(&self) -> Option<serde_json::Value> {
        match &self.node.tree {
            Tree::Scalar(_) => self.json_scalar(),
            Tree::Sequence(_) => {
                let items: Vec<_> = self.items("a list")?.iter().map(Self::json).collect();
                items.into_iter().collect::<Option<Vec<_>>>().map(serde_json::Value::Array)
            }
            Tree::Mapping(_) => self.json_object().map(serde_json::Value::Object),
        }
    }

    pub(super) fn json_object(&self) -> Option<serde_json::Map<String, serde_json::Value>> {
        let entry = |entry: &'a Entry| {
            self.entry(entry).json().map(|value| (entry.key.scalar.text.clone(), value))
        };
        let entries: Vec<_> = self.entries()?.iter().map(entry).collect();
        entries.into_iter().collect()
    }

    fn json_scalar(&self) -> Option<serde_json::Value> {
        let expected = "a string, a number, a boolean, `null`, a list or a mapping";
        let (scalar, _) = self.expanded(expected)?;
        match scalar.kind {
            // `key:` with nothing behind it is a slip far more often than a constant.
            ScalarKind::Null if scalar.text.is_empty() => self.wrong_type(expected),
            ScalarKind::Null => return Some(serde_json::Value::Null),
            ScalarKind::Bool(value) => return Some(value.into()),
            ScalarKind::String => return Some(scalar.text.into()),
            ScalarKind::Integer(integer) => {
                let number = serde_json::Number::from_i128(integer);
                return number.map(serde_json::Value::Number);
            }
            ScalarKind::Float(number) => match serde_json::Number::from_f64(number) {
                Some(number) => return Some(serde_json::Value::Number(number)),
                None => self.bad(scalar.text, "a finite number"),
            },
        }
        None
    }

    /// The scalar with its `${NAME}`s replaced, and whether there were any.
    fn expanded(&self, expected: &str) -> Option<(Scalar, bool)> {
        let Tree::Scalar(scalar) = &self.node.tree else {
            self.wrong_type(expected);
            return None;
        };
        if !scalar.text.contains("${") {
            return Some((scalar.clone(), false));
        }
        match self.source.environment().expand(&scalar.text) {
            Ok(text) => Some((Scalar { text, ..scalar.clone() }, true)),
            Err(error) => {
                let expected = match error {
                    ExpandError::NotSet(_) => "a variable that is set".to_owned(),
                    ExpandError::NotAName(_) => {
                        "`${NAME}`, or `$${` for these two characters themselves".to_owned()
                    }
                };
                self.report(format!("`{}`: {error}", self.name), expected);
                None
            }
        }
    }
}

/// `one of x, y, z`, each in backticks.
pub(super) fn one_of(words: &[&str]) -> String {
    match words {
        [word] => format!("`{word}`"),
        [first, second] => format!("`{first}` or `{second}`"),
        _ => format!("one of `{}`", words.join("`, `")),
    }
}
