//! Why a token is refused. The texts are fixed: RFC 6750 (3) allows few characters in them, and what
//! a token says is never repeated to whoever sent it.

use super::Scheme;

/// The place of the token does not hold exactly one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("{}", self.refusal().description)]
pub enum BearerError {
    /// Two headers, or two credentials in one.
    Multiple,
    /// A scheme without a token.
    Empty,
    /// Something else than spaces before the token, or something after it.
    Malformed,
    /// A cookie of a request that may change something, and that no page of ours sent.
    OtherOrigin,
}

/// A token that is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("{}", self.refusal().description)]
pub enum TokenError {
    TooLarge,
    Malformed,
    /// Not a signed token: most often the client asked Auth0 for a token without an audience.
    Opaque,
    UnsupportedAlgorithm,
    /// The header asks for an extension, or brings its own key.
    UnsupportedHeader,
    /// An ID token, a logout token, a proof: signed by the issuer, but no access token.
    WrongType,
    WrongIssuer,
    MissingKeyId,
    UnknownKey,
    BadSignature,
    WrongAudience,
    Expired,
    /// `exp` is further away than is believed.
    InvalidLifetime,
    NotYetValid,
    TooOld,
    /// Its session or its subject was sent away after it was issued.
    Revoked,
    /// A claim is missing, has the wrong type or contradicts another; which one is for the log.
    InvalidClaim(&'static str),
    /// Neither a user nor a machine, as far as can be told.
    Unclassified,
    /// Bound to a key (`cnf.jkt`), and presented without a proof of it.
    KeyBound,
    /// Bound to a client certificate (`cnf.x5t#S256`), and presented without it.
    CertificateBound,
    /// The scheme promises a proof, but the token is not bound to any key.
    NotBound,
    /// The route takes bound tokens only.
    BindingDemanded,
    /// Bound to another key than the one that made the proof.
    OtherKey,
    /// Not bound to any key, and there is a proof beside it: whoever sends both expects more of us than
    /// the token can give.
    StrayProof,
    /// Bound to a key, and the proof of it is not good.
    Proof(ProofError),
    /// A good token without a scope that the route demands.
    InsufficientScope,
    /// A good token without a permission that the route demands.
    MissingPermission,
    /// The login was too long ago, or not strong enough (RFC 9470).
    InsufficientAuthentication,
    /// As the one before, of a machine: there is no login that it could repeat.
    NoLogin,
}

/// A `DPoP` proof that is not accepted (RFC 9449, 4.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("{}", self.texts().1)]
pub enum ProofError {
    Missing,
    /// Two headers, or two proofs in one.
    Multiple,
    TooLarge,
    Malformed,
    /// `typ`
    Type,
    /// The header asks for an extension, or names a key in another way than by `jwk`.
    Header,
    Algorithm,
    /// `jwk`
    Key,
    Signature,
    /// `jti`
    Id,
    /// `htm`
    Method,
    /// `htu`
    Url,
    /// The request is for a host that the configuration does not name, so whoever made the proof may
    /// have made it for somebody else.
    Host,
    /// `nonce`
    Nonce,
    /// `iat`, `exp`, `nbf`
    Stale,
    /// `ath`
    TokenHash,
    /// It was used before.
    Replayed,
}

/// What a refusal says to the outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenRefusal {
    /// A word for logs and metrics, such as `jwt.expired`.
    pub reason: &'static str,
    pub status: RefusalStatus,
    /// `error_description`
    pub description: &'static str,
    /// The scheme in which the client is told what would do.
    pub scheme: Scheme,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalStatus {
    /// 400, `invalid_request`
    BadRequest,
    /// 401, `invalid_token`
    Unauthorized,
    /// 401, `invalid_dpop_proof`
    BadProof,
    /// 401, `use_dpop_nonce`: the same with a nonce that is told, and the client need not ask anybody.
    NonceWanted,
    /// 401, `insufficient_user_authentication`
    StepUp,
    /// 403, `insufficient_scope`
    InsufficientScope,
    /// 403: no other token that the client could ask for would do.
    Forbidden,
    /// 431, `invalid_request`
    TooLarge,
}

// === impl TokenRefusal ===

impl TokenRefusal {
    /// Who has sent a token in the scheme `DPoP` is answered in it.
    #[must_use]
    pub fn presented_in(self, scheme: Scheme) -> Self {
        match scheme {
            Scheme::Bearer => self,
            Scheme::Dpop => Self { scheme, ..self },
        }
    }
}

// === impl BearerError ===

impl BearerError {
    #[must_use]
    pub fn refusal(self) -> TokenRefusal {
        let (reason, description) = match self {
            Self::Multiple => ("credentials.multiple", "multiple credentials"),
            Self::Empty => ("credentials.empty", "empty token"),
            Self::Malformed => ("credentials.malformed", "malformed credentials"),
            Self::OtherOrigin => ("credentials.origin", "the request is from another origin"),
        };
        let status = match self {
            Self::Multiple | Self::Empty | Self::Malformed => RefusalStatus::BadRequest,
            Self::OtherOrigin => RefusalStatus::Forbidden,
        };
        TokenRefusal { reason, status, description, scheme: Scheme::Bearer }
    }
}

// === impl TokenError ===

impl TokenError {
    #[must_use]
    pub fn refusal(self) -> TokenRefusal {
        let (reason, description) = match self {
            Self::TooLarge => ("jwt.too_large", "token too large"),
            Self::Malformed => ("jwt.malformed", "malformed token"),
            Self::Opaque => (
                "jwt.opaque",
                "opaque or encrypted access token: request a token for this API's audience",
            ),
            Self::UnsupportedAlgorithm => ("jwt.alg", "unsupported algorithm"),
            Self::UnsupportedHeader => ("jwt.header", "unsupported header"),
            Self::WrongType => ("jwt.type", "wrong token type"),
            Self::WrongIssuer => ("jwt.iss", "wrong issuer"),
            Self::MissingKeyId => ("jwt.kid_missing", "missing key id"),
            Self::UnknownKey => ("jwt.kid_unknown", "unknown key"),
            Self::BadSignature => ("jwt.signature", "bad signature"),
            Self::WrongAudience => ("jwt.aud", "wrong audience"),
            Self::Expired => ("jwt.expired", "expired"),
            Self::InvalidLifetime => ("jwt.lifetime", "invalid lifetime"),
            Self::NotYetValid => ("jwt.nbf", "not yet valid"),
            Self::TooOld => ("jwt.age", "token too old"),
            Self::Revoked => ("jwt.revoked", "revoked"),
            Self::InvalidClaim(_) => ("jwt.claims", "invalid claims"),
            Self::Unclassified => ("jwt.kind", "invalid claims"),
            Self::KeyBound => ("jwt.key_bound", "bound token requires DPoP"),
            Self::CertificateBound => ("jwt.certificate_bound", "certificate binding failed"),
            Self::NotBound => ("jwt.not_bound", "token is not bound"),
            Self::BindingDemanded => ("jwt.binding_demanded", "bound token required"),
            Self::OtherKey => ("jwt.other_key", "binding failed"),
            Self::StrayProof => ("dpop.stray", "proof beside a token that is not bound to a key"),
            Self::Proof(error) => error.texts(),
            Self::InsufficientScope => ("demand.scope", "insufficient scope"),
            Self::MissingPermission => ("demand.permission", "missing permission"),
            Self::InsufficientAuthentication => {
                ("demand.authentication", "a more recent or stronger login is required")
            }
            Self::NoLogin => ("demand.login", "a login is required"),
        };
        TokenRefusal { reason, status: self.status(), description, scheme: self.scheme() }
    }

