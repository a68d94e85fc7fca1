//! Schemas that say nothing but that they are themselves, as `{"$ref": "#"}` does.
//!
//! Cerbos refuses them, within one document. To the validator they hold for every value, which would
//! be an open door.

use std::collections::HashSet;

use serde_json::Value;

use super::library::{Files, SCHEME};

/// References within each other at one value.
const MOST: usize = 256;

/// Keywords whose schemas look at the same value as the schema that they are in.
const ONE: [&str; 2] = ["not", "if"];
const LISTS: [&str; 3] = ["allOf", "anyOf", "oneOf"];
const BY_NAME: [&str; 2] = ["dependentSchemas", "dependencies"];

const REFERENCES: [&str; 3] = ["$ref", "$dynamicRef", "$recursiveRef"];
/// What is no schema, or matters only where a reference leads to it.
const ASIDE: [&str; 6] = ["$defs", "definitions", "const", "enum", "default", "examples"];

/// A schema: its document, and the JSON pointer in it.
type Place = (String, String);

/// The schema that leads back to itself, if one can be reached from `document`.
pub(super) fn find(files: &Files, document: &str, fragment: &str) -> Option<String> {
    let mut walk = Walk { files, open: Vec::new(), done: HashSet::new(), left: Vec::new() };
    walk.left.push((document.to_owned(), fragment.to_owned()));
    while let Some(place) = walk.left.pop() {
        if let Some((document, pointer)) = walk.visit(place) {
            return Some(format!("{document}#{pointer}"));
        }
    }
    None
}

struct Walk<'f> {
    files: &'f Files,
    /// On the way to where we are, all of them about one value.
    open: Vec<Place>,
    done: HashSet<Place>,
    /// Schemas of other values.
    left: Vec<Place>,
}

// === impl Walk ===

impl Walk<'_> {
    fn visit(&mut self, place: Place) -> Option<Place> {
        if self.open.contains(&place) || self.open.len() >= MOST {
            return Some(place);
        }
        if self.done.contains(&place) {
            return None;
        }
        let (document, pointer) = &place;
        // What cannot be read is another error.
        let root = self.files.read(document).ok()?;
        let Some(Value::Object(schema)) = root.pointer(pointer) else { return None };
        let mut same: Vec<Place> = Vec::new();
        for (name, value) in schema {
            let below = |step: &str| (document.clone(), format!("{pointer}/{name}{step}"));
            match value {
                _ if ASIDE.contains(&name.as_str()) => {}
                Value::String(reference) if REFERENCES.contains(&name.as_str()) => {
                    same.extend(resolve(document, &root, reference));
                }
                Value::Object(_) if matches!(name.as_str(), "then" | "else") => {
                    same.extend(schema.contains_key("if").then(|| below("")));
                }
                Value::Object(_) if ONE.contains(&name.as_str()) => same.push(below("")),
                Value::Array(items) => {
                    let items = (0..items.len()).map(|at| below(&format!("/{at}")));
                    let to =
                        if LISTS.contains(&name.as_str()) { &mut same } else { &mut self.left };
                    to.extend(items);
                }
                Value::Object(members) => {
                    let by_name = BY_NAME.contains(&name.as_str());
                    let to = if by_name { &mut same } else { &mut self.left };
                    to.extend(members.keys().map(|key| below(&format!("/{}", escaped(key)))));
                    self.left.push(below(""));
                }
                _ => {}
            }
        }
        self.open.push(place);
        let found = same.into_iter().find_map(|place| self.visit(place));
        self.done.extend(self.open.pop());
        found
    }
}

/// Where a reference leads, as far as that can be said without `$id`.
fn resolve(document: &str, root: &Value, reference: &str) -> Option<Place> {
    let (name, fragment) = reference.split_once('#').unwrap_or((reference, ""));
    let folder = document.rsplit_once('/').map_or(SCHEME, |(folder, _)| folder);
    let document = match name {
        "" => document.to_owned(),
        name if name.contains(':') => name.to_owned(),
        name => format!("{folder}/{name}"),
    };
    if fragment.is_empty() || fragment.starts_with('/') {
        return Some((document, fragment.to_owned()));
    }
    anchor(root, fragment, String::new()).map(|pointer| (document, pointer))
}

/// The pointer of the schema with that `$anchor`. Documents are not deep, which bounds the recursion.
fn anchor(value: &Value, name: &str, pointer: String) -> Option<String> {
    if value.get("$anchor").and_then(Value::as_str) == Some(name) {
        return Some(pointer);
    }
    match value {
        Value::Object(members) => members
            .iter()
            .find_map(|(key, value)| anchor(value, name, format!("{pointer}/{}", escaped(key)))),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .find_map(|(at, value)| anchor(value, name, format!("{pointer}/{at}"))),
        _ => None,
    }
}

fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}
