//! One route, checked: its templates are parsed, and what they name is there.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use http::Method;

use super::{
    AttributeSource, Found, Input, ResourceSpec, RouteSpec, Template, TextTemplate, ValueType,
    template::Comparison,
    text::{CompiledText, UnknownParameter},
};
use crate::engine::model::{Action, Value};
use crate::request::Host;

/// A route of the table.
#[derive(Debug)]
pub struct Route {
    pub(super) place: String,
    pub(super) hosts: BTreeSet<Box<str>>,
    pub(super) template: Template,
    pub(super) public: BTreeSet<Method>,
    pub(super) actions: BTreeMap<Method, Action>,
    pub(super) resource: Option<CompiledResource>,
}

#[derive(Debug)]
pub(super) struct CompiledResource {
    pub(super) kind: CompiledText,
    pub(super) id: CompiledText,
    pub(super) scope: CompiledText,
    pub(super) policy_version: CompiledText,
    pub(super) attr: Vec<(Box<str>, CompiledAttribute)>,
}

#[derive(Debug)]
pub(super) enum CompiledAttribute {
    Constant(Value),
    Text(CompiledText),
    Input { input: Input, value_type: ValueType, required: bool },
}

/// A route that cannot be in the table, with its place in the configuration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {message}")]
pub struct RouteError {
    pub place: String,
    pub message: String,
}

// === impl Route ===

impl Route {
    /// The template, as it is written.
    #[must_use]
    pub fn template(&self) -> Arc<str> {
        self.template.text()
    }

    pub(super) fn build(spec: RouteSpec) -> Result<Self, Vec<RouteError>> {
        let RouteSpec { place, hosts, path, public, resource, actions } = spec;
        let error = |message: String| RouteError { place: place.clone(), message };
        let template: Template = match path.parse() {
            Ok(template) => template,
            Err(wrong) => return Err(vec![error(format!("the path `{path}`: {wrong}"))]),
        };
        let mut errors = Vec::new();
        let mut canonical = BTreeSet::new();
        for host in hosts {
            match Host::parse(&host) {
                Ok(host) => drop(canonical.insert(host.as_str().into())),
                Err(wrong) => errors.push(error(format!("the host `{host}`: {wrong}"))),
            }
        }
        if resource.is_none() && (public.is_empty() || !actions.is_empty()) {
            let message =
                format!("the route `{path}` needs a `resource`, or only `public` methods");
            errors.push(error(message));
        }
        let resource = resource.and_then(|resource| {
            CompiledResource::build(resource, &template)
                .map_err(|wrong| errors.extend(wrong.into_iter().map(&error)))
                .ok()
        });
        for method in actions.keys().filter(|method| public.contains(*method)) {
            let message = format!("{method} of `{path}` is both public and has an action");
            errors.push(error(message));
        }
        if errors.is_empty() {
            Ok(Self { hosts: canonical, template, public, actions, resource, place })
        } else {
            Err(errors)
        }
    }

    /// What a method does here. A route without a resource has no actions.
    pub(super) fn action(&self, method: &Method) -> Option<Action> {
        self.resource.as_ref()?;
        self.actions.get(method).cloned().or_else(|| {
            Found::default_verb(method, self.template.is_item()).and_then(|verb| verb.parse().ok())
        })
    }

    /// How the hosts relate, if some host is meant by both.
    pub(super) fn compare_hosts(&self, other: &Self) -> Option<Comparison> {
        let both_any = Comparison { left_is_narrower: false, right_is_narrower: false };
        match (self.hosts.is_empty(), other.hosts.is_empty()) {
            (true, true) => Some(both_any),
            (false, true) => Some(Comparison { left_is_narrower: true, ..both_any }),
            (true, false) => Some(Comparison { right_is_narrower: true, ..both_any }),
            (false, false) => (!self.hosts.is_disjoint(&other.hosts)).then_some(both_any),
        }
    }
}

// === impl CompiledResource ===

impl CompiledResource {
    fn build(spec: ResourceSpec, template: &Template) -> Result<Self, Vec<String>> {
        let ResourceSpec { kind, id, scope, policy_version, attr } = spec;
        let mut errors = Vec::new();
        let mut text = |text: &TextTemplate| {
            CompiledText::new(text, template)
                .map_err(|wrong: UnknownParameter| errors.push(wrong.to_string()))
                .ok()
        };
        let (kind, id) = (text(&kind), text(&id));
        let (scope, policy_version) = (text(&scope), text(&policy_version));
        let attr: Vec<Option<(Box<str>, CompiledAttribute)>> = attr
            .into_iter()
            .map(|(name, source)| {
                let attribute = match source {
                    AttributeSource::Constant(value) => CompiledAttribute::Constant(value),
                    AttributeSource::Template(template) => {
                        CompiledAttribute::Text(text(&template)?)
                    }
                    AttributeSource::Input { input, value_type, required } => {
                        CompiledAttribute::Input { input, value_type, required }
                    }
                };
                Some((name, attribute))
            })
            .collect();
        for (name, attribute) in attr.iter().flatten() {
            if let CompiledAttribute::Input { input: Input::PathParameter(parameter), .. } =
                attribute
                && template.position(parameter).is_none()
            {
                errors.push(format!(
                    "the attribute `{name}`: {}",
                    UnknownParameter { name: parameter.to_string(), path: template.text() }
                ));
            }
        }
        match (kind, id, scope, policy_version) {
            (Some(kind), Some(id), Some(scope), Some(policy_version)) if errors.is_empty() => {
                Ok(Self {
                    kind,
                    id,
                    scope,
                    policy_version,
                    attr: attr.into_iter().flatten().collect(),
                })
            }
            _ => Err(errors),
        }
    }
}

// === impl RouteError ===

impl RouteError {
    pub(super) fn conflict(left: &Route, right: &Route, same: bool) -> Self {
        let (path, other) = (left.template(), right.template());
        let message = if same {
            format!("the route `{path}` is there already, at {}", right.place)
        } else {
            format!(
                "the route `{path}` and the route `{other}` at {} match some paths both, and neither \
                 is the narrower one: make one of them a literal where the other is",
                right.place
            )
        };
        Self { place: left.place.clone(), message }
    }
}
