//! Partial evaluation: what is left of an expression while a resource is unknown, and its meaning once
//! the resource is there.
//!
//! `partial` evaluates what is known and hands the rest to `form`, which writes it down as an
//! [`Operand`]: operators and operands with Cerbos's names (`operator`). A condition as a whole is
//! settled further (`rewrite`, `positive`). The way back goes through `raise`, which makes of an operand
//! what `eval` evaluates: a filter means what its tree says, not what it was made from.

mod form;
mod literal;
mod operand;
mod operator;
mod partial;
mod positive;
mod raise;
mod rewrite;
mod text;
mod wholes;

pub use operand::{Operand, Whole};
pub use partial::{Outcome, Partly, Slot};
pub use wholes::{Failing, holds};

use super::{Expression, V};
use partial::{Asked, Partial};

// === impl Expression ===

impl Expression {
    /// The value as that of a variable, as far as it is known.
    #[must_use]
    pub fn partial_variable<'a>(&'a self, known: &Partly<'_, 'a>) -> Slot<'a> {
        let partial = Partial::new(self, known);
        if self.hopeless.is_some() {
            let outcome = Outcome::Failed(partial.raw(&self.root));
            return Slot { condition: outcome.clone(), outcome, made: None };
        }
        let outcome = match partial.outcome(&self.root, Asked::Value) {
            Outcome::Known(value) => {
                Outcome::Known(super::convert::to_variable(known.frame.arena, value))
            }
            other => other,
        };
        let is_made = matches!(outcome, Outcome::Known(value) if literal::literal(value).is_none());
        let made = is_made.then(|| partial.made(&self.root));
        let condition = match outcome {
            Outcome::Residual(_) => partial.condition(&self.root),
            Outcome::Known(_) | Outcome::Failed(_) => outcome.clone(),
        };
        Slot { outcome, made, condition }
    }

    /// Whether the value is `true`, as far as it is known.
    #[must_use]
    pub fn partial_condition<'a>(&'a self, known: &Partly<'_, 'a>) -> Outcome<'a> {
        let partial = Partial::new(self, known);
        if self.hopeless.is_some() {
            return Outcome::Failed(partial.raw(&self.root));
        }
        match partial.condition(&self.root) {
            Outcome::Known(value) => Outcome::Known(V::Bool(matches!(value, V::Bool(true)))),
            Outcome::Residual(operand) if known.strict => {
                Outcome::Residual(operand.into_whole(Whole::Condition))
            }
            Outcome::Residual(operand) => match positive::settle(operand) {
                Some(operand) => Outcome::Residual(operand.into_whole(Whole::Condition)),
                None => Outcome::Known(V::Bool(false)),
            },
            failed @ Outcome::Failed(_) => failed,
        }
    }
}
