//! What a sender shows beside the token, and by which rules it is looked at.

use std::{collections::BTreeSet, time::Duration};

use super::{Algorithm, BearerToken, Nonces};
use crate::request::{HttpRequest, PeerError};

/// The request that a token came with. A token without one proves nothing about its sender.
#[derive(Clone, Copy, Debug)]
pub struct Possession<'a> {
    pub token: &'a BearerToken,
    pub request: &'a HttpRequest<'a>,
    pub rules: &'a PossessionRules,
    /// If proofs must carry one.
    pub nonces: Option<&'a Nonces>,
}

/// `sender_constraints:` of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PossessionRules {
    pub proofs: ProofRules,
    pub certificates: CertificateSource,
}

/// Which `DPoP` proofs are accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProofRules {
    pub algorithms: BTreeSet<Algorithm>,
    /// How long ago a proof may have been made.
    pub max_age: Duration,
    /// How far ahead the clock of its maker may be.
    pub max_ahead: Duration,
}

/// Where the certificate of the client comes from. There is one place, and no other is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertificateSource {
    /// `attributes.source.certificate`: Envoy itself has ended the client's TLS.
    Envoy,
    /// `x-forwarded-client-cert`, written by a proxy before Envoy.
    Forwarded,
    /// Anybody can say to us what only Envoy may: no certificate is believed.
    Nowhere,
}

/// What a route demands of the sender, beyond that a token that is bound is never taken without its
/// proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenBinding {
    /// Bound to a key (RFC 9449).
    Dpop,
    /// Bound to a client certificate (RFC 8705).
    Mtls,
    /// Bound to either.
    Any,
}

// === impl TokenBinding ===

impl TokenBinding {
    /// Both demands in one. Of two that exclude each other it is the second.
    pub(super) fn stricter(first: Option<Self>, second: Option<Self>) -> Option<Self> {
        match (first, second) {
            (first, None | Some(Self::Any)) => first.or(second),
            (_, second) => second,
        }
    }
}

// === impl Possession ===

impl Possession<'_> {
    pub(super) fn has_proof(&self) -> bool {
        self.request.headers.lines("dpop").next().is_some()
    }

    /// SHA-256 of the client certificate, as `x5t#S256` has it.
    pub(super) fn certificate(&self) -> Result<Option<String>, PeerError> {
        match self.rules.certificates {
            CertificateSource::Envoy => self.request.peer.thumbprint(),
            CertificateSource::Forwarded => self.request.forwarded_thumbprint(),
            CertificateSource::Nowhere => Ok(None),
        }
    }
}

// === impl PossessionRules ===

impl Default for PossessionRules {
    fn default() -> Self {
        Self { proofs: ProofRules::default(), certificates: CertificateSource::Envoy }
    }
}

// === impl ProofRules ===

impl Default for ProofRules {
    fn default() -> Self {
        Self {
            algorithms: [Algorithm::Es256].into(),
            max_age: Duration::from_secs(300),
            max_ahead: Duration::from_secs(30),
        }
    }
}
