//! An issuer as meant: what `config` makes of `auth0:` or an entry of `issuers:`.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

/// A token issuer that we trust, and what a token of it must be.
#[derive(Clone, Debug, PartialEq)]
pub struct IssuerSpec {
    /// Compared byte for byte with `iss`; Auth0's ends in a slash.
    pub issuer: String,
    /// Whose subjects these are. Domains of one Auth0 tenant share its users, and so share this name;
    /// without one an issuer is a tenant of its own. Where several tenants are trusted, principal ids
    /// are qualified by it, as each of them may have an `auth0|1`.
    pub tenant: Option<Box<str>>,
    /// Where the key set is fetched from. Without it the issuer's discovery document is asked.
    pub jwks_uri: Option<String>,
    /// A private authority (PEM) for the connection to the issuer.
    pub ca_file: Option<PathBuf>,
    /// A token must carry one of them in `aud`.
    pub audiences: Vec<String>,
    /// Client ids whose logout tokens are believed: one of them must be in `aud`. Without any, none is.
    pub logout_clients: Vec<String>,
    pub algorithms: Vec<Algorithm>,
    pub dialect: TokenDialect,
    pub user_subjects: UserSubjects,
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

/// How the subject of a person looks, where no claim says what kind of subject it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserSubjects {
    /// `connection|id`, as Auth0's are. Any other subject that cannot be told is refused.
    WithConnection,
    /// Anything that is not known to be a machine.
    Any,
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
    /// How strong the login was. Auth0 lets no Action write `acr` itself, so there it has a name with
    /// a namespace.
    pub acr: ClaimPath,
    /// When the login was, in seconds since 1970; named as `acr` is.
    pub auth_time: ClaimPath,
    /// The claim that names the session in which a token was issued. Auth0 puts none into an access
    /// token; an Action can copy it into a claim with a namespace.
    pub session: ClaimPath,
}

/// Literal claim names from the outside in: a claim's name may hold dots and slashes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClaimPath(pub Box<[Box<str>]>);

// === impl IssuerSpec ===

impl IssuerSpec {
    /// The tenant whose subjects this issuer names.
    #[must_use]
    pub fn tenant(&self) -> &str {
        self.tenant.as_deref().unwrap_or(&self.issuer)
    }
}

// === impl ClaimPath ===

impl ClaimPath {
    /// A claim at the top.
    #[must_use]
    pub fn top(name: &str) -> Self {
        Self([name.into()].into())
    }
}

// === impl Algorithm ===

impl From<Algorithm> for jsonwebtoken::Algorithm {
    fn from(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Rs256 => Self::RS256,
            Algorithm::Rs384 => Self::RS384,
            Algorithm::Rs512 => Self::RS512,
            Algorithm::Ps256 => Self::PS256,
            Algorithm::Ps384 => Self::PS384,
            Algorithm::Ps512 => Self::PS512,
            Algorithm::Es256 => Self::ES256,
            Algorithm::Es384 => Self::ES384,
            Algorithm::EdDsa => Self::EdDSA,
        }
    }
}

impl Algorithm {
    /// The algorithm that `alg` names. RFC 7515 compares it by case.
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        Some(match name {
            "RS256" => Self::Rs256,
            "RS384" => Self::Rs384,
            "RS512" => Self::Rs512,
            "PS256" => Self::Ps256,
            "PS384" => Self::Ps384,
            "PS512" => Self::Ps512,
            "ES256" => Self::Es256,
            "ES384" => Self::Es384,
            "EdDSA" => Self::EdDsa,
            _ => return None,
        })
    }
}
