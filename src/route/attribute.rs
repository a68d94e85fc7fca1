//! An input of a request as an attribute, of the type that the route declares.

use jiff::Timestamp;

use super::{CertificateField, Input, ValueType};
use crate::engine::model::{Map, Value};
use crate::request::{BodyError, HeaderError, HttpRequest, PeerError, QueryError};

/// Why a value cannot be an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AttributeError {
    #[error("a value that the route needs is not in the request")]
    Missing,
    #[error("a claim that the route needs is not in the token")]
    MissingClaim,
    #[error("a value is not of the type that the route declares")]
    WrongType,
    #[error(transparent)]
    Header(#[from] HeaderError),
    #[error(transparent)]
    Query(#[from] QueryError),
    #[error(transparent)]
    Body(#[from] BodyError),
    #[error(transparent)]
    Peer(#[from] PeerError),
}

/// Reads one input; `None` where the request does not have it.
pub(super) fn read(
    input: &Input,
    value_type: ValueType,
    request: &HttpRequest,
    claims: &Map,
    now: Timestamp,
) -> Result<Option<Value>, AttributeError> {
    match input {
        Input::Claim(path) => from_value(within(claims, path), value_type),
        Input::PathParameter(_) => Ok(None),
        Input::Header(name) if value_type == ValueType::Strings => Ok(request
            .headers
            .list(name)?
            .map(|items| items.into_iter().map(Value::from).collect())),
        Input::Header(name) => from_text(request.headers.single(name)?, value_type),
        Input::Query(name) => from_text(request.query.single(name)?.as_deref(), value_type),
        Input::BodyField(path) => {
            let Some(body) = request.json_body()? else { return Ok(None) };
            let field = path.iter().try_fold(&body, |json, name| json.get(&**name));
            from_value(field.cloned().map(Value::from).as_ref(), value_type)
        }
        Input::PeerAddress => {
            let address = request.peer.address()?.map(|address| address.to_string());
            from_text(address.as_deref(), value_type)
        }
        Input::PeerCertificate(CertificateField::Thumbprint) => {
            from_text(request.peer.thumbprint()?.as_deref(), value_type)
        }
        Input::PeerCertificate(CertificateField::Principal) => {
            from_text(request.peer.principal()?, value_type)
        }
        Input::ContextExtension(name) => {
            from_text(request.context_extensions.get(&**name).map(String::as_str), value_type)
        }
        Input::Time => from_text(Some(&now.to_string()), value_type),
        Input::RouteMetadata(path) => from_value(within(&request.route_metadata, path), value_type),
    }
}

fn within<'v>(map: &'v Map, path: &[Box<str>]) -> Option<&'v Value> {
    let (first, rest) = path.split_first()?;
    rest.iter().try_fold(map.get(first)?, |value, name| match value {
        Value::Map(map) => map.get(name),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::List(_) => None,
    })
}

/// Text of a request as a value of a type.
pub(super) fn from_text(
    text: Option<&str>,
    value_type: ValueType,
) -> Result<Option<Value>, AttributeError> {
    let Some(text) = text else { return Ok(None) };
    Ok(Some(match value_type {
        ValueType::String | ValueType::Any => text.into(),
        ValueType::Strings => text.split(',').map(|item| item.trim().into()).collect(),
        ValueType::Bool => match text {
            "true" => true.into(),
            "false" => false.into(),
            _ => return Err(AttributeError::WrongType),
        },
        // JSON's grammar: no `+`, no `0x`, no `inf`, no white space.
        ValueType::Number => match serde_json::from_str::<serde_json::Number>(text) {
            Ok(number)
                if !text.starts_with([' ', '\t', '\n', '\r'])
                    && !text.ends_with([' ', '\t', '\n', '\r']) =>
            {
                let number = number.as_f64().filter(|number| number.is_finite());
                number.ok_or(AttributeError::WrongType)?.into()
            }
            Ok(_) | Err(_) => return Err(AttributeError::WrongType),
        },
    }))
}

/// A JSON value, if it is of a type. Null is a value only where any is taken.
fn from_value(
    value: Option<&Value>,
    value_type: ValueType,
) -> Result<Option<Value>, AttributeError> {
    let Some(value) = value else { return Ok(None) };
    let fits = match (value_type, value) {
        (ValueType::Any, _)
        | (ValueType::String, Value::String(_))
        | (ValueType::Number, Value::Number(_))
        | (ValueType::Bool, Value::Bool(_)) => true,
        (ValueType::Strings, Value::List(items)) => {
            items.iter().all(|item| item.as_str().is_some())
        }
        (ValueType::String | ValueType::Number | ValueType::Bool | ValueType::Strings, _) => false,
    };
    if fits { Ok(Some(value.clone())) } else { Err(AttributeError::WrongType) }
}

// === impl AttributeError ===

impl AttributeError {
    pub(super) fn missing(input: &Input) -> Self {
        if matches!(input, Input::Claim(_)) { Self::MissingClaim } else { Self::Missing }
    }

    pub(super) fn reason(self) -> &'static str {
        match self {
            Self::Missing => "attribute.missing",
            Self::MissingClaim => "attribute.missing_claim",
            Self::WrongType => "attribute.type",
            Self::Header(error) => error.reason(),
            Self::Query(error) => error.reason(),
            Self::Body(error) => error.reason(),
            Self::Peer(error) => error.reason(),
        }
    }
}
