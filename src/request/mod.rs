//! WHAT ARRIVED, in one canonical form.
//!
//! [`RawRequest`] is what Envoy sent, free of protobuf and not checked. [`HttpRequest`] is the only
//! shape of a request that the rooms behind this one know: it can only be made by
//! [`HttpRequest::read`], which refuses what is not canonical.

mod body;
mod caseless;
mod error;
mod forwarded_certificate;
mod headers;
mod host;
pub mod json;
mod multipart;
mod origin;
mod path;
mod peer;
mod percent;
mod query;
mod read;
mod relax;
mod target;

#[cfg(test)]
mod tests;

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use http::Method;

use crate::engine::model::Map;

pub use body::Body;
pub use caseless::caseless;
pub use error::{
    BodyError, HeaderError, HostError, MethodError, PathError, PeerError, QueryError, RequestError,
};
pub use headers::Headers;
pub use host::Host;
pub use origin::Origin;
pub use path::{CanonicalPath, PathRules, Segment};
pub use peer::Peer;
pub use query::Query;
pub use relax::PathForm;

/// A request in its one form. Only [`HttpRequest::read`] makes its parts.
#[derive(Clone, Debug)]
pub struct HttpRequest<'m> {
    pub id: Cow<'m, str>,
    pub method: Method,
    pub host: Host,
    /// Whether the host is one of ours: a client may name any.
    pub is_for_own_host: bool,
    /// As written behind the host.
    pub port: Option<u16>,
    /// As Envoy saw it: TLS may end before it.
    pub is_https: bool,
    pub path: CanonicalPath,
    /// The request target that the upstream must get, where another one was sent.
    pub new_target: Option<String>,
    pub query: Query,
    pub headers: Headers<'m>,
    pub body: Body<'m>,
    pub peer: Peer<'m>,
    pub context_extensions: BTreeMap<Cow<'m, str>, Cow<'m, str>>,
    pub route_metadata: Map,
    /// What Envoy's `jwt_authn` says that it has verified, by the key of its `payload_in_metadata`.
    pub jwt_authn: Map,
}

/// What a request must be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestRules {
    /// Proxies of ours in front of Envoy (`xff_num_trusted_hops`, with `use_remote_address`). Each
    /// adds the address of its peer to `x-forwarded-for`. Without any, the header is not read.
    pub trusted_hops: u8,
    pub path: PathRules,
    /// The hosts that the configuration says are ours. Requests for others are not refused for it.
    pub own_hosts: BTreeSet<Host>,
    /// What of a path is not refused but brought to its normal form, by host.
    pub relaxed: BTreeMap<Host, BTreeSet<PathForm>>,
}

/// A request as Envoy's `CheckRequest` describes it. Nothing in it is checked; absent parts are empty.
///
/// Its texts are those of the message that it came in: of most of them nothing is ever kept.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RawRequest<'m> {
    /// `attributes.request.http.id`, Envoy's `x-request-id`.
    pub id: Cow<'m, str>,
    pub method: Cow<'m, str>,
    pub scheme: Cow<'m, str>,
    pub host: Cow<'m, str>,
    /// `attributes.request.http.path`: the request target with its query, not decoded.
    pub target: Cow<'m, str>,
    pub headers: RawHeaders<'m>,
    pub body: RawBody<'m>,
    pub peer: RawPeer<'m>,
    /// Set by the operator for a route of Envoy; a client cannot reach it.
    pub context_extensions: BTreeMap<Cow<'m, str>, Cow<'m, str>>,
    /// `attributes.route_metadata_context.filter_metadata`, by namespace.
    pub route_metadata: Map,
    /// `attributes.metadata_context.filter_metadata` of the filter `envoy.filters.http.jwt_authn`.
    pub jwt_authn: Map,
}

/// Headers in one of Envoy's two forms.
#[derive(Clone, Debug, PartialEq)]
pub enum RawHeaders<'m> {
    /// `headers`: Envoy has joined repeated headers with a comma and replaced bytes that are not UTF-8.
    /// No name is there twice.
    Joined(Vec<(Cow<'m, str>, Cow<'m, str>)>),
    /// `header_map` (`encode_raw_headers`): one entry for each header line, in bytes.
    Separate(Vec<(Cow<'m, str>, Cow<'m, [u8]>)>),
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct RawBody<'m> {
    /// `body` or `raw_body`. Empty where Envoy is not configured to send it.
    pub bytes: Cow<'m, [u8]>,
    /// Set by Envoy when it sent the first bytes only (`x-envoy-auth-partial-body`).
    pub partial: bool,
    /// Whether it came as text (`pack_as_bytes: false`), with `!` for each byte that is not UTF-8.
    pub is_text: bool,
}

/// `attributes.source`: the peer of Envoy's connection.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RawPeer<'m> {
    pub address: Cow<'m, str>,
    /// URL-encoded PEM of the leaf, where the filter has `include_peer_certificate`.
    pub certificate: Cow<'m, str>,
    /// The URI SAN, DNS SAN or subject that Envoy authenticated.
    pub principal: Cow<'m, str>,
}

// === impl RawHeaders ===

impl Default for RawHeaders<'_> {
    fn default() -> Self {
        Self::Joined(Vec::new())
    }
}
