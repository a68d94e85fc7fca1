//! The route table: host and path → route, or nothing.

use std::{collections::HashMap, sync::Arc};

use http::Method;

use super::{
    RouteSpec, Template,
    route::{Route, RouteError},
    target::RouteMatch,
    template::TemplateSegment,
};
use crate::request::{HttpRequest, Segment, caseless};

/// All routes, ready to be looked up. Looking up costs as much as the path has segments, however
/// many routes there are.
#[derive(Debug)]
pub struct RouteTable {
    routes: Vec<Arc<Route>>,
    /// By host in its canonical form; a named host is looked at before all others.
    hosts: HashMap<Box<str>, Node>,
    any_host: Node,
}

/// What a request is about.
#[derive(Debug)]
pub enum Found<'a> {
    /// The method needs no token.
    Public(&'a Route),
    /// The policies decide.
    Protected(RouteMatch<'a>),
    /// The path has a route, which does not speak the method.
    NoMethod(&'a Route),
    NoRoute,
}

/// What follows a prefix that several templates share.
#[derive(Debug, Default)]
struct Node {
    /// By caseless text: a segment that differs from a literal in case only is neither the literal
    /// nor a parameter.
    literals: HashMap<Box<str>, (Box<str>, Self)>,
    parameter: Option<Box<Self>>,
    rest: Option<usize>,
    route: Option<usize>,
}

enum Lookup {
    Found(usize),
    Nothing,
    /// A server that ignores case would serve a literal sibling: nothing else may match either.
    DiffersInCase,
}

// === impl RouteTable ===

impl RouteTable {
    /// Builds the table.
    ///
    /// # Errors
    /// Every route that is wrong in itself, and every two of which neither is the narrower one.
    pub fn build(specs: Vec<RouteSpec>) -> Result<Self, Vec<RouteError>> {
        let mut errors = Vec::new();
        let mut routes = Vec::new();
        for spec in specs {
            match Route::build(spec) {
                Ok(route) => routes.push(Arc::new(route)),
                Err(wrong) => errors.extend(wrong),
            }
        }
        errors.extend(conflicts(&routes));
        if !errors.is_empty() {
            return Err(errors);
        }
        let mut table =
            Self { routes: Vec::new(), hosts: HashMap::new(), any_host: Node::default() };
        for (index, route) in routes.iter().enumerate() {
            if route.hosts.is_empty() {
                table.any_host.insert(&route.template, index);
            }
            for host in &route.hosts {
                table.hosts.entry(host.clone()).or_default().insert(&route.template, index);
            }
        }
        table.routes = routes;
        Ok(table)
    }

    /// Finds what a request is about.
    #[must_use]
    pub fn find<'a>(&'a self, request: &'a HttpRequest) -> Found<'a> {
        let named = self.hosts.get(request.host.as_str());
        let named = named.map_or(Lookup::Nothing, |node| node.find(request.path.segments()));
        let found = match named {
            Lookup::Nothing => self.any_host.find(request.path.segments()),
            Lookup::Found(_) | Lookup::DiffersInCase => named,
        };
        let Lookup::Found(index) = found else { return Found::NoRoute };
        let Some(route) = self.routes.get(index) else { return Found::NoRoute };
        if route.public.contains(&request.method) {
            return Found::Public(route);
        }
        match route.action(&request.method) {
            Some(action) => Found::Protected(RouteMatch { route, action }),
            None => Found::NoMethod(route),
        }
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.routes.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.routes.is_empty()
    }
}

/// Pairs of routes that some path matches both, and of which neither is at least as narrow in every
/// segment and in its host.
fn conflicts(routes: &[Arc<Route>]) -> Vec<RouteError> {
    let mut errors = Vec::new();
    for (index, left) in routes.iter().enumerate() {
        for right in routes.iter().take(index) {
            let Some(host) = left.compare_hosts(right) else { continue };
            let Some(path) = left.template.compare(&right.template) else { continue };
            let left_is_narrower = host.left_is_narrower || path.left_is_narrower;
            let right_is_narrower = host.right_is_narrower || path.right_is_narrower;
            if left_is_narrower == right_is_narrower {
                errors.push(RouteError::conflict(left, right, !left_is_narrower));
            }
        }
    }
    errors
}

// === impl Found ===

impl Found<'_> {
    /// The methods of HTTP that have a verb of their own, where a route names no action.
    #[must_use]
    pub fn default_verb(method: &Method, is_item: bool) -> Option<&'static str> {
        Some(match (method.as_str(), is_item) {
            ("GET" | "HEAD", true) => "view",
            ("GET" | "HEAD", false) => "list",
            ("POST", _) => "create",
            ("PUT" | "PATCH", _) => "edit",
            ("DELETE", _) => "delete",
            _ => return None,
        })
    }
}

// === impl Node ===

impl Node {
    fn insert(&mut self, template: &Template, route: usize) {
        let mut node = self;
        for segment in template.segments() {
            node = match segment {
                TemplateSegment::Literal(text) => {
                    let key = caseless(text).into();
                    &mut node
                        .literals
                        .entry(key)
                        .or_insert_with(|| (text.clone(), Self::default()))
                        .1
                }
                TemplateSegment::Parameter(_) => node.parameter.get_or_insert_default(),
                TemplateSegment::Rest(_) => {
                    node.rest = Some(route);
                    return;
                }
            };
        }
        node.route = Some(route);
    }

    fn find<'s>(&self, mut segments: impl Iterator<Item = Segment<'s>> + Clone) -> Lookup {
        let Some(segment) = segments.next() else {
            return self.route.map_or(Lookup::Nothing, Lookup::Found);
        };
        let is_last = segments.clone().next().is_none();
        if let Some((text, child)) = self.literals.get(&*caseless(segment.decoded)) {
            if **text != *segment.encoded {
                return Lookup::DiffersInCase;
            }
            return match child.find(segments) {
                // More follows, so what the rest would take is not the literal itself.
                Lookup::Nothing if !is_last => self.rest(),
                found => found,
            };
        }
        if segment.decoded.is_empty() {
            return Lookup::Nothing;
        }
        let found = self.parameter.as_ref().map(|child| child.find(segments));
        match found {
            Some(Lookup::Nothing) | None => self.rest(),
            Some(found) => found,
        }
    }

    fn rest(&self) -> Lookup {
        self.rest.map_or(Lookup::Nothing, Lookup::Found)
    }
}
