//! An issuer as meant: what `config` makes of `auth0:` or an entry of `issuers:`.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

/// A token issuer that we trust, and what a token of it must be.
#[derive(Clone, Debug, PartialEq)]
pub struct IssuerSpec {
    /// Compared byte for byte with `iss`; Auth0's ends in a slash.
    pub issuer: String,
    /// Where the discovery document or the key set is fetched from, if not from `issuer` itself.
    pub jwks_uri: Option<String>,
    /// A private authority (PEM) for the connection to the issuer.
    pub ca_file: Option<PathBuf>,
    /// A token must carry one of them in `aud`.
    pub audiences: Vec<String>,
    pub algorithms: Vec<Algorithm>,
    pub dialect: TokenDialect,
    /// Clock skew allowed for `exp`, `nbf` and `iat`.
    pub leeway: Duration,
    /// The longest `exp - iat` that is believed.
    pub max_lifetime: Duration,
    /// How old a token may be (`now - iat`), whatever its `exp` says.
    pub max_token_age: Option<Duration>,
    pub claims: ClaimMapping,
}

/// Signature algorithms (RFC 7518). Symmetric ones and `none` cannot be named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    Rs256,
    Rs384,
    Rs512,
    Ps256,
    Ps384,
    Ps512,
    Es256,
    Es384,
    EdDsa,
}

/// Which shape a token must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenDialect {
    /// `typ` is `JWT` or `at+jwt`: Auth0's two access-token profiles.
    Any,
    /// RFC 9068 only: `typ` is `at+jwt`, and `jti` and `client_id` are there.
    Rfc9068,
}

/// How claims become a Cerbos principal.
#[derive(Clone, Debug, PartialEq)]
pub struct ClaimMapping {
    /// The claim that carries roles (a list of strings).
    pub roles: Option<ClaimPath>,
    /// Principal attributes, beside those that every token gives (`scope`, `permissions`, `org_id`,
    /// `client_id`, `kind` and so on).
    pub attr: BTreeMap<Box<str>, ClaimPath>,
    /// The claim that becomes the principal's scope, if any.
    pub scope: Option<ClaimPath>,
}

/// Literal claim names from the outside in: a claim's name may hold dots and slashes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClaimPath(pub Box<[Box<str>]>);
