//! What is found to be wrong with a request while it is walked through.

use std::collections::{BTreeMap, HashSet};

use super::violation::{Rule, Step, Subscript, Violation, Violations};
use crate::engine::model::{PolicyVersion, Scope};

/// Where the walk is, and what it has found.
#[derive(Debug, Default)]
pub struct Found {
    path: Vec<Step>,
    violations: Vec<Violation>,
}

const REQUIRED: &str = "value is required";
const EMPTY: &str = "must be at least 1 characters";
const REPEATED: &str = "repeated value must contain unique items";
const NOT_A_VERSION: &str = r"does not match regex pattern `^[\w]*$`";
const NOT_A_SCOPE: &str =
    r"does not match regex pattern `^(^$|\.|[0-9a-zA-Z][\w\-]*(\.\w[\w\-]*)*)$`";

// === impl Found ===

impl Found {
    pub(super) fn into_result(self, message: String) -> Result<(), Violations> {
        if self.violations.is_empty() {
            return Ok(());
        }
        Err(Violations { message, list: self.violations })
    }

    /// Walks into a field.
    pub(super) fn within(&mut self, field: &'static str, walk: impl FnOnce(&mut Self)) {
        self.at(Step { field, subscript: Subscript::None }, walk);
    }

    /// Walks into each message of a list.
    pub(super) fn each<T>(
        &mut self,
        field: &'static str,
        items: &[T],
        mut walk: impl FnMut(&T, &mut Self),
    ) {
        for (index, item) in items.iter().enumerate() {
            let step = Step { field, subscript: Subscript::Index(index) };
            self.at(step, |found| walk(item, found));
        }
    }

    fn at(&mut self, step: Step, walk: impl FnOnce(&mut Self)) {
        self.path.push(step);
        walk(self);
        self.path.pop();
    }

    /// A message that must be there, and what is within it.
    pub(super) fn required<T>(
        &mut self,
        field: &'static str,
        message: Option<&T>,
        walk: impl FnOnce(&T, &mut Self),
    ) {
        self.within(field, |found| match message {
            Some(message) => walk(message, found),
            None => found.report(Rule::Required, REQUIRED),
        });
    }

    pub(super) fn optional<T>(
        &mut self,
        field: &'static str,
        message: Option<&T>,
        walk: impl FnOnce(&T, &mut Self),
    ) {
        if let Some(message) = message {
            self.within(field, |found| walk(message, found));
        }
    }

    pub(super) fn text(&mut self, field: &'static str, text: &str) {
        if text.is_empty() {
            self.missing(field);
        }
    }

    /// A list or a map that must have something in it.
    pub(super) fn missing(&mut self, field: &'static str) {
        self.within(field, |found| found.report(Rule::Required, REQUIRED));
    }

    pub(super) fn version(&mut self, field: &'static str, text: &str) {
        self.within(field, |found| found.is_version(text));
    }

    pub(super) fn is_version(&mut self, text: &str) {
        if text.parse::<PolicyVersion>().is_err() {
            self.report(Rule::Pattern, NOT_A_VERSION);
        }
    }

    pub(super) fn scope(&mut self, field: &'static str, text: &str) {
        self.within(field, |found| found.is_scope(text));
    }

    pub(super) fn is_scope(&mut self, text: &str) {
        if text.parse::<Scope>().is_err() {
            self.report(Rule::Pattern, NOT_A_SCOPE);
        }
    }

    /// Names that must be there, each once, and none of them empty.
    pub(super) fn names(&mut self, field: &'static str, names: &[String]) {
        if names.is_empty() {
            self.missing(field);
        } else {
            self.unique(field, names);
            self.filled(field, names);
        }
    }

    pub(super) fn unique(&mut self, field: &'static str, names: &[String]) {
        let mut seen = HashSet::new();
        if !names.iter().all(|name| seen.insert(name)) {
            self.within(field, |found| found.report(Rule::Unique, REPEATED));
        }
    }

    /// None of the names is empty.
    pub(super) fn filled(&mut self, field: &'static str, names: &[String]) {
        self.each(field, names, |name, found| {
            if name.is_empty() {
                found.report(Rule::ItemMinLen, EMPTY);
            }
        });
    }

    /// The keys of a map, and what is within its values.
    pub(super) fn entries<V>(
        &mut self,
        field: &'static str,
        map: &BTreeMap<String, V>,
        mut walk: impl FnMut(&V, &mut Self),
    ) {
        self.entries_with(field, map, |_key, value, found| walk(value, found));
    }

    pub(super) fn entries_with<V>(
        &mut self,
        field: &'static str,
        map: &BTreeMap<String, V>,
        mut walk: impl FnMut(&str, &V, &mut Self),
    ) {
        for (key, value) in map {
            let step = Step { field, subscript: Subscript::Key(key.as_str().into()) };
            self.at(step, |found| {
                if key.is_empty() {
                    found.report(Rule::KeyMinLen, EMPTY);
                }
                walk(key, value, found);
            });
        }
    }

    pub(super) fn keys<V>(&mut self, field: &'static str, map: &BTreeMap<String, V>) {
        self.entries(field, map, |_value, _found| {});
    }

    /// Reports what is wrong with where the walk is.
    pub(super) fn report(&mut self, rule: Rule, message: &str) {
        let in_map = self.path.iter().any(|step| matches!(step.subscript, Subscript::Key(_)));
        self.violations.push(Violation {
            path: self.path.clone(),
            for_key: in_map.then_some(rule == Rule::KeyMinLen),
            rule,
            message: message.into(),
        });
    }
}
