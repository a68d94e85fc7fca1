//! Who evaluates the policies: the one door through which the engine is asked.
//!
//! It is async because a judge may be another server; the embedded one answers at once.

use super::Rules;
use crate::engine::model::{CheckInput, CheckOutput};

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
    /// # Errors
    /// [`JudgeFault`]; never for a denial.
    pub async fn check(
        self,
        rules: &Rules,
        input: &CheckInput<'_>,
    ) -> Result<CheckOutput, JudgeFault> {
        let output = match self {
            Self::Embedded => rules.policies.check(input),
        };
        if output.actions.len() == input.actions.len() {
            Ok(output)
        } else {
            Err(JudgeFault::NoAnswer)
        }
    }
}
