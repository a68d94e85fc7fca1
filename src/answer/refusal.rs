//! A way to say no, and how the errors of other rooms become one.

use std::sync::Arc;

use super::{Challenge, Denial, Reason};
use crate::identity::{Demands, RefusalStatus, Scheme, TokenBinding, TokenRefusal};
use crate::request::RequestError;
use crate::route::TargetError;

/// A way to say no. Every variant has one HTTP status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// 403: the policies say no, or nothing says yes.
    Deny(Reason),
    /// As [`Self::Deny`], told in the way that the outputs of the policies want.
    DenyAs(Reason, Denial),
    /// 403 `insufficient_scope` (RFC 6750 section 3.1): another token of the same user would do.
    Scope(Challenge),
    /// 401: we do not know well enough who asks; with what would convince us.
    Challenge(Challenge),
    /// 400: the request is not canonical, or a value of it is not what its route declares.
    Malformed(Reason),
    /// 400 `invalid_request` (RFC 6750 section 3.1): credentials that are not exactly one token.
    Credentials(Challenge),
    /// 431: a token beyond the limit.
    TooLarge(Challenge),
    /// 413: a request beyond the limit, of which only the body can have no other.
    Oversized(Reason),
    /// 503: we could not decide. Envoy's `failure_mode_allow` does not turn this into an allow.
    Fault(Reason),
}

// === impl Refusal ===

impl Refusal {
    /// What is said to credentials that are not accepted for these demands. `algs`: the algorithms that
    /// a proof may have.
    #[must_use]
    pub fn of_token(refusal: TokenRefusal, demands: &Demands, algs: &Arc<str>) -> Self {
        let TokenRefusal { reason, status, description, scheme } = refusal;
        let reason = Reason::new(reason);
        let in_scheme = |challenge: Challenge| {
            if scheme == Scheme::Dpop || demands.binding == Some(TokenBinding::Dpop) {
                challenge.in_dpop(Arc::clone(algs))
            } else {
                challenge
            }
        };
        match status {
            RefusalStatus::Unauthorized => {
                Self::Challenge(in_scheme(Challenge::invalid_token(reason, description)))
            }
            RefusalStatus::BadProof => {
                let (algs, challenge) =
                    (Arc::clone(algs), Challenge::invalid_proof(reason, description));
                Self::Challenge(match demands.binding {
                    Some(TokenBinding::Dpop) => challenge.in_dpop(algs),
                    Some(TokenBinding::Mtls | TokenBinding::Any) | None => {
                        challenge.in_dpop_or_bearer(algs)
                    }
                })
            }
            RefusalStatus::NonceWanted => {
                Self::Challenge(in_scheme(Challenge::nonce_wanted(reason, description)))
            }
            RefusalStatus::StepUp => {
                Self::Challenge(in_scheme(Challenge::step_up(reason, description, demands)))
            }
            RefusalStatus::InsufficientScope => {
                Self::Scope(in_scheme(Challenge::insufficient_scope(reason, description, demands)))
            }
            RefusalStatus::Forbidden => Self::Deny(reason),
            RefusalStatus::BadRequest => {
                Self::Credentials(in_scheme(Challenge::invalid_request(reason, description)))
            }
            RefusalStatus::TooLarge => {
                Self::TooLarge(in_scheme(Challenge::invalid_request(reason, description)))
            }
        }
    }

    /// What is said to a request without credentials.
    #[must_use]
    pub fn without_token(demands: &Demands, algs: &Arc<str>) -> Self {
        let challenge = Challenge::missing(demands);
        Self::Challenge(match demands.binding {
            Some(TokenBinding::Dpop) => challenge.in_dpop(Arc::clone(algs)),
            Some(TokenBinding::Mtls | TokenBinding::Any) | None => challenge,
        })
    }

    /// The same of a request for which a proof could be good: where the route takes tokens bound to a
    /// key as well as others, it says so.
    #[must_use]
    pub fn or_with_proof(self, demands: &Demands, algs: &Arc<str>) -> Self {
        match (self, demands.binding) {
            (Self::Challenge(challenge), Some(TokenBinding::Any) | None) => {
                Self::Challenge(challenge.or_dpop(Arc::clone(algs)))
            }
            (refusal, _) => refusal,
        }
    }

    /// The same, with the place of the resource's metadata in its challenge, if it has one.
    #[must_use]
    pub fn naming(self, resource_metadata: Option<&Arc<str>>) -> Self {
        match self {
            Self::Scope(challenge) => Self::Scope(challenge.naming(resource_metadata)),
            Self::Challenge(challenge) => Self::Challenge(challenge.naming(resource_metadata)),
            Self::Credentials(challenge) => Self::Credentials(challenge.naming(resource_metadata)),
            Self::TooLarge(challenge) => Self::TooLarge(challenge.naming(resource_metadata)),
            Self::Deny(_)
            | Self::DenyAs(..)
            | Self::Malformed(_)
            | Self::Oversized(_)
            | Self::Fault(_) => self,
        }
    }

    /// Which credentials would do, where it is the credentials that are wrong.
    #[must_use]
    pub fn challenge(&self) -> Option<&Challenge> {
        match self {
            Self::Scope(challenge)
            | Self::Challenge(challenge)
            | Self::Credentials(challenge)
            | Self::TooLarge(challenge) => Some(challenge),
            Self::Deny(_)
            | Self::DenyAs(..)
            | Self::Malformed(_)
            | Self::Oversized(_)
            | Self::Fault(_) => None,
        }
    }

    pub(super) fn reason(&self) -> Reason {
        match self {
            Self::Deny(reason)
            | Self::DenyAs(reason, _)
            | Self::Malformed(reason)
            | Self::Oversized(reason)
            | Self::Fault(reason) => *reason,
            Self::Scope(challenge)
            | Self::Challenge(challenge)
            | Self::Credentials(challenge)
            | Self::TooLarge(challenge) => challenge.reason,
        }
    }

    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Deny(_) | Self::DenyAs(..) | Self::Scope(_) => "deny",
            Self::Challenge(_) => "challenge",
            Self::Malformed(_) | Self::Credentials(_) | Self::TooLarge(_) | Self::Oversized(_) => {
                "malformed"
            }
            Self::Fault(_) => "fault",
        }
    }
}

impl From<RequestError> for Refusal {
    fn from(error: RequestError) -> Self {
        Self::Malformed(Reason::new(error.reason()))
    }
}

impl From<TargetError> for Refusal {
    fn from(error: TargetError) -> Self {
        let reason = Reason::new(error.reason());
        if error.is_about_the_caller() { Self::Deny(reason) } else { Self::Malformed(reason) }
    }
}
