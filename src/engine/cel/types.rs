//! Static types of expressions, as cel-go's checker has them.

use std::fmt;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Type {
    /// The type of what was already reported: it fits everywhere, so that one mistake is one issue.
    Error,
    Dyn,
    Null,
    Bool,
    Int,
    Uint,
    Double,
    String,
    Bytes,
    Timestamp,
    Duration,
    List(Box<Self>),
    Map(Box<(Self, Self)>),
    Optional(Box<Self>),
    /// The type of a type, such as that of `int`.
    Meta(Box<Self>),
    /// A type with no structure, such as `net.IP`.
    Opaque(&'static str),
    Message(&'static str),
    /// A type that is not known yet.
    Variable(usize),
}

pub(super) const IP: &str = "net.IP";
pub(super) const CIDR: &str = "net.CIDR";
pub(super) const HIERARCHY: &str = "cerbos.lib.hierarchy";
pub(super) const SPIFFE_ID: &str = "cerbos.lib.spiffeID";
pub(super) const SPIFFE_TRUST_DOMAIN: &str = "cerbos.lib.spiffeTrustDomain";
pub(super) const SPIFFE_MATCHER: &str = "cerbos.lib.spiffeMatcher";
/// The type of `V`, `C` and `G`.
pub(super) const VARIABLES: &str = "cerbos.Variables";

// === impl Type ===

impl Type {
    pub(super) fn list(element: Self) -> Self {
        Self::List(Box::new(element))
    }

    pub(super) fn map(key: Self, value: Self) -> Self {
        Self::Map(Box::new((key, value)))
    }

    pub(super) fn optional(value: Self) -> Self {
        Self::Optional(Box::new(value))
    }

    pub(super) fn is_dyn_or_error(&self) -> bool {
        matches!(self, Self::Dyn | Self::Error)
    }

    /// What is inside an optional, or the type itself; and whether it was one.
    pub(super) fn unwrap_optional(self) -> (Self, bool) {
        match self {
            Self::Optional(inner) => (*inner, true),
            other => (other, false),
        }
    }

    /// The type with every variable replaced by what `replace` makes of it.
    pub(super) fn map_variables(&self, replace: &mut dyn FnMut(usize) -> Self) -> Self {
        match self {
            Self::Variable(variable) => replace(*variable),
            Self::List(element) => Self::list(element.map_variables(replace)),
            Self::Map(entry) => {
                let (key, value) = &**entry;
                Self::map(key.map_variables(replace), value.map_variables(replace))
            }
            Self::Optional(inner) => Self::optional(inner.map_variables(replace)),
            Self::Meta(inner) => Self::Meta(Box::new(inner.map_variables(replace))),
            other => other.clone(),
        }
    }

    /// The type that a name such as `int` or `net.IP` stands for, where it is used as a value.
    pub(super) fn named(name: &str) -> Option<(&'static str, Self)> {
        let any = || Self::Dyn;
        Some(match name {
            "bool" => ("bool", Self::Bool),
            "bytes" => ("bytes", Self::Bytes),
            "double" => ("double", Self::Double),
            "google.protobuf.Duration" => ("google.protobuf.Duration", Self::Duration),
            "google.protobuf.Timestamp" => ("google.protobuf.Timestamp", Self::Timestamp),
            "int" => ("int", Self::Int),
            "list" => ("list", Self::list(any())),
            "map" => ("map", Self::map(any(), any())),
            "null_type" => ("null_type", Self::Null),
            "optional_type" => ("optional_type", Self::optional(any())),
            "string" => ("string", Self::String),
            "type" => ("type", Self::Meta(Box::new(any()))),
            "uint" => ("uint", Self::Uint),
            other => {
                let opaque = [IP, CIDR, HIERARCHY, SPIFFE_ID, SPIFFE_TRUST_DOMAIN, SPIFFE_MATCHER]
                    .into_iter()
                    .find(|name| *name == other)?;
                (opaque, Self::Opaque(opaque))
            }
        })
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Error => f.write_str("!error!"),
            Self::Dyn | Self::Variable(_) => f.write_str("dyn"),
            Self::Null => f.write_str("null"),
            Self::Bool => f.write_str("bool"),
            Self::Int => f.write_str("int"),
            Self::Uint => f.write_str("uint"),
            Self::Double => f.write_str("double"),
            Self::String => f.write_str("string"),
            Self::Bytes => f.write_str("bytes"),
            Self::Timestamp => f.write_str("timestamp"),
            Self::Duration => f.write_str("duration"),
            Self::List(element) => write!(f, "list({element})"),
            Self::Map(entry) => write!(f, "map({}, {})", entry.0, entry.1),
            Self::Optional(inner) => write!(f, "optional_type({inner})"),
            Self::Meta(inner) => write!(f, "type({inner})"),
            Self::Opaque(name) | Self::Message(name) => f.write_str(name),
        }
    }
}
