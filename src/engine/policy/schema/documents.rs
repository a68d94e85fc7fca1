//! The documents that schemas refer to, and what in them has a name of its own.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use serde_json::{Map, Value};

use super::library::{Files, percent_decoded};
use super::metaschema;
use super::reference::join;
use crate::engine::cel::Pattern;

/// The versions of JSON Schema that there are, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Draft {
    D4,
    D6,
    D7,
    D2019,
    D2020,
}

/// Where a schema is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Place {
    /// The document, as it was asked for.
    pub(super) document: Rc<str>,
    /// A JSON pointer in it.
    pub(super) pointer: String,
}

#[derive(Debug)]
pub(super) struct Document {
    pub(super) root: Value,
    pub(super) draft: Draft,
    /// The URLs of the schemas in it that have one, by their pointers.
    urls: HashMap<String, Rc<str>>,
    /// The schemas with a `$dynamicAnchor`.
    pub(super) dynamic_anchors: Vec<Place>,
}

pub(super) struct Documents<'f> {
    files: &'f Files,
    open: HashMap<Rc<str>, Rc<Document>>,
    /// By URL.
    resources: HashMap<Rc<str>, Place>,
    /// By the URL of their resource, and their name.
    anchors: HashMap<(Rc<str>, String), Place>,
}

/// Keywords with one schema; with schemas by name; with a list of schemas. Draft and vocabulary apart:
/// what a draft does not know has no meaning, but can be referred to.
const ONE: [&str; 12] = [
    "not",
    "additionalProperties",
    "items",
    "additionalItems",
    "propertyNames",
    "contains",
    "if",
    "then",
    "else",
    "unevaluatedProperties",
    "unevaluatedItems",
    "contentSchema",
];
const NAMED: [&str; 6] =
    ["definitions", "$defs", "properties", "patternProperties", "dependencies", "dependentSchemas"];
const LISTED: [&str; 5] = ["allOf", "anyOf", "oneOf", "items", "prefixItems"];

// === impl Place ===

impl Place {
    pub(super) fn below(&self, steps: &[&str]) -> Self {
        let mut pointer = self.pointer.clone();
        for step in steps {
            pointer.push('/');
            pointer.push_str(&step.replace('~', "~0").replace('/', "~1"));
        }
        Self { document: self.document.clone(), pointer }
    }
}

// === impl Draft ===

impl Draft {
    /// The draft of a document: the newest, unless it says something else.
    fn of(document: &Value) -> Result<Self, String> {
        let Some(dialect) = document.get("$schema").and_then(Value::as_str) else {
            return Ok(Self::D2020);
        };
        let name = dialect.strip_suffix('#').unwrap_or(dialect);
        let name = name.strip_prefix("http://").or_else(|| name.strip_prefix("https://"));
        Ok(match name {
            Some("json-schema.org/draft-04/schema") => Self::D4,
            Some("json-schema.org/draft-06/schema") => Self::D6,
            Some("json-schema.org/draft-07/schema") => Self::D7,
            Some("json-schema.org/draft/2019-09/schema") => Self::D2019,
            Some("json-schema.org/schema" | "json-schema.org/draft/2020-12/schema") => Self::D2020,
            // It would have to be fetched.
            _ => return Err(format!("`$schema` is `{dialect}`, which is not known")),
        })
    }

    /// Checks a schema against the schema of schemas.
    fn check(self, document: &Value) -> Result<(), String> {
        let document = without_patterns(document);
        self.check_vocabularies(&document)?;
        let checked = match self {
            Self::D4 => jsonschema::draft4::meta::validate(&document),
            Self::D6 => jsonschema::draft6::meta::validate(&document),
            Self::D7 => jsonschema::draft7::meta::validate(&document),
            Self::D2019 => jsonschema::draft201909::meta::validate(&document),
            Self::D2020 => jsonschema::draft202012::meta::validate(&document),
        };
        checked.map_err(|error| match error.instance_path().as_str() {
            "" => error.to_string(),
            path => format!("{error} (at `{path}`)"),
        })
    }

