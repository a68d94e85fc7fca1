//! The question's second half: a matched request as the resource and the action of a check.

use std::{borrow::Cow, cell::OnceCell};

use jiff::Timestamp;
use serde_json::Value as Json;

use super::{
    CertificateField, Input, RouteMatch, TargetError, ValueType,
    resource::{Attribute, Source},
    value::{WrongType, from_json, from_text, of_type, strings},
};
use crate::engine::model::{Action, Map, Resource, Value};
use crate::request::{BodyError, HeaderError, PeerError, QueryError, RequestError, caseless};

/// What a request is about, in Cerbos's words.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    pub resource: Resource,
    pub action: Action,
}

/// Reads the inputs of one request. The body is parsed when it is asked for.
struct Reader<'a> {
    matched: &'a RouteMatch<'a>,
    claims: &'a Map,
    now: Timestamp,
    body: OnceCell<Result<Option<Json>, BodyError>>,
}

/// Why one input has no value that can be used.
enum Unusable {
    WrongType,
    OtherSpelling,
    Request(RequestError),
}

// === impl RouteMatch ===

impl RouteMatch<'_> {
    /// # Errors
    /// A value that is missing, is there twice, or is not what the route declares.
    pub fn target(&self, claims: &Map, now: Timestamp) -> Result<Target, TargetError> {
        let (plan, path) = (self.plan, &self.request.path);
        let kind = plan.kind.get(path).ok_or(TargetError::Kind)?;
        let id = plan.id.fill(path).ok_or(TargetError::Id)?;
        let mut words = plan.scope_words.iter().filter_map(|position| position.value(path));
        if words.any(|word| word.contains('.')) {
            return Err(TargetError::Scope);
        }
        let scope = plan.scope.get(path).ok_or(TargetError::Scope)?;
        let policy_version = plan.policy_version.get(path).ok_or(TargetError::PolicyVersion)?;
        let reader = Reader { matched: self, claims, now, body: OnceCell::new() };
        let mut attr = Vec::with_capacity(plan.attr.len());
        for attribute in &plan.attr {
            if let Some(value) = reader.attribute(attribute)? {
                attr.push((attribute.name.clone(), value));
            }
        }
        let attr = attr.into_iter().collect();
        let resource = Resource { kind, id, policy_version, scope, attr };
        Ok(Target { resource, action: self.action.clone() })
    }
}

// === impl Reader ===

impl Reader<'_> {
    fn attribute(&self, attribute: &Attribute) -> Result<Option<Value>, TargetError> {
        let (input, value_type, required) = match &attribute.source {
            Source::Constant(value) => return Ok(Some(value.clone())),
            Source::Text(text) => {
                return Ok(text.fill(&self.matched.request.path).map(Value::String));
            }
            Source::Input { input, value_type, required } => (input, *value_type, *required),
        };
        let name = attribute.name.clone();
        let is_claim = matches!(input, Input::Claim(_));
        match self.input(input, value_type) {
            Ok(None) if required && is_claim => Err(TargetError::MissingClaim { attribute: name }),
            Ok(None) if required => Err(TargetError::Missing { attribute: name }),
            Ok(value) => Ok(value),
            Err(Unusable::WrongType) if is_claim => {
                Err(TargetError::WrongTypeOfClaim { attribute: name })
            }
            Err(Unusable::WrongType) => Err(TargetError::WrongType { attribute: name }),
            Err(Unusable::OtherSpelling) => Err(TargetError::OtherSpelling { attribute: name }),
            Err(Unusable::Request(error)) => {
                Err(TargetError::Unreadable { attribute: name, error })
            }
        }
    }

    fn input(&self, input: &Input, value_type: ValueType) -> Result<Option<Value>, Unusable> {
        let request = self.matched.request;
        let text: Option<Cow<'_, str>> = match input {
            Input::Claim(path) => return typed(self.claims, path, value_type),
            Input::RouteMetadata(path) => return typed(&request.route_metadata, path, value_type),
            Input::BodyField(path) => return self.body_field(path, value_type),
            Input::Header(name) if value_type == ValueType::Strings => {
                return Ok(request.headers.list(name)?.map(strings));
            }
            Input::Header(name) => request.headers.single(name)?.map(Cow::Borrowed),
            Input::Query(name) => request.query.single(name)?,
            Input::PathParameter(name) => self.matched.parameter(name).map(Cow::Borrowed),
            Input::ContextExtension(name) => {
                request.context_extensions.get(&**name).map(|text| Cow::Borrowed(&**text))
            }
            Input::PeerAddress => {
                request.peer.address()?.map(|address| Cow::Owned(address.to_string()))
            }
            Input::PeerCertificate(CertificateField::Thumbprint) => {
                request.peer.thumbprint()?.map(Cow::Owned)
            }
            Input::PeerCertificate(CertificateField::Principal) => {
                request.peer.principal()?.map(Cow::Borrowed)
            }
            Input::Time => Some(Cow::Owned(self.now.to_string())),
        };
        Ok(text.map(|text| from_text(&text, value_type)).transpose()?)
    }

    fn body_field(
        &self,
        path: &[Box<str>],
        value_type: ValueType,
    ) -> Result<Option<Value>, Unusable> {
        let body = self.body.get_or_init(|| self.matched.request.json_body());
        let mut json = match body {
            Ok(Some(json)) => json,
            Ok(None) => return Ok(None),
            Err(error) => return Err((*error).into()),
        };
        for name in path {
            let object = json.as_object().ok_or(Unusable::WrongType)?;
            let plain = caseless(name);
            if object.keys().any(|other| **other != **name && caseless(other) == plain) {
                return Err(Unusable::OtherSpelling);
            }
            match object.get(&**name) {
                Some(inner) => json = inner,
                None => return Ok(None),
            }
        }
        Ok(Some(from_json(json, value_type)?))
    }
}

/// A value within maps, of the type that it should have.
fn typed(map: &Map, path: &[Box<str>], value_type: ValueType) -> Result<Option<Value>, Unusable> {
    let Some((last, outer)) = path.split_last() else { return Ok(None) };
    let mut map = map;
    for name in outer {
        match map.get(name) {
            Some(Value::Map(inner)) => map = inner,
            Some(_) => return Err(Unusable::WrongType),
            None => return Ok(None),
        }
    }
    Ok(map.get(last).map(|value| of_type(value.clone(), value_type)).transpose()?)
}

// === impl Unusable ===

macro_rules! unusable {
    ($($error:ty),*) => {
        $(impl From<$error> for Unusable {
            fn from(error: $error) -> Self {
                Self::Request(error.into())
            }
        })*
    };
}

unusable!(BodyError, HeaderError, PeerError, QueryError);

impl From<WrongType> for Unusable {
    fn from(_: WrongType) -> Self {
        Self::WrongType
    }
}
