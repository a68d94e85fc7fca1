//! `WWW-Authenticate`: what credentials would have been accepted (RFC 6750 section 3).

use std::sync::Arc;

use super::Reason;

/// A challenge. Its texts are constants or the operator's: nothing of a request gets into it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    pub reason: Reason,
    /// `None` where the client sent no credentials: RFC 6750 wants no error code then.
    pub error: Option<ChallengeError>,
    /// In the scheme `DPoP` (RFC 9449 section 7.1), with the algorithms that a proof may have; without
    /// it in the scheme `Bearer`.
    pub algs: Option<Arc<str>>,
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
    /// No credentials were sent, or a scheme that we do not know.
    #[must_use]
    pub const fn missing() -> Self {
        Self { reason: Reason::new("credentials.none"), error: None, algs: None }
    }

    /// The token is not accepted.
    #[must_use]
    pub const fn invalid_token(reason: Reason, description: &'static str) -> Self {
        Self::with_error(reason, "invalid_token", description)
    }

    /// The token is bound to a key, and the proof of it is not accepted.
    #[must_use]
    pub const fn invalid_proof(reason: Reason, description: &'static str) -> Self {
        Self::with_error(reason, "invalid_dpop_proof", description)
    }

    /// The credentials are not exactly one token in one place.
    #[must_use]
    pub const fn invalid_request(reason: Reason, description: &'static str) -> Self {
        Self::with_error(reason, "invalid_request", description)
    }

    /// The same in the scheme `DPoP`.
    #[must_use]
    pub fn in_dpop(self, algs: Arc<str>) -> Self {
        Self { algs: Some(algs), ..self }
    }

    const fn with_error(reason: Reason, code: &'static str, description: &'static str) -> Self {
        Self { reason, error: Some(ChallengeError { code, description }), algs: None }
    }

    /// The value of the `WWW-Authenticate` header.
    #[must_use]
    pub fn header_value(&self) -> String {
        let scheme = if self.algs.is_some() { "DPoP" } else { "Bearer" };
        let error = self.error.map_or_else(String::new, |ChallengeError { code, description }| {
            format!(r#", error="{code}", error_description="{description}""#)
        });
        let algs = self.algs.iter().map(|algs| format!(r#", algs="{algs}""#)).collect::<String>();
        format!(r#"{scheme} realm="api"{error}{algs}"#)
    }
}
