//! Schemas that say nothing but that they are themselves, as `{"$ref": "#"}` does.
//!
//! Cerbos refuses them, within one document. To the validator they hold for every value, which would
//! be an open door.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

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
    let mut walk = Walk {
        files,
        documents: HashMap::new(),
        open: Vec::new(),
        done: HashSet::new(),
        left: Vec::new(),
    };
    walk.left.push((document.to_owned(), fragment.to_owned()));
    while let Some(place) = walk.left.pop() {
        if let Some((document, pointer)) = walk.visit(place) {
            return Some(format!("{document}#{pointer}"));
        }
    }
    None
}

struct Document {
    root: Value,
    /// Pointers of its schemas that have an `$anchor`, by its name.
    anchors: HashMap<String, String>,
}

struct Walk<'f> {
    files: &'f Files,
    /// What was read, once each: a document has as many schemas as it likes.
    documents: HashMap<String, Option<Rc<Document>>>,
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
        let read = self.document(document)?;
        let Some(Value::Object(schema)) = read.root.pointer(pointer) else { return None };
        let mut same: Vec<Place> = Vec::new();
        for (name, value) in schema {
            let below = |step: &str| (document.clone(), format!("{pointer}/{name}{step}"));
            match value {
                _ if ASIDE.contains(&name.as_str()) => {}
                Value::String(reference) if REFERENCES.contains(&name.as_str()) => {
                    same.extend(resolve(document, &read, reference));
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

    fn document(&mut self, name: &str) -> Option<Rc<Document>> {
        if let Some(known) = self.documents.get(name) {
            return known.clone();
        }
        let read = self.files.read(name).ok().map(|root| {
            let mut anchors = HashMap::new();
            find_anchors(&root, "", &mut anchors);
            Rc::new(Document { root, anchors })
        });
        self.documents.insert(name.to_owned(), read.clone());
        read
    }
}

/// Where a reference leads, as far as that can be said without `$id`.
fn resolve(document: &str, read: &Document, reference: &str) -> Option<Place> {
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
    read.anchors.get(fragment).map(|pointer| (document, pointer.clone()))
}

/// Of two schemas with one name the first counts. Documents are not deep, which bounds the recursion.
fn find_anchors(value: &Value, pointer: &str, found: &mut HashMap<String, String>) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(name)) = members.get("$anchor") {
                found.entry(name.clone()).or_insert_with(|| pointer.to_owned());
            }
            for (key, value) in members {
                find_anchors(value, &format!("{pointer}/{}", escaped(key)), found);
            }
        }
        Value::Array(items) => {
            for (at, value) in items.iter().enumerate() {
                find_anchors(value, &format!("{pointer}/{at}"), found);
            }
        }
        _ => {}
    }
}

fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}
