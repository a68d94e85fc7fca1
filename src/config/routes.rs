//! `routes:`, in the same file or in one that it names.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use http::Method;

use super::{attributes, demands, source::Source, token, value::Value};
use crate::engine::model::Action;
use crate::identity::{Demands, TokenSource};
use crate::route::{ResourceSpec, RouteSpec, TextTemplate};
use crate::yaml::Tree;

const EXPECTED_ROUTES: &str = "a list of routes";
const EXPECTED_METHOD: &str = "a method in upper case, such as `GET`";
const EXPECTED_ROUTES_OR_FILE: &str = "a list of routes, or the path of a file that has one";
const EXPECTED_TEMPLATE: &str = "text, in which `{name}` is a parameter of the path";

/// The route table, and the file that it is in if it has one of its own.
#[derive(Default)]
pub(super) struct Routes {
    pub(super) specs: Vec<RouteSpec>,
    pub(super) file: Option<PathBuf>,
}

pub(super) fn read(value: &Value<'_>) -> Option<Routes> {
    if let Tree::Scalar(_) = value.node.tree {
        let file = value.source.resolve(&value.text(EXPECTED_ROUTES_OR_FILE)?);
        return Some(Routes { specs: read_file(value, file.clone())?, file: Some(file) });
    }
    Some(Routes { specs: list(value, EXPECTED_ROUTES_OR_FILE)?, file: None })
}

/// A file of routes has `routes:` as its only key.
fn read_file(value: &Value<'_>, file: PathBuf) -> Option<Vec<RouteSpec>> {
    let source = Source::new(file, value.source.environment());
    let specs = source.load().and_then(|root| {
        let mut section = Value { source: &source, node: &root, name: String::new() }.section()?;
        let specs =
            section.required("routes", EXPECTED_ROUTES, |value| list(value, EXPECTED_ROUTES));
        section.finish();
        specs
    });
    value.source.include(source);
    specs
}

fn list(value: &Value<'_>, expected: &str) -> Option<Vec<RouteSpec>> {
    value.list(expected, route)
}

fn route(value: &Value<'_>) -> Option<RouteSpec> {
    let mut section = value.section()?;
    let path = section.required("path", "a path such as `/invoices/{invoice}`", |value| {
        value.parsed("a path that begins with `/`", |text| {
            text.starts_with('/').then(|| text.to_owned())
        })
    });
    let hosts = section.or("hosts", Vec::new(), |value| {
        value.list("a list of host names", |item| item.text("a host name"))
    });
    let public = section.or("public", BTreeSet::new(), |value| {
        let methods = value.list("a list of methods", |item| item.parsed(EXPECTED_METHOD, method));
        Some(methods?.into_iter().collect())
    });
    let resource = section.optional("resource", resource);
    let actions = section.or("actions", BTreeMap::new(), actions);
    if !section.has("resource") && !section.has("public") {
        section.report(format!("`{}` lets nobody in", value.name), "`resource`, `public` or both");
    }
    let (demands, demands_by_method) =
        section.or("demands", (Demands::default(), BTreeMap::new()), demands::read);
    let token = section.or("token", TokenSource::default(), token::read);
    section.finish();
    let place = format!("{}:{}", value.source.file().display(), value.node.place);
    Some(RouteSpec {
        place,
        hosts,
        path: path?,
        public,
        resource,
        actions,
        demands,
        demands_by_method,
        token,
    })
}

fn resource(value: &Value<'_>) -> Option<ResourceSpec> {
    let mut section = value.section()?;
    let kind = section.required("kind", "the kind of the resource, such as `invoice`", template);
    let id = section.required("id", "the id of the resource, such as `\"{invoice}\"`", template);
    let none = || TextTemplate(String::new());
    let scope = section.or("scope", none(), template);
    let policy_version = section.or("policy_version", none(), template);
    let attr = section.or("attr", BTreeMap::new(), attributes::read);
    section.finish();
    Some(ResourceSpec { kind: kind?, id: id?, scope, policy_version, attr })
}

fn template(value: &Value<'_>) -> Option<TextTemplate> {
    value.text(EXPECTED_TEMPLATE).map(TextTemplate)
}

fn actions(value: &Value<'_>) -> Option<BTreeMap<Method, Action>> {
    by_method(value, |value| value.parsed("an action, such as `view`", |text| text.parse().ok()))
}

/// A mapping whose keys are methods.
pub(super) fn by_method<T>(
    value: &Value<'_>,
    read: impl Fn(&Value<'_>) -> Option<T>,
) -> Option<BTreeMap<Method, T>> {
    let mut by_method = BTreeMap::new();
    for entry in value.entries()? {
        let method = method(&entry.key.scalar.text);
        if method.is_none() {
            let message = format!("`{}` is not a method", entry.key.scalar.text);
            let expected = Some(EXPECTED_METHOD.to_owned());
            value.source.report(Some(entry.key.place), message, expected);
        }
        let read = read(&value.entry(entry));
        if let (Some(method), Some(read)) = (method, read) {
            by_method.insert(method, read);
        }
    }
    Some(by_method)
}

/// Methods are case-sensitive (RFC 9110, section 9.1), and all that are registered are upper case.
fn method(text: &str) -> Option<Method> {
    let upper_case = text.bytes().all(|b| b.is_ascii_uppercase() || b == b'-');
    upper_case.then(|| Method::from_bytes(text.as_bytes()).ok()).flatten()
}
