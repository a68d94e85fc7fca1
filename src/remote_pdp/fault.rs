//! Why there is no answer.

use std::error::Error;

use tonic::{Code, Status};

use super::UnusableAnswer;
use crate::telemetry::PdpResult;

/// The PDP gave no answer that can be used. Never a denial, and never kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PdpFault {
    #[error("the PDP did not answer in time")]
    Deadline,
    #[error("the PDP cannot be reached: {message}")]
    Unavailable { message: Box<str> },
    /// It answered with an error of its own, such as that it cannot verify the token.
    #[error("the PDP refused the question ({code:?}): {message}")]
    Refused { code: Code, message: Box<str> },
    #[error("the PDP's answer cannot be used")]
    Unusable(#[from] UnusableAnswer),
    /// As many questions are under way as may be.
    #[error("too many questions are under way to the PDP")]
    Busy,
    /// A route that has no token of its own, such as one whose token Envoy verifies.
    #[error("the PDP is to be sent the token, and the request has none")]
    NoToken,
}

/// Texts of other servers in ours.
const MOST_CHARACTERS: usize = 300;

// === impl PdpFault ===

impl PdpFault {
    pub(super) fn of(status: &Status) -> Self {
        let message = || status.message().chars().take(MOST_CHARACTERS).collect();
        // What has a source did not come from the PDP, but from the connection to it.
        if let Some(source) = status.source() {
            return Self::Unavailable { message: innermost(source) };
        }
        match status.code() {
            Code::Unavailable => Self::Unavailable { message: message() },
            Code::DeadlineExceeded | Code::Cancelled => Self::Deadline,
            code => Self::Refused { code, message: message() },
        }
    }

    /// Whether another try may have an answer. To ask twice changes nothing at the PDP.
    pub(super) fn is_transient(&self) -> bool {
        match self {
            Self::Deadline | Self::Unavailable { .. } => true,
            Self::Refused { .. } | Self::Unusable(_) | Self::Busy | Self::NoToken => false,
        }
    }

    pub(super) fn result(&self) -> PdpResult {
        match self {
            Self::Deadline => PdpResult::Deadline,
            Self::Unavailable { .. } => PdpResult::Unavailable,
            Self::Refused { .. } => PdpResult::Refused,
            Self::Unusable(_) => PdpResult::Unusable,
            Self::Busy => PdpResult::Busy,
            Self::NoToken => PdpResult::NoToken,
        }
    }
}

/// The layers of a client say `transport error`; the one below them all says which.
fn innermost(mut error: &dyn Error) -> Box<str> {
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string().chars().take(MOST_CHARACTERS).collect()
}
