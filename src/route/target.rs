//! A matched route and a request → the resource and the action, in Cerbos's words.

use std::sync::Arc;

use jiff::Timestamp;

use super::{
    Input,
    attribute::{self, AttributeError},
    route::{CompiledAttribute, CompiledResource, Route},
};
use crate::engine::model::{Action, Map, Resource, Value};
use crate::request::HttpRequest;

/// A route that a request matches, and what its method does there.
#[derive(Debug)]
pub struct RouteMatch<'a> {
    pub(super) route: &'a Route,
    pub(super) action: Action,
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    pub resource: Resource,
    pub action: Action,
}

/// Why a request has no target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    #[error("the resource kind is empty")]
    Kind,
    #[error("a part of the path is not a scope")]
    Scope,
    #[error("a part of the path is not a policy version")]
    PolicyVersion,
    #[error(transparent)]
    Attribute(#[from] AttributeError),
}

// === impl RouteMatch ===

impl RouteMatch<'_> {
    /// The template of the route, as it is written.
    #[must_use]
    pub fn template(&self) -> Arc<str> {
        self.route.template()
    }

    /// What the request is about. `claims` are those of its verified token.
    ///
    /// # Errors
    /// A value of the request that is not what the route declares.
    pub fn target(
        &self,
        request: &HttpRequest,
        claims: &Map,
        now: Timestamp,
    ) -> Result<Target, TargetError> {
        let Some(resource) = &self.route.resource else { return Err(TargetError::Kind) };
        let CompiledResource { kind, id, scope, policy_version, attr } = resource;
        let path = &request.path;
        let fill = |text: &super::text::CompiledText| text.fill(path).unwrap_or_default();
        let resource = Resource {
            kind: fill(kind).parse().map_err(|_invalid| TargetError::Kind)?,
            id: fill(id).into(),
            scope: fill(scope).parse().map_err(|_invalid| TargetError::Scope)?,
            policy_version: fill(policy_version)
                .parse()
                .map_err(|_invalid| TargetError::PolicyVersion)?,
            attr: attr
                .iter()
                .filter_map(|(name, attribute)| {
                    let value = self.attribute(attribute, request, claims, now).transpose()?;
                    Some(value.map(|value| (name.clone(), value)))
                })
                .collect::<Result<Map, _>>()?,
        };
        Ok(Target { resource, action: self.action.clone() })
    }

    fn attribute(
        &self,
        attribute: &CompiledAttribute,
        request: &HttpRequest,
        claims: &Map,
        now: Timestamp,
    ) -> Result<Option<Value>, AttributeError> {
        match attribute {
            CompiledAttribute::Constant(value) => Ok(Some(value.clone())),
            CompiledAttribute::Text(text) => Ok(text.fill(&request.path).map(Value::from)),
            CompiledAttribute::Input { input, value_type, required } => {
                let value = match input {
                    Input::PathParameter(name) => {
                        let position = self.route.template.position(name);
                        let text = position.and_then(|index| request.path.segment(index));
                        attribute::from_text(text, *value_type)?
                    }
                    input => attribute::read(input, *value_type, request, claims, now)?,
                };
                if value.is_none() && *required {
                    return Err(AttributeError::missing(input));
                }
                Ok(value)
            }
        }
    }
}

// === impl TargetError ===

impl TargetError {
    /// A code such as `target.scope`, which stays as it is.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::Kind => "target.kind",
            Self::Scope => "target.scope",
            Self::PolicyVersion => "target.policy_version",
            Self::Attribute(error) => error.reason(),
        }
    }

    /// Whether the token is to blame and not the request: it is then denied, and not malformed.
    #[must_use]
    pub fn is_about_the_caller(self) -> bool {
        self == Self::Attribute(AttributeError::MissingClaim)
    }
}