    fn check_vocabularies(self, document: &Value) -> Result<(), String> {
        let known = match self {
            Self::D2019 => "https://json-schema.org/draft/2019-09/vocab/",
            Self::D2020 => "https://json-schema.org/draft/2020-12/vocab/",
            Self::D4 | Self::D6 | Self::D7 => return Ok(()),
        };
        let vocabularies = document.get("$vocabulary").and_then(Value::as_object);
        match vocabularies.into_iter().flat_map(Map::keys).find(|name| !name.starts_with(known)) {
            Some(name) => Err(format!("`$vocabulary` has `{name}`, which is not known")),
            None => Ok(()),
        }
    }

    pub(super) fn id_keyword(self) -> &'static str {
        if self == Self::D4 { "id" } else { "$id" }
    }
}

/// The document, but for its regular expressions: they are RE2's, which the checker does not know.
/// Depth is bounded by the reader of JSON.
fn without_patterns(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(without_patterns).collect(),
        Value::Object(members) => members
            .iter()
            .map(|(key, value)| match (key.as_str(), value) {
                ("pattern", Value::String(_)) => (key.clone(), Value::from("")),
                ("patternProperties", Value::Object(schemas)) => {
                    let schemas = schemas.values().enumerate();
                    let schemas =
                        schemas.map(|(at, schema)| (at.to_string(), without_patterns(schema)));
                    (key.clone(), Value::Object(schemas.collect()))
                }
                _ => (key.clone(), without_patterns(value)),
            })
            .collect::<Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}

// === impl Document ===

impl Document {
    pub(super) fn find(&self, place: &Place) -> Option<&Value> {
        self.root.pointer(&place.pointer)
    }

    /// The URL that references at a place start from.
    pub(super) fn base(&self, place: &Place) -> Rc<str> {
        let mut pointer = place.pointer.as_str();
        loop {
            if let Some(url) = self.urls.get(pointer) {
                return url.clone();
            }
            let Some((above, _)) = pointer.rsplit_once('/') else {
                return place.document.clone();
            };
            pointer = above;
        }
    }
}

// === impl Documents ===

impl<'f> Documents<'f> {
    pub(super) fn new(files: &'f Files) -> Self {
        let (open, resources, anchors) = (HashMap::new(), HashMap::new(), HashMap::new());
        Self { files, open, resources, anchors }
    }

    pub(super) fn get(&self, name: &str) -> Option<Rc<Document>> {
        self.open.get(name).cloned()
    }

    /// The schema that a reference means at a place whose base is `base`.
    pub(super) fn resolve(&mut self, base: &str, reference: &str) -> Result<Place, String> {
        let target = join(base, reference);
        let (url, fragment) = target.split_once('#').unwrap_or((&target, ""));
        let resource = self.resource(url)?;
        let fragment = percent_decoded(fragment);
        let place = if fragment.is_empty() {
            Some(resource)
        } else if fragment.starts_with('/') {
            let pointer = format!("{}{fragment}", resource.pointer);
            Some(Place { pointer, ..resource })
        } else {
            self.anchors.get(&(url.into(), fragment)).cloned()
        };
        let exists = |place: &Place| {
            self.get(&place.document).is_some_and(|document| document.find(place).is_some())
        };
        place.filter(exists).ok_or_else(|| format!("there is no `{target}`"))
    }

    fn resource(&mut self, url: &str) -> Result<Place, String> {
        if let Some(place) = self.resources.get(url) {
            return Ok(place.clone());
        }
        let root = match metaschema::find(url) {
            Some(schema) => schema.clone(),
            None => self.files.read(url)?,
        };
        let draft = Draft::of(&root)?;
        draft.check(&root)?;
        let place = Place { document: url.into(), pointer: String::new() };
        let mut document = Document {
            root: Value::Null,
            draft,
            urls: HashMap::new(),
            dynamic_anchors: Vec::new(),
        };
        let mut names = Names { documents: self, document: &mut document, own: HashSet::new() };
        names.visit(&root, &place, &url.into())?;
        document.root = root;
        self.resources.insert(url.into(), place.clone());
        self.open.insert(url.into(), Rc::new(document));
        Ok(place)
    }
}

