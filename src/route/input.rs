//! Everything that a decision may read of a request, as one closed set.
//!
//! The decision cache derives its keys from this: a value that reaches the engine by another way
//! would be missing from the key, so there is no other way.

use std::fmt;

/// One readable fact of a request, its token or the moment.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Input {
    /// A claim of the verified token. Each segment is a literal name: claims are often URLs.
    Claim(Box<[Box<str>]>),
    /// A parameter of the matched path template.
    PathParameter(Box<str>),
    /// A request header, by lower-case name.
    Header(Box<str>),
    /// A parameter of the query string, decoded.
    Query(Box<str>),
    /// A field of the JSON body, by segments.
    BodyField(Box<[Box<str>]>),
    /// The client's address: Envoy's peer, or behind the configured number of trusted hops.
    PeerAddress,
    /// Something of the client certificate that Envoy verified.
    PeerCertificate(CertificateField),
    /// `context_extensions` of Envoy's per-route configuration.
    ContextExtension(Box<str>),
    /// Metadata of Envoy's route: namespace, then segments.
    RouteMetadata(Box<[Box<str>]>),
    /// The instant of the request, RFC 3339.
    Time,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CertificateField {
    /// SHA-256 of the DER of the leaf, base64url without padding (`x5t#S256`).
    Thumbprint,
    /// Envoy's `source.principal`: URI SAN, DNS SAN or subject.
    Principal,
}

/// The type that an attribute must have. A value that is not of it refuses the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ValueType {
    String,
    Number,
    Bool,
    /// A list of strings: the values of all lines of a header, the parts between the commas of a
    /// context extension, or a list in JSON.
    Strings,
    /// Anything that JSON can hold (body fields, claims and metadata only).
    Any,
}

// === impl Input ===

impl fmt::Display for Input {
    /// As a person names it, such as `header x-tenant`: for messages and for the parts of a cache key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Claim(path) => write!(f, "claim {}", path.join("/")),
            Self::PathParameter(name) => write!(f, "path parameter {name}"),
            Self::Header(name) => write!(f, "header {name}"),
            Self::Query(name) => write!(f, "query parameter {name}"),
            Self::BodyField(path) => write!(f, "body field {}", path.join("/")),
            Self::PeerAddress => f.write_str("peer address"),
            Self::PeerCertificate(CertificateField::Thumbprint) => {
                f.write_str("peer certificate thumbprint")
            }
            Self::PeerCertificate(CertificateField::Principal) => f.write_str("peer principal"),
            Self::ContextExtension(name) => write!(f, "context extension {name}"),
            Self::RouteMetadata(path) => write!(f, "route metadata {}", path.join("/")),
            Self::Time => f.write_str("time"),
        }
    }
}

// === impl ValueType ===

impl fmt::Display for ValueType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::String => "string",
            Self::Number => "number",
            Self::Bool => "bool",
            Self::Strings => "strings",
            Self::Any => "any",
        })
    }
}
