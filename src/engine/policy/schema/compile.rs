//! Documents → [`Validator`]: the schema that a policy names, and all that it refers to.

use std::collections::HashMap;
use std::rc::Rc;

use serde_json::{Map, Value};

use super::circle;
use super::documents::{Document, Documents, Draft, Place};
use super::format;
use super::library::Files;
use super::node::{
    Additional, Condition, Contains, Dependency, Encoding, Id, Items, ListRules, MediaType, Node,
    NumberRules, ObjectRules, Reference, TextRules, Type,
};
use super::number::Decimal;
use super::validate::Validator;
use crate::engine::cel::Pattern;

/// Schemas that one policy can reach. Each takes some hundred bytes.
const MOST: usize = 500_000;

const OF_OBJECTS: [&str; 10] = [
    "minProperties",
    "maxProperties",
    "required",
    "properties",
    "patternProperties",
    "additionalProperties",
    "propertyNames",
    "dependencies",
    "dependentRequired",
    "dependentSchemas",
];
const OF_LISTS: [&str; 7] =
    ["minItems", "maxItems", "uniqueItems", "items", "additionalItems", "prefixItems", "contains"];
const OF_TEXTS: [&str; 5] =
    ["minLength", "maxLength", "pattern", "contentEncoding", "contentMediaType"];
const OF_NUMBERS: [&str; 5] =
    ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"];

/// Compiles the schema that `reference` names.
pub(super) fn compile(files: &Files, reference: &str) -> Result<Validator, String> {
    let mut compiler = Compiler {
        documents: Documents::new(files),
        ids: HashMap::new(),
        places: Vec::new(),
        dynamic: HashMap::new(),
    };
    let root = compiler.documents.resolve("", reference)?;
    compiler.id(root);
    let mut nodes: Vec<Node> = Vec::new();
    while let Some(place) = compiler.places.get(nodes.len()).cloned() {
        nodes.push(compiler.node(&place)?);
        if compiler.places.len() > MOST {
            return Err(format!("it has more than {MOST} schemas in it"));
        }
    }
    if let Some(place) = circle::find(&nodes).and_then(|id| compiler.places.get(id)) {
        let Place { document, pointer } = place;
        return Err(format!("`{document}#{pointer}` refers to itself and says nothing"));
    }
    Ok(Validator::new(nodes))
}

struct Compiler<'f> {
    documents: Documents<'f>,
    ids: HashMap<Place, Id>,
    /// Of each node, those that are not compiled yet behind those that are.
    places: Vec<Place>,
    /// Of documents that were met: their schemas with a `$dynamicAnchor`.
    dynamic: HashMap<Rc<str>, Rc<[Anchored]>>,
}

/// A schema with a `$dynamicAnchor`, and the URL of its resource.
type Anchored = (Rc<str>, Place);

/// The keywords of one schema.
struct Keywords<'d> {
    members: &'d Map<String, Value>,
    place: &'d Place,
    draft: Draft,
    base: Rc<str>,
}

// === impl Compiler ===

