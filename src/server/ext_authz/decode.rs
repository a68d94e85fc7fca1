//! `CheckRequest` → [`RawRequest`]: protobuf ends here.
//!
//! Any part may be absent: a proxyless gRPC client or a CONNECT request sends less than Envoy's HTTP
//! filter usually does. What cannot be absent is refused, as a client's doing, never as our fault.

use envoy_types::pb::{
    envoy::{
        config::core::v3::{Metadata, address::Address, socket_address::PortSpecifier},
        service::auth::v3::{
            AttributeContext, CheckRequest,
            attribute_context::{HttpRequest, Peer},
        },
    },
    google::protobuf::{Struct, Value as ProtoValue, value::Kind},
};

use crate::engine::model::{Map, Value};
use crate::request::{RawBody, RawHeaders, RawPeer, RawRequest};

/// Set by Envoy beside a body of which it sent the first bytes only; a client's own is not shown.
const PARTIAL_BODY: &str = "x-envoy-auth-partial-body";

/// Metadata nested deeper than this is left out: it is the operator's, and none needs more.
const METADATA_DEPTH: usize = 32;

/// The filter whose metadata can hold the payload of a verified token.
const JWT_AUTHN: &str = "envoy.filters.http.jwt_authn";

/// The message has no HTTP request in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the CheckRequest holds no HTTP request")]
pub(super) struct Incomplete;

pub(super) fn decode(message: CheckRequest) -> Result<RawRequest, Incomplete> {
    let AttributeContext {
        source,
        request,
        context_extensions,
        route_metadata_context,
        destination: _,
        metadata_context,
        tls_session: _,
    } = message.attributes.ok_or(Incomplete)?;
    let http = request.and_then(|request| request.http).ok_or(Incomplete)?;
    let HttpRequest {
        id,
        method,
        headers,
        header_map,
        path,
        host,
        scheme,
        body,
        raw_body,
        query: _,
        fragment: _,
        size: _,
        protocol: _,
    } = http;
    // With `encode_raw_headers` the joined form is empty, and the separate one holds every line.
    let headers = match header_map {
        Some(map) if !map.headers.is_empty() => RawHeaders::Separate(
            map.headers
                .into_iter()
                .map(|line| {
                    let value = if line.raw_value.is_empty() {
                        line.value.into_bytes()
                    } else {
                        line.raw_value
                    };
                    (line.key, value)
                })
                .collect(),
        ),
        Some(_) | None => RawHeaders::Joined(headers.into_iter().collect()),
    };
    let body = RawBody {
        partial: is_partial(&headers),
        bytes: if raw_body.is_empty() { body.into_bytes() } else { raw_body },
    };
    Ok(RawRequest {
        id,
        method,
        scheme,
        host,
        target: path,
        headers,
        body,
        peer: source.map(peer).unwrap_or_default(),
        context_extensions: context_extensions.into_iter().collect(),
        route_metadata: route_metadata_context.map(metadata).unwrap_or_default(),
        jwt_authn: metadata_context.map(jwt_authn).unwrap_or_default(),
    })
}

fn is_partial(headers: &RawHeaders) -> bool {
    match headers {
        RawHeaders::Joined(headers) => {
            headers.iter().any(|(name, value)| name == PARTIAL_BODY && value == "true")
        }
        RawHeaders::Separate(headers) => {
            headers.iter().any(|(name, value)| name == PARTIAL_BODY && value == b"true")
        }
    }
}

fn peer(source: Peer) -> RawPeer {
    let address = source.address.and_then(|address| address.address);
    RawPeer {
        address: match address {
            Some(Address::SocketAddress(socket)) => match socket.port_specifier {
                // A named port is no address of a connection.
                Some(PortSpecifier::NamedPort(_)) => String::new(),
                Some(PortSpecifier::PortValue(_)) | None => socket.address,
            },
            Some(Address::Pipe(_) | Address::EnvoyInternalAddress(_)) | None => String::new(),
        },
        certificate: source.certificate,
        principal: source.principal,
    }
}

fn jwt_authn(mut metadata: Metadata) -> Map {
    let fields = metadata.filter_metadata.remove(JWT_AUTHN);
    fields.map(|fields| fields_of(fields, METADATA_DEPTH)).unwrap_or_default()
}

fn metadata(metadata: Metadata) -> Map {
    metadata
        .filter_metadata
        .into_iter()
        .map(|(namespace, fields)| (namespace, Value::Map(fields_of(fields, METADATA_DEPTH))))
        .collect()
}

fn fields_of(fields: Struct, depth: usize) -> Map {
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
