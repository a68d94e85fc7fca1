//! Why a call is not answered. A missing policy is no such reason: it denies.

use super::MOST_BYTES;
use crate::cerbos_api::{convert::Unusable, validate::Violations};

/// An error of a call, as its caller is told it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Fault {
    pub code: Code,
    pub message: String,
    /// The rules that the request breaks, if that is why.
    pub violations: Option<Violations>,
}

/// The codes of gRPC that a call can end with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    Unknown,
    InvalidArgument,
    DeadlineExceeded,
    NotFound,
    ResourceExhausted,
    Unimplemented,
    Internal,
    Unavailable,
}

// === impl Fault ===

impl Fault {
    #[must_use]
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), violations: None }
    }

    /// What exactly is wrong with a token is for our log: whoever sends forgeries is not told.
    pub(super) fn aux_data() -> Self {
        Self::new(Code::InvalidArgument, "invalid auxData")
    }

    /// A message of more than [`MOST_BYTES`].
    pub(super) fn too_large(size: usize) -> Self {
        let message = format!("grpc: received message larger than max ({size} vs. {MOST_BYTES})");
        Self::new(Code::ResourceExhausted, message)
    }

    /// A fault of ours.
    #[must_use]
    pub fn internal() -> Self {
        Self::new(Code::Internal, "Policy check failed")
    }
}

impl From<Violations> for Fault {
    fn from(violations: Violations) -> Self {
        let message = violations.to_string();
        Self { code: Code::InvalidArgument, message, violations: Some(violations) }
    }
}

impl From<Unusable> for Fault {
    /// A request that was validated has no name that is none.
    fn from(_unusable: Unusable) -> Self {
        Self::internal()
    }
}

// === impl Code ===

impl Code {
    /// As gRPC counts them.
    #[must_use]
    pub fn number(self) -> i32 {
        match self {
            Self::Unknown => 2,
            Self::InvalidArgument => 3,
            Self::DeadlineExceeded => 4,
            Self::NotFound => 5,
            Self::ResourceExhausted => 8,
            Self::Unimplemented => 12,
            Self::Internal => 13,
            Self::Unavailable => 14,
        }
    }

    /// As metrics name them.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Unknown => "UNKNOWN",
            Self::InvalidArgument => "INVALID_ARGUMENT",
            Self::DeadlineExceeded => "DEADLINE_EXCEEDED",
            Self::NotFound => "NOT_FOUND",
            Self::ResourceExhausted => "RESOURCE_EXHAUSTED",
            Self::Unimplemented => "UNIMPLEMENTED",
            Self::Internal => "INTERNAL",
            Self::Unavailable => "UNAVAILABLE",
        }
    }
}
