//! Who evaluates the policies.

use crate::remote_pdp::{PdpFault, RemotePdp};

/// Who evaluates.
#[derive(Clone, Debug)]
pub enum Judge {
    /// The engine in this process, with the policies of the rules in force.
    Embedded,
    /// Another server, with policies of its own.
    Remote(RemotePdp),
}

/// No answer was to be had. The request is refused, and the answer is not cached.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JudgeFault {
    #[error("the engine gave no answer for the action")]
    NoAnswer,
    #[error("the rules in force are without policies")]
    NoPolicies,
    #[error("the PDP gave no answer")]
    Remote(#[from] PdpFault),
}