impl Compiler<'_> {
    fn id(&mut self, place: Place) -> Id {
        let next = self.places.len();
        let id = *self.ids.entry(place.clone()).or_insert(next);
        if id == next {
            self.places.push(place);
        }
        id
    }

    fn node(&mut self, place: &Place) -> Result<Node, String> {
        // Whoever named the place has found its document.
        let document = self.documents.get(&place.document);
        let schema = document.as_ref().and_then(|document| document.find(place));
        let (Some(document), Some(Value::Object(members))) = (&document, schema) else {
            let always = schema.and_then(Value::as_bool);
            // What is no schema asks for the impossible.
            return Ok(Node { always: Some(always.unwrap_or(false)), ..Node::default() });
        };
        let base = document.base(place);
        let keywords = Keywords { members, place, draft: document.draft, base };
        let mut node = Node::default();
        self.references(&keywords, &mut node)?;
        if keywords.draft < Draft::D2019 && members.contains_key("$ref") {
            // The drafts before 2019-09 see nothing else beside it.
            return Ok(node);
        }
        self.anchors(&keywords, document, &mut node);
        self.applicators(&keywords, &mut node);
        keywords.assertions(&mut node);
        if keywords.have(&OF_OBJECTS) {
            node.object = Some(Box::new(self.object(&keywords)?));
        }
        if keywords.have(&OF_LISTS) {
            node.list = Some(Box::new(self.list(&keywords)));
        }
        if keywords.have(&OF_TEXTS) {
            node.text = Some(Box::new(keywords.text()?));
        }
        if keywords.have(&OF_NUMBERS) {
            node.number = Some(Box::new(keywords.number()));
        }
        Ok(node)
    }

    fn references(&mut self, keywords: &Keywords<'_>, node: &mut Node) -> Result<(), String> {
        let mut find = |name: &str| {
            let Some(reference) = keywords.string(name) else { return Ok(None) };
            let place = self.documents.resolve(&keywords.base, reference)?;
            Ok::<_, String>(Some(self.id(place)))
        };
        node.references.extend(find("$ref")?.map(Reference::To));
        if keywords.draft >= Draft::D2019 {
            node.references.extend(find("$recursiveRef")?.map(Reference::Recursive));
        }
        if keywords.draft >= Draft::D2020 {
            let reference = keywords.string("$dynamicRef").unwrap_or_default();
            let fragment = reference.split_once('#').map_or("", |(_, fragment)| fragment);
            let is_name = !fragment.is_empty() && !fragment.starts_with('/');
            let kind = if is_name { Reference::Dynamic } else { Reference::To };
            node.references.extend(find("$dynamicRef")?.map(kind));
        }
        Ok(())
    }

    fn anchors(&mut self, keywords: &Keywords<'_>, document: &Document, node: &mut Node) {
        if keywords.draft >= Draft::D2019 {
            node.is_recursive_anchor =
                keywords.members.get("$recursiveAnchor") == Some(&Value::Bool(true));
        }
        if keywords.draft < Draft::D2020 {
            return;
        }
        node.dynamic_anchor = keywords.string("$dynamicAnchor").map(Into::into);
        let is_root = keywords.place.pointer.is_empty() || keywords.string("$id").is_some();
        if is_root {
            let known = self.dynamic.entry(keywords.place.document.clone()).or_insert_with(|| {
                let places = document.dynamic_anchors.iter();
                places.map(|place| (document.base(place), place.clone())).collect()
            });
            let own = known.clone();
            let own = own.iter().filter(|(base, _)| *base == keywords.base);
            node.dynamic_anchors = own.map(|(_, place)| self.id(place.clone())).collect();
        }
    }

    fn applicators(&mut self, keywords: &Keywords<'_>, node: &mut Node) {
        node.not = self.one(keywords, "not");
        node.all_of = self.many(keywords, "allOf").unwrap_or_default();
        node.any_of = self.many(keywords, "anyOf").unwrap_or_default();
        node.one_of = self.many(keywords, "oneOf").unwrap_or_default();
        if keywords.draft >= Draft::D7
            && let Some(test) = self.one(keywords, "if")
        {
            let (then, otherwise) = (self.one(keywords, "then"), self.one(keywords, "else"));
            node.condition = Some(Condition { test, then, otherwise });
        }
        if keywords.draft >= Draft::D2019 {
            node.unevaluated_properties = self.one(keywords, "unevaluatedProperties");
            node.unevaluated_items = self.one(keywords, "unevaluatedItems");
        }
    }

    fn object(&mut self, keywords: &Keywords<'_>) -> Result<ObjectRules, String> {
        let mut rules = ObjectRules {
            least: keywords.count("minProperties"),
            most: keywords.count("maxProperties"),
            required: keywords.get("required").map(strings).unwrap_or_default(),
            additional: self.additional(keywords, "additionalProperties"),
            ..ObjectRules::default()
        };
        let properties: Vec<_> = keywords.schemas("properties").collect();
        rules.properties =
            properties.into_iter().map(|(name, place)| (name.into(), self.id(place))).collect();
        let patterns: Vec<_> = keywords.schemas("patternProperties").collect();
        let patterns = patterns
            .into_iter()
            .map(|(pattern, place)| Ok::<_, String>((Pattern::new(pattern)?, self.id(place))));
        rules.patterns = patterns.collect::<Result<_, _>>()?;
        if keywords.draft >= Draft::D6 {
            rules.names = self.one(keywords, "propertyNames");
        }
        rules.dependencies = self.dependencies(keywords);
        Ok(rules)
    }

    fn dependencies(&mut self, keywords: &Keywords<'_>) -> Box<[(Box<str>, Dependency)]> {
        let mut found = Vec::new();
        let since_2019 = keywords.draft >= Draft::D2019;
        for name in ["dependencies", "dependentRequired", "dependentSchemas"] {
            let all = keywords.get(name).and_then(Value::as_object);
            for (key, value) in
                all.filter(|_| since_2019 || name == "dependencies").into_iter().flatten()
            {
                let dependency = if value.is_array() {
                    Dependency::Names(strings(value))
                } else {
                    Dependency::Schema(self.id(keywords.place.below(&[name, key])))
                };
                found.push((key.as_str().into(), dependency));
            }
        }
        found.into()
    }

    fn list(&mut self, keywords: &Keywords<'_>) -> ListRules {
        let items = if keywords.draft >= Draft::D2020 {
            let rest = self.one(keywords, "items").map(Additional::Schema);
            Items::First(self.many(keywords, "prefixItems").unwrap_or_default(), rest)
        } else if let Some(first) = self.many(keywords, "items") {
            Items::First(first, self.additional(keywords, "additionalItems"))
        } else {
            self.one(keywords, "items").map_or(Items::Any, Items::Each)
        };
        let contains = self.one(keywords, "contains").filter(|_| keywords.draft >= Draft::D6);
        let contains = contains.map(|schema| {
            let count = |name| keywords.count(name).filter(|_| keywords.draft >= Draft::D2019);
            Contains {
                schema,
                least: Some(count("minContains").unwrap_or(1)),
                most: count("maxContains"),
                evaluates: keywords.draft >= Draft::D2020,
            }
        });
        ListRules {
            least: keywords.count("minItems"),
            most: keywords.count("maxItems"),
            is_unique: keywords.get("uniqueItems") == Some(&Value::Bool(true)),
            items,
            contains,
        }
    }

    fn one(&mut self, keywords: &Keywords<'_>, name: &str) -> Option<Id> {
        keywords.get(name).filter(|value| value.is_object() || value.is_boolean())?;
        Some(self.id(keywords.place.below(&[name])))
    }

    fn many(&mut self, keywords: &Keywords<'_>, name: &str) -> Option<Box<[Id]>> {
        let schemas = keywords.get(name)?.as_array()?;
        let place = |at: usize| keywords.place.below(&[name, &at.to_string()]);
        Some((0..schemas.len()).map(|at| self.id(place(at))).collect())
    }

    fn additional(&mut self, keywords: &Keywords<'_>, name: &str) -> Option<Additional> {
        match keywords.get(name)? {
            Value::Bool(true) => Some(Additional::Allowed),
            Value::Bool(false) => Some(Additional::Forbidden),
            _ => self.one(keywords, name).map(Additional::Schema),
        }
    }
}

