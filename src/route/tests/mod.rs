mod build;
mod find;
mod laws;
mod target;

use std::collections::BTreeMap;

use http::Method;

use super::{Found, ResourceSpec, RouteSpec, RouteTable, TextTemplate};
use crate::identity::{Demands, TokenSource};
use crate::request::{HttpRequest, RawRequest, RequestRules};

/// A protected route, written at `at`.
fn route(at: &str, path: &str) -> RouteSpec {
    RouteSpec {
        place: at.to_owned(),
        hosts: Vec::new(),
        path: path.to_owned(),
        public: [].into(),
        resource: Some(resource()),
        actions: BTreeMap::new(),
        demands: Demands::default(),
        demands_by_method: BTreeMap::new(),
        token: TokenSource::default(),
    }
}

fn resource() -> ResourceSpec {
    let text = |text: &str| TextTemplate(text.to_owned());
    let none = text("");
    let (scope, policy_version) = (none.clone(), none);
    ResourceSpec { kind: text("thing"), id: text("any"), scope, policy_version, attr: [].into() }
}

fn on(host: &str, spec: RouteSpec) -> RouteSpec {
    RouteSpec { hosts: vec![host.to_owned()], ..spec }
}

/// Each route is written at its own path.
fn table(paths: &[&str]) -> RouteTable {
    RouteTable::build(paths.iter().map(|path| route(path, path)).collect()).unwrap()
}

fn raw<'a>(method: &'a str, host: &'a str, target: &'a str) -> RawRequest<'a> {
    RawRequest {
        method: method.into(),
        host: host.into(),
        target: target.into(),
        ..RawRequest::default()
    }
}

fn read(raw: RawRequest<'_>) -> HttpRequest<'_> {
    HttpRequest::read(raw, &RequestRules::default()).unwrap()
}

/// What is found, in a word or two: the place of the route, and what may be done.
fn found(table: &RouteTable, request: &HttpRequest<'_>) -> String {
    match table.find(request) {
        Found::NoRoute => "no route".to_owned(),
        Found::NoMethod(route) => format!("{}: no method", route.place()),
        Found::Public(route) => format!("{}: public", route.place()),
        Found::Protected(matched) => format!("{}: {}", matched.route().place(), matched.action()),
    }
}

fn methods(names: &[&str]) -> impl Iterator<Item = Method> {
    names.iter().map(|name| name.parse().unwrap())
}
