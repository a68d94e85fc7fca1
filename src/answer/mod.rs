//! WHAT THEY ARE TOLD. Every way out of the house is a variant, and none of them is empty.
//!
//! To Envoy an empty `CheckResponse` is an allow, and so is a denial whose status was forgotten.
//! [`Answer`] has no default and no such value; `server::ext_authz` turns each variant into a
//! response in one `match`.

mod assertion;
mod challenge;
mod denial;
mod problem;
mod reason;
mod refusal;
mod upstream;

#[cfg(test)]
mod tests;

pub use assertion::{
    Asserted, Asserter, AssertionRules, NotASigningKey, OWN_CLAIMS, SigningError, SigningKey,
    SigningKeys,
};
pub use challenge::Challenge;
pub use denial::{Denial, DenialHeader, DenialOutputs, InvalidDenial};
pub use problem::Problem;
pub use reason::Reason;
pub use refusal::Refusal;
pub use upstream::{
    HeaderSource, IdentityHeader, InvalidIdentityHeader, UpstreamHeaders, UpstreamMutation,
};

/// The answer to one request.
#[derive(Debug)]
pub enum Answer {
    /// Go on, with these changes to the headers on the way to the upstream.
    Allow(UpstreamMutation),
    Refuse(Refusal),
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
