//! The same reading of a `CheckRequest`, after `prost` has decoded it.

use std::collections::{BTreeMap, HashMap};

use envoy_types::pb::envoy::{
    config::core::v3::{HeaderMap, Metadata, address::Address, socket_address::PortSpecifier},
    service::auth::v3::{
        AttributeContext, CheckRequest,
        attribute_context::{HttpRequest, Peer},
    },
};

use super::super::{
    decode::{METADATA_DEPTH, fields_of, in_our_words as metadata},
    message::JWT_AUTHN,
};
use crate::engine::model::Map;
use crate::request::{RawBody, RawHeaders, RawPeer, RawRequest};

#[derive(Debug)]
pub(super) struct Incomplete;

pub(super) fn decode(message: CheckRequest) -> Result<RawRequest<'static>, Incomplete> {
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
    let headers = lines(headers, header_map);
    let body = RawBody {
        partial: is_partial(&headers),
        is_text: raw_body.is_empty() && !body.is_empty(),
        bytes: if raw_body.is_empty() { body.into_bytes() } else { raw_body }.into(),
    };
    let extension = |(name, value): (String, String)| (name.into(), value.into());
    Ok(RawRequest {
        id: id.into(),
        method: method.into(),
        scheme: scheme.into(),
        host: host.into(),
        target: path.into(),
        headers,
        body,
        peer: source.map(peer).unwrap_or_default(),
        context_extensions: context_extensions.into_iter().map(extension).collect(),
        route_metadata: route_metadata_context.map(metadata).unwrap_or_default(),
        jwt_authn: metadata_context.map(jwt_authn).unwrap_or_default(),
    })
}

fn jwt_authn(mut metadata: Metadata) -> Map {
    let fields = metadata.filter_metadata.remove(JWT_AUTHN);
    fields.map(|fields| fields_of(fields, METADATA_DEPTH)).unwrap_or_default()
}

fn lines(headers: HashMap<String, String>, header_map: Option<HeaderMap>) -> RawHeaders<'static> {
    // With `encode_raw_headers` the joined form is empty, and the separate one holds every line.
    match header_map {
        Some(map) if !map.headers.is_empty() => RawHeaders::Separate(
            map.headers
                .into_iter()
                .map(|line| {
                    let value = if line.raw_value.is_empty() {
                        line.value.into_bytes()
                    } else {
                        line.raw_value
                    };
                    (line.key.into(), value.into())
                })
                .collect(),
        ),
        Some(_) | None => {
            let headers: BTreeMap<_, _> = headers.into_iter().collect();
            let line = |(name, value): (String, String)| (name.into(), value.into());
            RawHeaders::Joined(headers.into_iter().map(line).collect())
        }
    }
}

fn is_partial(headers: &RawHeaders<'_>) -> bool {
    match headers {
        RawHeaders::Joined(headers) => headers
            .iter()
            .any(|(name, value)| name == "x-envoy-auth-partial-body" && value == "true"),
        RawHeaders::Separate(headers) => headers
            .iter()
            .any(|(name, value)| name == "x-envoy-auth-partial-body" && **value == *b"true"),
    }
}

fn peer(source: Peer) -> RawPeer<'static> {
    let address = source.address.and_then(|address| address.address);
    RawPeer {
        address: match address {
            Some(Address::SocketAddress(socket)) => match socket.port_specifier {
                // A named port is no address of a connection.
                Some(PortSpecifier::NamedPort(_)) => String::new(),
                Some(PortSpecifier::PortValue(_)) | None => socket.address,
            },
            Some(Address::Pipe(_) | Address::EnvoyInternalAddress(_)) | None => String::new(),
        }
        .into(),
        certificate: source.certificate.into(),
        principal: source.principal.into(),
    }
}