/// Finds what has a name in a document.
struct Names<'d, 'f> {
    documents: &'d mut Documents<'f>,
    document: &'d mut Document,
    /// The URLs of the schemas in this document.
    own: HashSet<Rc<str>>,
}

// === impl Names ===

impl Names<'_, '_> {
    fn visit(&mut self, schema: &Value, place: &Place, base: &Rc<str>) -> Result<(), String> {
        let Value::Object(members) = schema else { return Ok(()) };
        let base = self.name(members, place, base)?;
        check_patterns(members)?;
        for (key, value) in members {
            match value {
                Value::Object(_) if NAMED.contains(&key.as_str()) => {
                    for (name, schema) in value.as_object().into_iter().flatten() {
                        self.visit(schema, &place.below(&[key, name]), &base)?;
                    }
                }
                Value::Object(_) if ONE.contains(&key.as_str()) => {
                    self.visit(value, &place.below(&[key]), &base)?;
                }
                Value::Array(schemas) if LISTED.contains(&key.as_str()) => {
                    for (at, schema) in schemas.iter().enumerate() {
                        self.visit(schema, &place.below(&[key, &at.to_string()]), &base)?;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Keeps the names of one schema. Gives what references in it start from.
    fn name(
        &mut self,
        members: &Map<String, Value>,
        place: &Place,
        base: &Rc<str>,
    ) -> Result<Rc<str>, String> {
        let draft = self.document.draft;
        let text = |key: &str| members.get(key).and_then(Value::as_str);
        // Beside `$ref`, the drafts before 2019-09 see nothing else.
        let is_alone = draft < Draft::D2019 && members.contains_key("$ref");
        let mut base = base.clone();
        if let Some(id) = text(draft.id_keyword()).filter(|_| !is_alone) {
            let (url, fragment) = id.split_once('#').unwrap_or((id, ""));
            if !url.is_empty() {
                base = join(&base, url).into();
                // That another one has the URL of the document itself is no mistake to Cerbos.
                if !place.pointer.is_empty() && !self.own.insert(base.clone()) {
                    return Err(format!(
                        "two schemas have the same `{}` `{base}`",
                        draft.id_keyword()
                    ));
                }
                self.document.urls.insert(place.pointer.clone(), base.clone());
                self.documents.resources.entry(base.clone()).or_insert_with(|| place.clone());
            }
            if draft < Draft::D2019 && !fragment.is_empty() {
                self.anchor(&base, fragment, place);
            }
        }
        if draft >= Draft::D2019
            && let Some(name) = text("$anchor")
        {
            self.anchor(&base, name, place);
        }
        if draft >= Draft::D2020
            && let Some(name) = text("$dynamicAnchor")
        {
            self.anchor(&base, name, place);
            self.document.dynamic_anchors.push(place.clone());
        }
        Ok(base)
    }

    /// Of two schemas with one name the first counts.
    fn anchor(&mut self, base: &Rc<str>, name: &str, place: &Place) {
        let key = (base.clone(), name.to_owned());
        self.documents.anchors.entry(key).or_insert_with(|| place.clone());
    }
}

fn check_patterns(members: &Map<String, Value>) -> Result<(), String> {
    let one = members.get("pattern").and_then(Value::as_str);
    let many = members.get("patternProperties").and_then(Value::as_object);
    for pattern in one.into_iter().chain(many.into_iter().flat_map(Map::keys).map(String::as_str)) {
        Pattern::new(pattern)
            .map_err(|why| format!("`{pattern}` is no regular expression: {why}"))?;
    }
    Ok(())
}
