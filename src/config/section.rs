//! A mapping whose keys we know: it hands them out, and reports the ones that nobody asked for.

use super::{
    source::Source,
    suggestion,
    value::{Value, one_of},
};
use crate::yaml::{Entry, Place};

pub(super) struct Section<'a> {
    source: &'a Source<'a>,
    /// Such as `cache.decisions`; empty for the whole file.
    name: String,
    place: Option<Place>,
    entries: &'a [Entry],
    /// The keys that were asked for so far.
    known: Vec<&'static str>,
}

impl<'a> Section<'a> {
    pub(super) fn new(
        source: &'a Source<'a>,
        name: String,
        place: Place,
        entries: &'a [Entry],
    ) -> Self {
        Self { source, name, place: Some(place), entries, known: Vec::new() }
    }

    /// The value under `key`, if it is there.
    pub(super) fn find(&mut self, key: &'static str) -> Option<Value<'a>> {
        self.known.push(key);
        let entry = self.entries.iter().find(|entry| entry.key.scalar.text == key)?;
        Some(Value { source: self.source, node: &entry.value, name: self.name_of(key) })
    }

    /// The value under `key` if it reads, or `None` if it is not there or was reported.
    pub(super) fn optional<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&Value<'a>) -> Option<T>,
    ) -> Option<T> {
        self.find(key).and_then(|value| read(&value))
    }

    /// The value under `key`, or its default. After an error the default stands in, so that
    /// reading can go on.
    pub(super) fn or<T>(
        &mut self,
        key: &'static str,
        default: T,
        read: impl FnOnce(&Value<'a>) -> Option<T>,
    ) -> T {
        self.optional(key, read).unwrap_or(default)
    }

    /// The value under `key`, which has no default.
    pub(super) fn required<T>(
        &mut self,
        key: &'static str,
        expected: &str,
        read: impl FnOnce(&Value<'a>) -> Option<T>,
    ) -> Option<T> {
        let value = self.find(key);
        if value.is_none() {
            self.report(format!("`{}` is missing", self.name_of(key)), expected);
        }
        value.and_then(|value| read(&value))
    }

    /// The section under `key`; an empty one where there is none, so that defaults are in one place.
    pub(super) fn section(&mut self, key: &'static str) -> Self {
        let written = self.find(key).and_then(|value| value.section());
        written.unwrap_or_else(|| Self {
            source: self.source,
            name: self.name_of(key),
            place: self.place,
            entries: &[],
            known: Vec::new(),
        })
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|entry| entry.key.scalar.text == key)
    }

    pub(super) fn report(&self, message: String, expected: &str) {
        self.source.report(self.place, message, Some(expected.to_owned()));
    }

    /// Reports the keys that are not known. To be called when all others were asked for.
    pub(super) fn finish(self) {
        for entry in self.entries {
            let key = entry.key.scalar.text.as_str();
            if self.known.contains(&key) {
                continue;
            }
            let within = match self.name.as_str() {
                "" => String::new(),
                name => format!(" in `{name}`"),
            };
            let message = format!("unknown key `{key}`{within}");
            let expected = match suggestion::nearest(key, &self.known) {
                Some(nearest) => format!("`{nearest}`, perhaps"),
                None => one_of(&self.known),
            };
            self.source.report(Some(entry.key.place), message, Some(expected));
        }
    }

    fn name_of(&self, key: &str) -> String {
        match self.name.as_str() {
            "" => key.to_owned(),
            name => format!("{name}.{key}"),
        }
    }
}
