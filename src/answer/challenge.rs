//! `WWW-Authenticate`: what credentials would have been accepted (RFC 6750 section 3).

use super::Reason;

/// A challenge in the `Bearer` scheme. Its texts are constants: nothing of a request gets into it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Challenge {
    pub reason: Reason,
    /// `None` where the client sent no credentials: RFC 6750 wants no error code then.
    pub error: Option<ChallengeError>,
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
        Self { reason: Reason::new("credentials.none"), error: None }
    }

    /// The token is not accepted.
    #[must_use]
    pub const fn invalid_token(reason: Reason, description: &'static str) -> Self {
        Self { reason, error: Some(ChallengeError { code: "invalid_token", description }) }
    }

    /// The credentials are not exactly one token in one place.
    #[must_use]
    pub const fn invalid_request(reason: Reason, description: &'static str) -> Self {
        Self { reason, error: Some(ChallengeError { code: "invalid_request", description }) }
    }

    /// The value of the `WWW-Authenticate` header.
    #[must_use]
    pub fn header_value(&self) -> String {
        match &self.error {
            None => r#"Bearer realm="api""#.to_owned(),
            Some(ChallengeError { code, description }) => {
                format!(r#"Bearer realm="api", error="{code}", error_description="{description}""#)
            }
        }
    }
}
