//! `CheckRequest` → [`RawRequest`]: protobuf ends here.
//!
//! Any part may be absent: a proxyless gRPC client or a CONNECT request sends less than Envoy's HTTP
//! filter usually does. What cannot be absent is refused, as a client's doing, never as our fault.

use std::{borrow::Cow, mem};

use envoy_types::pb::{
    envoy::config::core::v3::Metadata,
    google::protobuf::{Struct, Value as ProtoValue, value::Kind},
};

use super::{
    fields::Malformed,
    message::{Attributes, Http},
};
use crate::engine::model::{Map, Value};
use crate::request::{RawBody, RawHeaders, RawRequest};

/// Set by Envoy beside a body of which it sent the first bytes only; a client's own is not shown.
const PARTIAL_BODY: &str = "x-envoy-auth-partial-body";

/// More than a browser sends.
const FEW_HEADERS: usize = 32;

/// Metadata nested deeper than this is left out: it is the operator's, and none needs more.
pub(super) const METADATA_DEPTH: usize = 32;

/// Why a message is no request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum DecodeError {
    #[error(transparent)]
    Malformed(#[from] Malformed),
    #[error("the CheckRequest holds no HTTP request")]
    Incomplete,
}

pub(super) fn decode(message: &[u8]) -> Result<RawRequest<'_>, DecodeError> {
    let Attributes { source, http, context_extensions, jwt_authn, route_metadata } =
        Attributes::of(message)?;
    let Http { id, method, headers, header_lines, path, host, scheme, body, raw_body } =
        http.ok_or(DecodeError::Incomplete)?;
    // With `encode_raw_headers` the joined form is empty, and the separate one holds every line.
    let headers = if header_lines.is_empty() {
        RawHeaders::Joined(each_once(headers))
    } else {
        RawHeaders::Separate(header_lines)
    };
    let body = RawBody {
        partial: is_partial(&headers),
        is_text: raw_body.is_empty() && !body.is_empty(),
        bytes: if raw_body.is_empty() { body.as_bytes() } else { raw_body }.into(),
    };
    Ok(RawRequest {
        id: id.into(),
        method: method.into(),
        scheme: scheme.into(),
        host: host.into(),
        target: path.into(),
        headers,
        body,
        peer: source.into(),
        context_extensions,
        route_metadata: in_our_words(route_metadata),
        jwt_authn: fields_of(jwt_authn, METADATA_DEPTH),
    })
}

/// The headers as the map that they are: of entries with one name the last one counts.
fn each_once<'m>(
    mut headers: Vec<(Cow<'m, str>, Cow<'m, str>)>,
) -> Vec<(Cow<'m, str>, Cow<'m, str>)> {
    if headers.len() <= FEW_HEADERS && all_differ(&headers) {
        return headers;
    }
    headers.sort_by(|(left, _), (right, _)| left.cmp(right));
    headers.dedup_by(|later, earlier| {
        let is_same = later.0 == earlier.0;
        if is_same {
            mem::swap(later, earlier);
        }
        is_same
    });
    headers
}

/// In quadratic time, which for few is less than it takes to sort them.
fn all_differ(headers: &[(Cow<'_, str>, Cow<'_, str>)]) -> bool {
    let mut rest = headers;
    while let [(name, _), others @ ..] = rest {
        if others.iter().any(|(other, _)| other == name) {
            return false;
        }
        rest = others;
    }
    true
}

fn is_partial(headers: &RawHeaders<'_>) -> bool {
    match headers {
        RawHeaders::Joined(headers) => {
            headers.iter().any(|(name, value)| name == PARTIAL_BODY && value == "true")
        }
        RawHeaders::Separate(headers) => {
            headers.iter().any(|(name, value)| name == PARTIAL_BODY && **value == *b"true")
        }
    }
}

pub(super) fn in_our_words(metadata: Metadata) -> Map {
    metadata
        .filter_metadata
        .into_iter()
        .map(|(namespace, fields)| (namespace, Value::Map(fields_of(fields, METADATA_DEPTH))))
        .collect()
}

pub(super) fn fields_of(fields: Struct, depth: usize) -> Map {
    fields
        .fields
        .into_iter()
        .filter_map(|(name, value)| Some((name, value_of(value, depth)?)))
        .collect()
}

fn value_of(value: ProtoValue, depth: usize) -> Option<Value> {
    let depth = depth.checked_sub(1)?;
    Some(match value.kind? {
        Kind::NullValue(_) => Value::Null,
        Kind::NumberValue(number) => Value::Number(number),
        Kind::StringValue(text) => Value::String(text.into()),
        Kind::BoolValue(value) => Value::Bool(value),
        Kind::StructValue(fields) => Value::Map(fields_of(fields, depth)),
        Kind::ListValue(list) => {
            list.values.into_iter().map(|value| value_of(value, depth)).collect::<Option<_>>()?
        }
    })
}
