//! What can be wrong with a route when it is loaded, and with a request when it is matched.

use http::Method;

use super::{Input, TemplateError, ValueType};
use crate::engine::model::InvalidName;
use crate::request::{HostError, RequestError};

/// A route that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {problem}")]
pub struct RouteError {
    /// [`RouteSpec::place`](super::RouteSpec)
    pub place: String,
    pub problem: RouteProblem,
}

/// What is wrong, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RouteProblem {
    #[error("`{path}` is no path template: {error}")]
    Template { path: String, error: TemplateError },
    #[error(
        "`{host}` is no host of a route ({error}); write its name alone, such as `api.example`"
    )]
    Host { host: String, error: HostError },
    #[error("`{host}` has a port, and hosts are compared without one; remove it")]
    Port { host: String },
    #[error("the route lets nobody in; add `resource`, or methods to `public`")]
    Closed,
    #[error("`{method}` has an action, but the route has no resource; add `resource`")]
    NoResource { method: Method },
    #[error("`{method}` is public and has an action; remove it from one of the two")]
    PublicAction { method: Method },
    #[error("`{method}` has demands, but needs no token or is refused anyway; remove them")]
    NoToken { method: Method },
    /// Whatever page makes a browser send a cookie makes it use its certificate, too.
    #[error(
        "`token_binding` is set, and a cookie proves nothing about who sends it; take the token from a header, or remove `token_binding`"
    )]
    BoundCookie,
    #[error(
        "`token_binding` is set, and `envoy_metadata` has claims without the token that a proof would be for; take the token from a header, or remove `token_binding`"
    )]
    BoundMetadata,
    #[error(
        "`token_binding: dpop` is set, and a proof needs the scheme `DPoP` before its token; take the token from `authorization`, or let it be bound to a certificate (`mtls`)"
    )]
    BoundHeader,
    #[error(
        "`{text}` names the parameter `{name}`, which the path does not have; add `{{{name}}}` to the path"
    )]
    UnknownParameter { text: String, name: String },
    #[error("`{text}` has a brace without its other; write parameters as in `{{name}}`")]
    Braces { text: String },
    #[error("the {field} of the resource cannot be used: {error}")]
    Name { field: &'static str, error: InvalidName },
    #[error("the id of the resource is empty; name a path parameter, or any text")]
    NoId,
    #[error(
        "the attribute `{attribute}` reads the parameter `{name}`, which the path does not have; add `{{{name}}}` to the path"
    )]
    NoSuchParameter { attribute: Box<str>, name: Box<str> },
    #[error("the attribute `{attribute}` reads {input}, {why}")]
    Forbidden { attribute: Box<str>, input: Input, why: &'static str },
    #[error("the attribute `{attribute}` has the type `{value_type}`, but {input} is {is}")]
    Type { attribute: Box<str>, input: Input, value_type: ValueType, is: &'static str },
    #[error("the route at {other} has the same host and path; make one route of both")]
    Same { other: String },
    #[error(
        "`{example}` matches this route and the one at {other}, and neither is as specific as the other in every segment; change one of them"
    )]
    Ambiguous { other: String, example: String },
    #[error(
        "a segment differs from that of the route at {other} in case or encoding only, and a server may take them for one; change one of them"
    )]
    Spelling { other: String },
}

/// Why a request cannot be what its route asks for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    #[error("the path makes no kind of resource")]
    Kind,
    #[error("the path makes no id of a resource")]
    Id,
    #[error("the path makes no scope")]
    Scope,
    #[error("the path makes no policy version")]
    PolicyVersion,
    #[error("the attribute `{attribute}` is missing")]
    Missing { attribute: Box<str> },
    #[error("the attribute `{attribute}` does not have its type")]
    WrongType { attribute: Box<str> },
    #[error("the token has no claim for the attribute `{attribute}`")]
    MissingClaim { attribute: Box<str> },
    #[error("the claim for the attribute `{attribute}` does not have its type")]
    WrongTypeOfClaim { attribute: Box<str> },
    /// Such as `Amount` for `amount`: a server that ignores case may take either.
    #[error("the body has a second spelling of the field of the attribute `{attribute}`")]
    OtherSpelling { attribute: Box<str> },
    #[error("the attribute `{attribute}` cannot be read")]
    Unreadable {
        attribute: Box<str>,
        #[source]
        error: RequestError,
    },
}

// === impl TargetError ===

impl TargetError {
    /// A code such as `attribute.missing`, which stays as it is.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Kind => "resource.kind",
            Self::Id => "resource.id",
            Self::Scope => "resource.scope",
            Self::PolicyVersion => "resource.policy_version",
            Self::Missing { .. } => "attribute.missing",
            Self::WrongType { .. } => "attribute.wrong_type",
            Self::MissingClaim { .. } => "attribute.missing_claim",
            Self::WrongTypeOfClaim { .. } => "attribute.wrong_type_of_claim",
            Self::OtherSpelling { .. } => "attribute.other_spelling",
            Self::Unreadable { error, .. } => error.reason(),
        }
    }
    /// Whether the token is to blame and not the request: its bearer is denied (HTTP status 403), and
    /// the request is not malformed (400).
    #[must_use]
    pub const fn is_about_the_caller(&self) -> bool {
        matches!(self, Self::MissingClaim { .. } | Self::WrongTypeOfClaim { .. })
    }
}
