//! The engine's word on one action: all of it that an answer may use.
//!
//! It has no field that the cache's key does not cover; effective derived roles that no rule for the
//! action asks for, for one, may differ between two questions that share a key.

use std::mem;

use crate::engine::model::{
    CheckOutput, ClockUse, Effect, OutputEntry, OutputValue, ValidationError,
};

#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    pub effect: Effect,
    /// `matchedPolicy`
    pub policy: Box<str>,
    /// `matchedScope`
    pub scope: Box<str>,
    pub outputs: Vec<OutputEntry>,
    pub validation_errors: Vec<ValidationError>,
}

/// A verdict, and whether it may be remembered.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    pub verdict: Verdict,
    pub clock: ClockUse,
    /// See [`CheckOutput::exhausted`].
    pub exhausted: bool,
}

// === impl Judged ===

impl Judged {
    /// The answer about the only action of a question; `None` if there is not exactly one.
    pub(super) fn new(output: CheckOutput) -> Option<Self> {
        let CheckOutput { actions, outputs, validation_errors, clock, exhausted, .. } = output;
        let [action] = <[_; 1]>::try_from(actions).ok()?;
        let (effect, policy, scope) = (action.effect, action.policy, action.scope);
        let verdict = Verdict { effect, policy, scope, outputs, validation_errors };
        Some(Self { verdict, clock, exhausted })
    }
}

// === impl Verdict ===

impl Verdict {
    /// About how many bytes it takes.
    pub(super) fn bytes(&self) -> usize {
        let Self { effect: _, policy, scope, outputs, validation_errors } = self;
        let outputs = outputs.iter().map(|OutputEntry { src, action, value }| {
            let value = match value {
                OutputValue::Value(value) => value.bytes(),
                OutputValue::Error(text) => text.len(),
            };
            mem::size_of::<OutputEntry>() + src.len() + action.as_str().len() + value
        });
        let errors =
            validation_errors.iter().map(|ValidationError { path, message, source: _ }| {
                mem::size_of::<ValidationError>() + path.len() + message.len()
            });
        mem::size_of::<Self>()
            + policy.len()
            + scope.len()
            + outputs.sum::<usize>()
            + errors.sum::<usize>()
    }
}
