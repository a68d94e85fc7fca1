//! Of a `CheckRequest` what is read, as a schema of its own: the rest is not decoded, and so not refused.

use std::collections::HashMap;

use envoy_types::pb::envoy::{config::core::v3::Metadata, service::auth::v3};
use prost::{DecodeError, Message, Oneof};

use super::super::message::JWT_AUTHN;

/// The message without what is not read.
pub(super) fn only(bytes: &[u8]) -> Result<v3::CheckRequest, DecodeError> {
    let mut message = CheckRequest::decode(bytes)?;
    if let Some(attributes) = &mut message.attributes {
        let address = attributes.source.iter_mut().filter_map(|peer| peer.address.as_mut());
        for address in address.filter_map(|address| address.kind.as_mut()) {
            address.forget_what_is_not_read();
        }
        if let Some(metadata) = &mut attributes.metadata_context {
            metadata.namespaces.retain(|entry| entry.name == JWT_AUTHN.as_bytes());
        }
    }
    v3::CheckRequest::decode(&*message.encode_to_vec())
}

#[derive(Clone, PartialEq, Message)]
struct CheckRequest {
    #[prost(message, optional, tag = "1")]
    attributes: Option<Attributes>,
}

#[derive(Clone, PartialEq, Message)]
struct Attributes {
    #[prost(message, optional, tag = "1")]
    source: Option<Peer>,
    #[prost(message, optional, tag = "4")]
    request: Option<Request>,
    #[prost(map = "string, string", tag = "10")]
    context_extensions: HashMap<String, String>,
    #[prost(message, optional, tag = "11")]
    metadata_context: Option<Namespaces>,
    #[prost(message, optional, tag = "13")]
    route_metadata_context: Option<Metadata>,
}

#[derive(Clone, PartialEq, Message)]
struct Peer {
    #[prost(message, optional, tag = "1")]
    address: Option<Address>,
    #[prost(string, tag = "4")]
    principal: String,
    #[prost(string, tag = "5")]
    certificate: String,
}

#[derive(Clone, PartialEq, Message)]
struct Address {
    #[prost(oneof = "Kind", tags = "1, 2, 3")]
    kind: Option<Kind>,
}

#[derive(Clone, PartialEq, Oneof)]
enum Kind {
    #[prost(message, tag = "1")]
    Socket(Socket),
    #[prost(bytes, tag = "2")]
    Pipe(Vec<u8>),
    #[prost(bytes, tag = "3")]
    Internal(Vec<u8>),
}

#[derive(Clone, PartialEq, Message)]
struct Socket {
    #[prost(string, tag = "2")]
    address: String,
    #[prost(oneof = "Port", tags = "3, 4")]
    port: Option<Port>,
}

#[derive(Clone, PartialEq, Oneof)]
enum Port {
    #[prost(uint32, tag = "3")]
    Value(u32),
    #[prost(bytes, tag = "4")]
    Named(Vec<u8>),
}

#[derive(Clone, PartialEq, Message)]
struct Request {
    #[prost(message, optional, tag = "2")]
    http: Option<Http>,
}

#[derive(Clone, PartialEq, Message)]
struct Http {
    #[prost(string, tag = "1")]
    id: String,
    #[prost(string, tag = "2")]
    method: String,
    #[prost(map = "string, string", tag = "3")]
    headers: HashMap<String, String>,
    #[prost(string, tag = "4")]
    path: String,
    #[prost(string, tag = "5")]
    host: String,
    #[prost(string, tag = "6")]
    scheme: String,
    #[prost(string, tag = "11")]
    body: String,
    #[prost(bytes, tag = "12")]
    raw_body: Vec<u8>,
    #[prost(message, optional, tag = "13")]
    header_map: Option<HeaderMap>,
}

#[derive(Clone, PartialEq, Message)]
struct HeaderMap {
    #[prost(message, repeated, tag = "1")]
    headers: Vec<HeaderValue>,
}

#[derive(Clone, PartialEq, Message)]
struct HeaderValue {
    #[prost(string, tag = "1")]
    key: String,
    #[prost(string, tag = "2")]
    value: String,
    #[prost(bytes, tag = "3")]
    raw_value: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
struct Namespaces {
    #[prost(message, repeated, tag = "1")]
    namespaces: Vec<Namespace>,
}

#[derive(Clone, PartialEq, Message)]
struct Namespace {
    #[prost(bytes, tag = "1")]
    name: Vec<u8>,
    #[prost(bytes, repeated, tag = "2")]
    fields: Vec<Vec<u8>>,
}

// === impl Kind ===

impl Kind {
    fn forget_what_is_not_read(&mut self) {
        match self {
            Self::Pipe(bytes) | Self::Internal(bytes) => bytes.clear(),
            Self::Socket(Socket { port: Some(Port::Named(name)), .. }) => name.clear(),
            Self::Socket(_) => (),
        }
    }
}
