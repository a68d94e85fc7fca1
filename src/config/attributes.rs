//! `attr:` of a route's resource: where each attribute comes from.

use std::collections::BTreeMap;

use http::HeaderName;

use super::{
    issuers::segments,
    section::Section,
    value::{Value, one_of},
};
use crate::route::{AttributeSource, CertificateField, Input, TextTemplate, ValueType};
use crate::yaml::Tree;

const INPUTS: [&str; 9] = [
    "param",
    "claim",
    "header",
    "query",
    "body",
    "peer",
    "context_extension",
    "route_metadata",
    "time",
];

const TYPES: [(&str, ValueType); 5] = [
    ("string", ValueType::String),
    ("number", ValueType::Number),
    ("bool", ValueType::Bool),
    ("strings", ValueType::Strings),
    ("any", ValueType::Any),
];

const PEER_FIELDS: [(&str, Input); 3] = [
    ("address", Input::PeerAddress),
    ("thumbprint", Input::PeerCertificate(CertificateField::Thumbprint)),
    ("principal", Input::PeerCertificate(CertificateField::Principal)),
];

pub(super) fn read(value: &Value<'_>) -> Option<BTreeMap<Box<str>, AttributeSource>> {
    let attributes = value.entries()?.iter().filter_map(|entry| {
        let source = attribute(&value.entry(entry))?;
        Some((entry.key.scalar.text.as_str().into(), source))
    });
    Some(attributes.collect())
}

fn attribute(value: &Value<'_>) -> Option<AttributeSource> {
    if let Tree::Mapping(_) = &value.node.tree {
        return input_attribute(value);
    }
    match value.json()? {
        serde_json::Value::String(text) if text.contains(['{', '}']) => {
            Some(AttributeSource::Template(TextTemplate(text)))
        }
        constant => Some(AttributeSource::Constant(constant.into())),
    }
}

fn input_attribute(value: &Value<'_>) -> Option<AttributeSource> {
    let mut section = value.section()?;
    let named: Vec<&str> = INPUTS.into_iter().filter(|key| section.has(key)).collect();
    let input = input(&mut section);
    let value_type = section.or("type", ValueType::String, |value| value.choice(&TYPES));
    let required = section.or("required", true, Value::boolean);
    section.finish();
    if named.len() != 1 {
        let found = if named.is_empty() { "no source".to_owned() } else { named.join(", ") };
        let message = format!("`{}` has {found}", value.name);
        value.report(message, format!("exactly {}", one_of(&INPUTS)));
        return None;
    }
    let input = input?;
    if value_type == ValueType::Any && !holds_json(&input) {
        let message = format!("`{}` has the type `any`, but {input} is text", value.name);
        value.report(message, "`string`, `number`, `bool` or `strings`");
    }
    Some(AttributeSource::Input { input, value_type, required })
}

fn input(section: &mut Section<'_>) -> Option<Input> {
    let name = |expected: &'static str| {
        move |value: &Value<'_>| value.text(expected).map(Into::<Box<str>>::into)
    };
    let path = |expected: &'static str| move |value: &Value<'_>| segments(value, expected);
    // Each key is asked for, so that an unknown one is told all of them.
    let inputs = [
        section.optional("param", name("a parameter of the path")).map(Input::PathParameter),
        section
            .optional("claim", path("the name of a claim, or a list of names"))
            .map(Input::Claim),
        section.optional("header", header),
        section.optional("query", name("the name of a query parameter")).map(Input::Query),
        section
            .optional("body", path("the name of a field of the body, or a list of names"))
            .map(Input::BodyField),
        section.optional("peer", peer),
        section
            .optional("context_extension", name("the name of a context extension"))
            .map(Input::ContextExtension),
        section.optional("route_metadata", route_metadata),
        section.optional("time", time),
    ];
    inputs.into_iter().flatten().next()
}

fn header(value: &Value<'_>) -> Option<Input> {
    value.parsed("the name of a header", |text| {
        let name = text.parse::<HeaderName>().ok()?;
        Some(Input::Header(name.as_str().into()))
    })
}

fn peer(value: &Value<'_>) -> Option<Input> {
    let fields: Vec<(&str, usize)> =
        PEER_FIELDS.iter().enumerate().map(|(index, (word, _))| (*word, index)).collect();
    let field = PEER_FIELDS.get(value.choice(&fields)?)?;
    Some(field.1.clone())
}

fn route_metadata(value: &Value<'_>) -> Option<Input> {
    let expected = "a list: the namespace of the metadata, then the names that lead to the value";
    let path = value.list(expected, |item| item.text("a name"))?;
    if path.len() < 2 {
        value.report(format!("`{}` names only a namespace", value.name), expected);
        return None;
    }
    Some(Input::RouteMetadata(path.into_iter().map(Into::into).collect()))
}

fn time(value: &Value<'_>) -> Option<Input> {
    if value.boolean()? {
        return Some(Input::Time);
    }
    value.bad(false, "`true`");
    None
}

fn holds_json(input: &Input) -> bool {
    match input {
        Input::Claim(_) | Input::BodyField(_) | Input::RouteMetadata(_) => true,
        Input::PathParameter(_)
        | Input::Header(_)
        | Input::Query(_)
        | Input::PeerAddress
        | Input::PeerCertificate(_)
        | Input::ContextExtension(_)
        | Input::Time => false,
    }
}