// === impl Keywords ===

impl<'d> Keywords<'d> {
    fn have(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.members.contains_key(*name))
    }

    fn get(&self, name: &str) -> Option<&'d Value> {
        self.members.get(name)
    }

    fn string(&self, name: &str) -> Option<&'d str> {
        self.get(name)?.as_str()
    }

    /// A number that counts; `2.0` is one, too.
    fn count(&self, name: &str) -> Option<usize> {
        let value = self.get(name)?;
        let whole = value.as_u64().and_then(|count| usize::try_from(count).ok());
        // What is larger than all counts is as good as the largest.
        whole.or_else(|| {
            let text = format!("{:.0}", value.as_f64()?);
            Some(text.parse().unwrap_or(usize::MAX))
        })
    }

    fn schemas(&self, name: &'d str) -> impl Iterator<Item = (&'d str, Place)> + use<'d> {
        let place = self.place;
        let members = self.get(name).and_then(Value::as_object);
        members.into_iter().flatten().map(move |(key, _)| (&**key, place.below(&[name, key])))
    }

    fn assertions(&self, node: &mut Node) {
        let types = match self.get("type") {
            Some(Value::Array(names)) => names.iter().collect(),
            other => Vec::from_iter(other),
        };
        node.types = types.into_iter().filter_map(|name| Type::parse(name.as_str()?)).collect();
        node.constant = self.get("const").filter(|_| self.draft >= Draft::D6).cloned();
        node.options = self.get("enum").and_then(Value::as_array).map(|all| all.clone().into());
        node.format =
            self.string("format").and_then(|name| Some((name.into(), format::find(name)?)));
    }

    fn text(&self) -> Result<TextRules, String> {
        let pattern =
            self.string("pattern").map(|text| Ok::<_, String>((text.into(), Pattern::new(text)?)));
        let heeds_content = self.draft >= Draft::D7;
        let rules = TextRules {
            least: self.count("minLength"),
            most: self.count("maxLength"),
            pattern: pattern.transpose()?,
            encoding: (heeds_content && self.string("contentEncoding") == Some("base64"))
                .then_some(Encoding::Base64),
            media_type: (heeds_content
                && self.string("contentMediaType") == Some("application/json"))
            .then_some(MediaType::Json),
        };
        Ok(rules)
    }

    fn number(&self) -> NumberRules {
        let number = |name: &str| self.get(name).and_then(Value::as_f64);
        let multiple = number("multipleOf");
        let mut rules = NumberRules {
            least: number("minimum"),
            above: number("exclusiveMinimum"),
            most: number("maximum"),
            below: number("exclusiveMaximum"),
            multiple_of: multiple.and_then(|unit| Some((unit, Decimal::new(unit)?))),
        };
        // Draft 4 says with `true` that the bound itself is outside.
        if self.get("exclusiveMinimum") == Some(&Value::Bool(true)) {
            rules.above = rules.least.take();
        }
        if self.get("exclusiveMaximum") == Some(&Value::Bool(true)) {
            rules.below = rules.most.take();
        }
        rules
    }
}

fn strings(value: &Value) -> Box<[Box<str>]> {
    let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
    items.iter().filter_map(|item| Some(item.as_str()?.into())).collect()
}
