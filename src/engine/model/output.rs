//! The answer: what `CheckResources` returns for one resource.

use jiff::Timestamp;

use super::{Action, Value};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    Allow,
    Deny,
}

/// Whether an answer depends on the instant at which it was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockUse {
    /// The same question has the same answer at any time, for these policies.
    Unread,
    /// It has the same answer from the instant of this one on, and before the one that is told.
    Until(Timestamp),
    /// An expression that was evaluated could have read the clock in any way.
    Read,
}

#[derive(Clone, Debug, PartialEq)]
pub struct CheckOutput {
    /// One for each action, in the order of the question.
    pub actions: Vec<ActionOutput>,
    /// Sorted.
    pub effective_derived_roles: Vec<Box<str>>,
    pub outputs: Vec<OutputEntry>,
    pub validation_errors: Vec<ValidationError>,
    /// Conditions and variables that failed, without repetition, sorted.
    pub evaluation_errors: Vec<EvaluationError>,
    pub clock: ClockUse,
    /// The steps of the question ran out. Another question, equal in all that the answer reads, may
    /// have enough of them.
    pub exhausted: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ActionOutput {
    pub action: Action,
    pub effect: Effect,
    /// `matchedPolicy`: a policy key such as `resource.leave_request.vdefault/acme`, or `NO_MATCH`.
    pub policy: Box<str>,
    /// `matchedScope`
    pub scope: Box<str>,
}

/// An entry of `outputs`.
#[derive(Clone, Debug, PartialEq)]
pub struct OutputEntry {
    /// Policy key, `#`, rule name.
    pub src: Box<str>,
    pub action: Action,
    pub value: OutputValue,
}

#[derive(Clone, Debug, PartialEq)]
pub enum OutputValue {
    Value(Value),
    /// The expression failed, or its value has no JSON form.
    Error(Box<str>),
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EvaluationError {
    pub expression: Box<str>,
    pub message: Box<str>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidationError {
    /// JSON pointer of the offending value; `/` for the top level, empty where a schema failed to load.
    pub path: String,
    pub message: String,
    pub source: ValidationSource,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValidationSource {
    Principal,
    Resource,
}

// === impl ClockUse ===

impl ClockUse {
    /// Of an answer that depends on both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Read, _) | (_, Self::Read) => Self::Read,
            (Self::Until(one), Self::Until(other)) => Self::Until(one.min(other)),
            (until @ Self::Until(_), Self::Unread) | (Self::Unread, until @ Self::Until(_)) => {
                until
            }
            (Self::Unread, Self::Unread) => Self::Unread,
        }
    }
}