    fn status(self) -> RefusalStatus {
        match self {
            Self::TooLarge => RefusalStatus::TooLarge,
            Self::StrayProof => RefusalStatus::BadRequest,
            Self::Proof(ProofError::Nonce) => RefusalStatus::NonceWanted,
            Self::Proof(_) => RefusalStatus::BadProof,
            Self::InsufficientScope => RefusalStatus::InsufficientScope,
            Self::InsufficientAuthentication => RefusalStatus::StepUp,
            Self::MissingPermission | Self::NoLogin => RefusalStatus::Forbidden,
            Self::Malformed
            | Self::Opaque
            | Self::UnsupportedAlgorithm
            | Self::UnsupportedHeader
            | Self::WrongType
            | Self::WrongIssuer
            | Self::MissingKeyId
            | Self::UnknownKey
            | Self::BadSignature
            | Self::WrongAudience
            | Self::Expired
            | Self::InvalidLifetime
            | Self::NotYetValid
            | Self::TooOld
            | Self::Revoked
            | Self::InvalidClaim(_)
            | Self::Unclassified
            | Self::KeyBound
            | Self::CertificateBound
            | Self::NotBound
            | Self::BindingDemanded
            | Self::OtherKey => RefusalStatus::Unauthorized,
        }
    }

    fn scheme(self) -> Scheme {
        match self {
            Self::KeyBound
            | Self::NotBound
            | Self::BindingDemanded
            | Self::OtherKey
            | Self::Proof(_) => Scheme::Dpop,
            _ => Scheme::Bearer,
        }
    }
}

impl From<ProofError> for TokenError {
    fn from(error: ProofError) -> Self {
        Self::Proof(error)
    }
}

// === impl ProofError ===

impl ProofError {
    /// The word for logs, and the description.
    fn texts(self) -> (&'static str, &'static str) {
        match self {
            Self::Missing => ("dpop.missing", "proof missing"),
            Self::Multiple => ("dpop.multiple", "multiple proofs"),
            Self::TooLarge => ("dpop.too_large", "proof too large"),
            Self::Malformed => ("dpop.malformed", "malformed proof"),
            Self::Type => ("dpop.type", "type"),
            Self::Header => ("dpop.header", "unsupported header"),
            Self::Algorithm => ("dpop.alg", "algorithm"),
            Self::Key => ("dpop.key", "key"),
            Self::Signature => ("dpop.signature", "bad signature"),
            Self::Id => ("dpop.jti", "jti"),
            Self::Method => ("dpop.method", "method"),
            Self::Url => ("dpop.uri", "uri"),
            Self::Host => ("dpop.host", "uri"),
            Self::Nonce => ("dpop.nonce", "nonce required"),
            Self::Stale => ("dpop.stale", "stale"),
            Self::TokenHash => ("dpop.ath", "ath"),
            Self::Replayed => ("dpop.replayed", "replayed"),
        }
    }
}
