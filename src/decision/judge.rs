//! Who evaluates the policies: the one door through which the engine is asked.
//!
//! It is async because a judge may be another server; the embedded one answers at once.

use super::{Judged, Rules};
use crate::engine::model::CheckInput;

/// Who evaluates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judge {
    /// The engine in this process, with the policies of the rules in force.
    Embedded,
}

/// No answer was to be had. The request is refused, and the answer is not cached.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JudgeFault {
    #[error("the engine gave no answer for the action")]
    NoAnswer,
}

// === impl Judge ===

impl Judge {
    /// The answer to a question about one action.
    ///
    /// # Errors
    /// [`JudgeFault`]; never for a denial.
    pub async fn check(self, rules: &Rules, input: &CheckInput<'_>) -> Result<Judged, JudgeFault> {
        let output = match self {
            Self::Embedded => rules.policies.check(input),
        };
        Judged::new(output).ok_or(JudgeFault::NoAnswer)
    }
}
