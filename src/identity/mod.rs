//! WHO IS ASKING: from a bearer token to a principal.
//!
//! The checks have one order, and each step makes a type that only it can make:
//! [`bearer::find`] → [`UnverifiedToken::parse`] → [`Verifier::verify_signature`] →
//! [`Verifier::verify`] → [`Verifier::principal`]. What is found wrong is a [`TokenError`] with a
//! fixed text, as nothing of a token may be repeated to whoever sent it.

mod attested;
mod aux_data;
mod auxiliary;
pub mod bearer;
mod binding;
mod claims;
mod cookie;
mod delegation;
mod demands;
mod digest;
mod error;
mod issued;
mod jwk;
mod keys;
mod kind;
mod logout;
mod nonce;
mod parties;
mod possession;
mod principal;
mod proof;
mod source;
mod spec;
mod times;
mod token;
mod url;
mod verify;

pub use attested::{AttestedClaims, AttestedToken};
pub use auxiliary::AuxiliaryToken;
pub use bearer::{BearerToken, Scheme};
pub use demands::{Demands, InvalidWord, Presentation, Word};
pub use digest::{sha256, sha256_of_texts};
pub use error::{BearerError, ProofError, RefusalStatus, TokenError, TokenRefusal};
pub use issued::{Issued, Revocable};
pub use jwk::thumbprint;
pub use keys::{Key, KeyFingerprint, KeySet, KeySetError, SkipReason, SkippedKey};
pub use kind::PrincipalKind;
pub use logout::{LoggedOut, Logout};
pub use nonce::Nonces;
pub use possession::{CertificateSource, Possession, PossessionRules, ProofRules, TokenBinding};
pub use principal::OWN_ATTRIBUTES;
pub use proof::{ReplayKey, VerifiedProof};
pub use source::{Carrier, Credentials, TokenPlace, TokenSource};
pub use spec::{Algorithm, ClaimMapping, ClaimPath, IssuerSpec, TokenDialect, UserSubjects};
pub use token::{TokenLimits, UnverifiedToken};
pub use verify::{SignedToken, VerifiedToken, Verifier};

#[cfg(test)]
pub(crate) mod tests;
