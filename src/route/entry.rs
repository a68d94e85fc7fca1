//! One entry of the table, ready to be matched.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use http::Method;

use super::{
    AttributeSource, Input, ResourceSpec, RouteProblem, RouteSpec,
    resource::ResourcePlan,
    template::Template,
    verbs::{DEFAULT_METHODS, default_verb},
};
use crate::engine::model::{Action, ResourceKind};
use crate::identity::{Demands, TokenBinding, TokenPlace, TokenSource};
use crate::request::Host;

/// A route of the table.
#[derive(Clone, Debug)]
pub struct Route {
    pub(super) place: String,
    /// Empty: any host.
    pub(super) hosts: BTreeSet<Host>,
    pub(super) template: Template,
    pub(super) public: BTreeSet<Method>,
    /// Default verbs included. Empty without a resource.
    pub(super) actions: BTreeMap<Method, Action>,
    pub(super) resource: Option<ResourcePlan>,
    pub(super) demands: Demands,
    /// With those of the route.
    pub(super) demands_by_method: BTreeMap<Method, Demands>,
    pub(super) token: TokenSource,
}

// === impl Route ===

impl Route {
    pub(super) fn compile(spec: RouteSpec) -> Result<Self, Vec<RouteProblem>> {
        let RouteSpec {
            place,
            hosts,
            path,
            public,
            resource,
            actions,
            demands,
            demands_by_method,
            token,
        } = spec;
        let mut problems: Vec<_> = unprovable(&demands, &token).into_iter().collect();
        let hosts = hosts
            .iter()
            .filter_map(|host| read_host(host).map_err(|problem| problems.push(problem)).ok())
            .collect();
        check_methods(&public, &actions, resource.as_ref(), &mut problems);
        let template = match Template::parse(&path) {
            Ok(template) => template,
            Err(error) => {
                problems.push(RouteProblem::Template { path, error });
                return Err(problems);
            }
        };
        let actions = match &resource {
            Some(_) => with_defaults(actions, &public, &template),
            None => BTreeMap::new(),
        };
        let resource = match resource.map(|spec| ResourcePlan::compile(spec, &template)) {
            Some(Ok(plan)) => Some(plan),
            Some(Err(more)) => {
                problems.extend(more);
                None
            }
            None => None,
        };
        let demands_by_method = demands_by_method
            .into_iter()
            .map(|(method, more)| {
                if !actions.contains_key(&method) {
                    problems.push(RouteProblem::NoToken { method: method.clone() });
                }
                (method, demands.and(&more))
            })
            .collect();
        if problems.is_empty() {
            Ok(Self {
                place,
                hosts,
                template,
                public,
                actions,
                resource,
                demands,
                demands_by_method,
                token,
            })
        } else {
            Err(problems)
        }
    }

    /// The path template, as written.
    #[must_use]
    pub fn template(&self) -> Arc<str> {
        self.template.text().clone()
    }

    /// Where it is written: `file:line:column`.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place
    }

    /// What its methods do, default verbs included.
    pub fn actions(&self) -> impl Iterator<Item = &Action> {
        self.actions.values()
    }

    /// The kind of its resource, where no part of the path is in it.
    #[must_use]
    pub fn kind(&self) -> Option<&ResourceKind> {
        self.resource.as_ref()?.fixed_kind()
    }

    /// The attributes that the route gives its resource.
    pub fn attributes(&self) -> impl Iterator<Item = (&str, &AttributeSource)> {
        self.resource.iter().flat_map(ResourcePlan::attributes)
    }

    /// What of a request its resource is made of, each once.
    pub fn reads(&self) -> impl Iterator<Item = &Input> {
        self.resource.iter().flat_map(ResourcePlan::reads)
    }
}

fn read_host(text: &str) -> Result<Host, RouteProblem> {
    let host =
        Host::parse(text).map_err(|error| RouteProblem::Host { host: text.to_owned(), error })?;
    let without_dot = text.strip_suffix('.').unwrap_or(text);
    if without_dot.eq_ignore_ascii_case(host.as_str()) || text.ends_with(']') {
        Ok(host)
    } else {
        Err(RouteProblem::Port { host: text.to_owned() })
    }
}

fn check_methods(
    public: &BTreeSet<Method>,
    actions: &BTreeMap<Method, Action>,
    resource: Option<&ResourceSpec>,
    problems: &mut Vec<RouteProblem>,
) {
    if public.is_empty() && resource.is_none() {
        problems.push(RouteProblem::Closed);
    }
    for method in actions.keys() {
        if public.contains(method) {
            problems.push(RouteProblem::PublicAction { method: method.clone() });
        } else if resource.is_none() {
            problems.push(RouteProblem::NoResource { method: method.clone() });
        }
    }
}

/// A binding that no request of the route could prove.
fn unprovable(demands: &Demands, token: &TokenSource) -> Option<RouteProblem> {
    let binding = demands.binding?;
    match (&token.place, binding) {
        (TokenPlace::Authorization, _)
        | (TokenPlace::Header(_), TokenBinding::Mtls | TokenBinding::Any) => None,
        (TokenPlace::Header(_), TokenBinding::Dpop) => Some(RouteProblem::BoundHeader),
        (TokenPlace::Cookie { .. }, _) => Some(RouteProblem::BoundCookie),
        (TokenPlace::EnvoyMetadata(_), _) => Some(RouteProblem::BoundMetadata),
    }
}

fn with_defaults(
    mut actions: BTreeMap<Method, Action>,
    public: &BTreeSet<Method>,
    template: &Template,
) -> BTreeMap<Method, Action> {
    for method in DEFAULT_METHODS {
        if public.contains(&method) || actions.contains_key(&method) {
            continue;
        }
        // HEAD tells about what GET would return, so whoever may not do the one may not do the other.
        let get = actions.get(&Method::GET).filter(|_| method == Method::HEAD).cloned();
        let verb = default_verb(&method, template.shape());
        if let Some(action) = get.or_else(|| verb?.parse().ok()) {
            actions.insert(method, action);
        }
    }
    actions
}
