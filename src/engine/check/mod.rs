//! The order of Cerbos: principal policies, then resource policies, up the scopes; deny wins.
//!
//! `question` finds, by names alone, what could answer; `rows` which rules of one policy apply to an
//! action and a role, in their order; `evaluator` what expressions say; `walk` puts them together.
//! `inputs` shares the first two and tells what an answer can depend on, and so does the reader with an
//! unknown resource, which is the room `plan`. `observe` is told by the last what was looked at, and
//! `explain` makes of it why an action has its effect.

mod derived;
mod evaluator;
mod explain;
mod inputs;
mod observe;
pub(super) mod question;
pub(super) mod rows;
pub(super) mod validation;
mod visited;
mod walk;

#[cfg(test)]
mod tests;

pub use explain::{Explanation, Part, RuleReason};
pub use inputs::PolicyChain;
pub use observe::{Looked, Trace};
#[cfg(test)]
pub(super) use tests::{Answers, check_recorded, policies};

use bumpalo::Bump;

use super::cel::Budget;
use super::model::{CheckInput, CheckOutput, Options};
use super::policy::PolicySet;
use question::Question;
use walk::Walk;

/// What follows from a condition that fails to evaluate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strictness {
    /// The action is denied.
    Strict,
    /// The rule does not apply, as in a Cerbos PDP that is not told otherwise.
    Lenient,
}

// === impl Strictness ===

impl Strictness {
    pub(in crate::engine) fn of(options: &Options) -> Self {
        if options.strict_evaluation { Self::Strict } else { Self::Lenient }
    }
}

// === impl PolicySet ===

impl PolicySet {
    /// Answers one question, as Cerbos's `CheckResources` answers it for one resource.
    #[must_use]
    pub fn check(&self, input: &CheckInput<'_>) -> CheckOutput {
        self.check_with(input, Strictness::of(&self.options))
    }

    /// The same, with a strictness that need not be that of the options.
    #[must_use]
    pub fn check_with(&self, input: &CheckInput<'_>, strictness: Strictness) -> CheckOutput {
        let arena = Bump::new();
        let budget = Budget::new(&self.options.limits);
        let question = Question::new(self, input, &arena);
        let (output, observe::Nobody, _) =
            Walk::new(&question, &arena, &budget, strictness, observe::Nobody).run();
        output
    }
}
