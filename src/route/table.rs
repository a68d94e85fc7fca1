//! The route table: host, path and method → a route and an action.

use std::{collections::HashMap, sync::Arc};

use http::Method;

use super::{
    Input, Route, RouteError, RouteProblem, RouteSpec,
    overlap::{Common, Overlap, overlap},
    resource::ResourcePlan,
    tree::Node,
};
use crate::engine::model::Action;
use crate::identity::{Demands, TokenSource};
use crate::request::{Host, HttpRequest};

/// All routes, of which no two are meant by one request.
#[derive(Clone, Debug, Default)]
pub struct RouteTable {
    routes: Box<[Route]>,
    /// For each named host its own routes and those of any host.
    by_host: HashMap<Host, Node>,
    any_host: Node,
}

/// What a request is about.
#[derive(Clone, Copy, Debug)]
pub enum Found<'a> {
    /// No template matches host and path.
    NoRoute,
    /// The route has no action for the method.
    NoMethod(&'a Route),
    /// The route needs no token for the method.
    Public(&'a Route),
    Protected(RouteMatch<'a>),
}

/// A request and the protected route that it matches: only [`RouteTable::find`] makes one.
#[derive(Clone, Copy, Debug)]
pub struct RouteMatch<'a> {
    pub(super) route: &'a Route,
    pub(super) plan: &'a ResourcePlan,
    pub(super) action: &'a Action,
    pub(super) request: &'a HttpRequest<'a>,
}

// === impl RouteTable ===

impl RouteTable {
    /// # Errors
    /// Everything that is wrong with the routes, in their order.
    pub fn build(specs: Vec<RouteSpec>) -> Result<Self, Vec<RouteError>> {
        let mut routes = Vec::with_capacity(specs.len());
        let mut errors = Vec::new();
        for spec in specs {
            let place = spec.place.clone();
            match Route::compile(spec) {
                Ok(route) => {
                    let problems = routes.iter().filter_map(|other| conflict(other, &route));
                    errors.extend(
                        problems.map(|problem| RouteError { place: place.clone(), problem }),
                    );
                    routes.push(route);
                }
                Err(problems) => {
                    let problems = problems.into_iter();
                    errors.extend(
                        problems.map(|problem| RouteError { place: place.clone(), problem }),
                    );
                }
            }
        }
        if errors.is_empty() { Ok(Self::index(routes.into())) } else { Err(errors) }
    }

    /// The routes in their order.
    pub fn routes(&self) -> impl ExactSizeIterator<Item = &Route> {
        self.routes.iter()
    }

    /// The hosts that its routes name.
    pub fn hosts(&self) -> impl Iterator<Item = &Host> {
        self.by_host.keys()
    }

    #[must_use]
    pub fn find<'a>(&'a self, request: &'a HttpRequest<'a>) -> Found<'a> {
        let tree = self.by_host.get(&request.host).unwrap_or(&self.any_host);
        let Some(route) = tree.find(&request.path).and_then(|index| self.routes.get(index)) else {
            return Found::NoRoute;
        };
        if route.public.contains(&request.method) {
            return Found::Public(route);
        }
        match (&route.resource, route.actions.get(&request.method)) {
            (Some(plan), Some(action)) => {
                Found::Protected(RouteMatch { route, plan, action, request })
            }
            (Some(_) | None, _) => Found::NoMethod(route),
        }
    }

    fn index(routes: Box<[Route]>) -> Self {
        let mut any_host = Node::default();
        let (named, any): (Vec<_>, Vec<_>) =
            routes.iter().enumerate().partition(|(_, route)| !route.hosts.is_empty());
        for (index, route) in any {
            any_host.insert(route.template.parts(), index);
        }
        let mut by_host: HashMap<Host, Node> = HashMap::new();
        for (index, route) in named {
            for host in &route.hosts {
                // A named host is more specific than any host, so its routes replace.
                let tree = by_host.entry(host.clone()).or_insert_with(|| any_host.clone());
                tree.insert(route.template.parts(), index);
            }
        }
        Self { routes, by_host, any_host }
    }
}

/// What is wrong with two routes beside each other.
fn conflict(left: &Route, right: &Route) -> Option<RouteProblem> {
    let hosts = (left.hosts.is_empty(), right.hosts.is_empty());
    if hosts == (false, false) && left.hosts.is_disjoint(&right.hosts) {
        return None;
    }
    let other = left.place.clone();
    match overlap(&left.template, &right.template) {
        Overlap::Apart => None,
        Overlap::Spelling => Some(RouteProblem::Spelling { other }),
        Overlap::Common(Common { left, right, example }) => {
            let (left, right) = (left || hosts == (false, true), right || hosts == (true, false));
            match (left, right) {
                (true, true) => Some(RouteProblem::Ambiguous { other, example }),
                (false, false) => Some(RouteProblem::Same { other }),
                (true, false) | (false, true) => None,
            }
        }
    }
}

// === impl RouteMatch ===

impl<'a> RouteMatch<'a> {
    /// The path template, as written.
    #[must_use]
    pub fn template(&self) -> Arc<str> {
        self.route.template()
    }

    #[must_use]
    pub fn route(&self) -> &'a Route {
        self.route
    }

    #[must_use]
    pub fn action(&self) -> &'a Action {
        self.action
    }

    /// What the sender's token must be. Whoever has a match has these, and there is no other way to
    /// a [`Target`](super::Target).
    #[must_use]
    pub fn demands(&self) -> &'a Demands {
        // HEAD tells about what GET would return.
        let is_head = self.request.method == Method::HEAD;
        let method = if is_head { &Method::GET } else { &self.request.method };
        let of_method = &self.route.demands_by_method;
        let own = of_method.get(&self.request.method).or_else(|| of_method.get(method));
        own.unwrap_or(&self.route.demands)
    }

    /// Where the sender's token is, and nowhere else.
    #[must_use]
    pub fn token_source(&self) -> &'a TokenSource {
        &self.route.token
    }

    /// The attributes of its resource that are the time of the request.
    #[must_use]
    pub fn now_attributes(&self) -> &'a [Box<str>] {
        &self.plan.now_attributes
    }

    /// What of the request its resource is made of, each once.
    pub fn reads(&self) -> impl Iterator<Item = &'a Input> {
        self.route.reads()
    }

    /// The decoded value of a path parameter.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&'a str> {
        self.route.template.position(name)?.value(&self.request.path)
    }
}
