//! `WWW-Authenticate`: what credentials would have been accepted (RFC 6750 section 3).

use std::{fmt::Write, iter, sync::Arc};

use super::Reason;
use crate::identity::{Demands, Scheme, Word};

/// A challenge. Its texts are constants or the operator's: nothing of a request gets into it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    pub reason: Reason,
    /// `None` where the client sent no credentials: RFC 6750 wants no error code then.
    pub error: Option<ChallengeError>,
    schemes: Schemes,
    /// What a token would need, as parameters of the challenge.
    wanted: Vec<(&'static str, String)>,
    resource_metadata: Option<Arc<str>>,
}

/// What would do: `DPoP` (RFC 9449 section 7.1) with the algorithms that a proof may have, or `Bearer`, or
/// both. The first is the one that the error is about, the other has a line of its own: not every client
/// reads two schemes in one.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Schemes {
    Bearer,
    BearerOrDpop(Arc<str>),
    Dpop(Arc<str>),
    DpopOrBearer(Arc<str>),
}

/// `error` and `error_description`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChallengeError {
    pub code: &'static str,
    /// Printable ASCII without `"` and `\`.
    pub description: &'static str,
}

// === impl Challenge ===

impl Challenge {
    /// No credentials were sent, or a scheme that we do not know. The scopes tell a client what to ask
    /// for at once (RFC 6750, 3).
    #[must_use]
    pub fn missing(demands: &Demands) -> Self {
        let wanted = scope(demands).into_iter().collect();
        Self {
            reason: Reason::new("credentials.none"),
            error: None,
            schemes: Schemes::Bearer,
            wanted,
            resource_metadata: None,
        }
    }

    /// The token is not accepted.
    #[must_use]
    pub fn invalid_token(reason: Reason, description: &'static str) -> Self {
        Self::with_error(reason, "invalid_token", description, Vec::new())
    }

    /// The token is bound to a key, and the proof of it is not accepted.
    #[must_use]
    pub fn invalid_proof(reason: Reason, description: &'static str) -> Self {
        Self::with_error(reason, "invalid_dpop_proof", description, Vec::new())
    }

    /// The proof must have the nonce that is told beside this (RFC 9449, 9).
    #[must_use]
    pub fn nonce_wanted(reason: Reason, description: &'static str) -> Self {
        Self::with_error(reason, "use_dpop_nonce", description, Vec::new())
    }

    /// The credentials are not exactly one token in one place.
    #[must_use]
    pub fn invalid_request(reason: Reason, description: &'static str) -> Self {
        Self::with_error(reason, "invalid_request", description, Vec::new())
    }

    /// The token lacks a scope. All that the route demands are named, so that the client asks once.
    #[must_use]
    pub fn insufficient_scope(
        reason: Reason,
        description: &'static str,
        demands: &Demands,
    ) -> Self {
        let wanted = scope(demands).into_iter().collect();
        Self::with_error(reason, "insufficient_scope", description, wanted)
    }

    /// The login was too long ago, or not strong enough (RFC 9470, 3).
    #[must_use]
    pub fn step_up(reason: Reason, description: &'static str, demands: &Demands) -> Self {
        let acr = words("acr_values", &demands.acr);
        let max_age = demands.max_age.map(|age| ("max_age", age.as_secs().to_string()));
        let wanted = acr.into_iter().chain(max_age).collect();
        Self::with_error(reason, "insufficient_user_authentication", description, wanted)
    }

    /// With the place where the client learns which issuer to ask (RFC 9728, 5.1).
    #[must_use]
    pub fn naming(mut self, resource_metadata: Option<&Arc<str>>) -> Self {
        self.resource_metadata = resource_metadata.cloned();
        self
    }

    /// The same in the scheme `DPoP`.
    #[must_use]
    pub fn in_dpop(self, algs: Arc<str>) -> Self {
        Self { schemes: Schemes::Dpop(algs), ..self }
    }

    /// The same in the scheme `DPoP`, where a token without a proof would do, too.
    #[must_use]
    pub fn in_dpop_or_bearer(self, algs: Arc<str>) -> Self {
        Self { schemes: Schemes::DpopOrBearer(algs), ..self }
    }

    /// The same in the scheme `Bearer`, where a token with a proof would do, too.
    #[must_use]
    pub fn or_dpop(self, algs: Arc<str>) -> Self {
        Self { schemes: Schemes::BearerOrDpop(algs), ..self }
    }

    /// The values of `WWW-Authenticate`, a scheme each.
    #[must_use]
    pub fn header_values(&self) -> Vec<String> {
        let also = match &self.schemes {
            Schemes::Bearer | Schemes::Dpop(_) => None,
            Schemes::BearerOrDpop(algs) => Some(format!(r#"DPoP realm="api", algs="{algs}""#)),
            Schemes::DpopOrBearer(_) => Some(r#"Bearer realm="api""#.to_owned()),
        };
        iter::once(self.header_value()).chain(also).collect()
    }

    fn header_value(&self) -> String {
        let Self { reason: _, error, schemes, wanted, resource_metadata } = self;
        let (scheme, algs) = match schemes {
            Schemes::Bearer | Schemes::BearerOrDpop(_) => (Scheme::Bearer.name(), None),
            Schemes::Dpop(algs) | Schemes::DpopOrBearer(algs) => (Scheme::Dpop.name(), Some(algs)),
        };
        let mut value = format!(r#"{scheme} realm="api""#);
        let mut add = |name: &str, text: &str| {
            // A text takes whatever is written to it.
            let _written = write!(value, r#", {name}="{text}""#);
        };
        if let Some(ChallengeError { code, description }) = error {
            add("error", code);
            add("error_description", description);
        }
        for (name, text) in wanted {
            add(name, text);
        }
        if let Some(algs) = algs {
            add("algs", algs);
        }
        if let Some(url) = resource_metadata {
            add("resource_metadata", url);
        }
        value
    }

    fn with_error(
        reason: Reason,
        code: &'static str,
        description: &'static str,
        wanted: Vec<(&'static str, String)>,
    ) -> Self {
        let error = Some(ChallengeError { code, description });
        Self { reason, error, schemes: Schemes::Bearer, wanted, resource_metadata: None }
    }
}

fn scope(demands: &Demands) -> Option<(&'static str, String)> {
    words("scope", &demands.scopes)
}

fn words<'w>(
    name: &'static str,
    words: impl IntoIterator<Item = &'w Word>,
) -> Option<(&'static str, String)> {
    let words: Vec<&str> = words.into_iter().map(Word::as_str).collect();
    (!words.is_empty()).then(|| (name, words.join(" ")))
}
