//! The issuers that are trusted, found by the name that a token claims.

use std::{collections::HashMap, sync::Arc};

use super::Keys;
use crate::identity::{IssuerSpec, Verifier};

/// All of them. A clone is another handle.
#[derive(Clone, Debug)]
pub struct TrustedIssuers(Arc<HashMap<Box<str>, TrustedIssuer>>);

/// How the tokens of one issuer are verified.
#[derive(Debug)]
pub struct TrustedIssuer {
    pub verifier: Verifier,
    pub keys: Keys,
}

// === impl TrustedIssuers ===

impl TrustedIssuers {
    #[must_use]
    pub fn new(issuers: Vec<(IssuerSpec, Keys)>) -> Self {
        let (specs, keys): (Vec<_>, Vec<_>) = issuers.into_iter().unzip();
        let trusted = Verifier::for_issuers(specs).into_iter().zip(keys);
        let by_name = trusted.map(|(verifier, keys)| {
            let issuer = verifier.issuer().into();
            (issuer, TrustedIssuer { verifier, keys })
        });
        Self(Arc::new(by_name.collect()))
    }

    /// The one of exactly this name.
    #[must_use]
    pub fn find(&self, issuer: &str) -> Option<&TrustedIssuer> {
        self.0.get(issuer)
    }
}
