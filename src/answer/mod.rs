//! WHAT THEY ARE TOLD. Every way out of the house is a variant, and none of them is empty.
//!
//! To Envoy an empty `CheckResponse` is an allow, and so is a denial whose status was forgotten.
//! [`Answer`] has no default and no such value; `server::ext_authz` turns each variant into a
//! response in one `match`.

mod challenge;
mod problem;
mod reason;
mod upstream;

#[cfg(test)]
mod tests;

pub use challenge::Challenge;
pub use problem::Problem;
pub use reason::Reason;
pub use upstream::{HeaderSource, InvalidUpstreamHeader, UpstreamHeaders, UpstreamMutation};

/// The answer to one request.
#[derive(Debug)]
pub enum Answer {
    /// Go on, with these changes to the headers on the way to the upstream.
    Allow(UpstreamMutation),
    Refuse(Refusal),
}

/// A way to say no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// 403: the policies say no, or nothing says yes.
    Deny(Reason),
    /// 401: we do not know well enough who asks; with what would convince us.
    Challenge(Challenge),
    /// 400: the request is not canonical, or a value of it is not what its route declares.
    Malformed(Reason),
    /// 400 `invalid_request` (RFC 6750 section 3.1): credentials that are not exactly one token.
    Credentials(Challenge),
    /// 431: a token beyond the limit.
    TooLarge(Challenge),
    /// 503: we could not decide. Envoy's `failure_mode_allow` does not turn this into an allow.
    Fault(Reason),
}

// === impl Answer ===

impl Answer {
    /// Why, as a code for logs and metrics; the client gets [`Problem`] instead.
    #[must_use]
    pub fn reason(&self) -> Reason {
        match self {
            Self::Allow(mutation) => mutation.reason,
            Self::Refuse(refusal) => refusal.reason(),
        }
    }

    /// The kind of answer, for logs and metrics.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Allow(_) => "allow",
            Self::Refuse(refusal) => refusal.name(),
        }
    }
}

// === impl Refusal ===

impl Refusal {
    fn reason(&self) -> Reason {
        match self {
            Self::Deny(reason) | Self::Malformed(reason) | Self::Fault(reason) => *reason,
            Self::Challenge(challenge)
            | Self::Credentials(challenge)
            | Self::TooLarge(challenge) => challenge.reason,
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Deny(_) => "deny",
            Self::Challenge(_) => "challenge",
            Self::Malformed(_) | Self::Credentials(_) | Self::TooLarge(_) => "malformed",
            Self::Fault(_) => "fault",
        }
    }
}
