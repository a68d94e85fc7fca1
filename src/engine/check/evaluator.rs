//! What expressions say: conditions, variables and outputs, their failures, and whether the clock
//! was read.

use bumpalo::Bump;
use jiff::Timestamp;

use super::{Strictness, observe::Observer, question::Question};
use crate::engine::cel::{Budget, ClockReading, Frame, Horizon, Read, V};
use crate::engine::model::{CheckInput, ClockUse, EvaluationError, OutputValue};
use crate::engine::policy::{Clause, Condition, PolicySet, Variable, Variables};

/// Values of variables.
#[derive(Clone, Copy, Debug)]
pub(super) struct Values<'a> {
    by_slot: &'a [Option<V<'a>>],
    /// The first instant at which one of them may be another.
    horizon: Timestamp,
}

/// Why it is not known whether a condition is met.
#[derive(Clone, Copy, Debug)]
pub(super) enum Failed {
    /// An expression failed where that ends the matter: the action is denied.
    Action,
    /// It came to an expression that can have no value, whatever is asked. Cerbos passes over such a
    /// row, also where the row denies what is *not* met; unless evaluation is strict.
    Row,
}

/// What a variable is whose expression fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    /// Undefined: whoever uses it fails.
    Undefined,
    /// Null, which is what Cerbos takes it for where it finds out which derived roles are active,
    /// unless evaluation is strict.
    Null,
}

/// `runtime`, which is that of the scope whose rules are evaluated.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Runtime<'a> {
    /// Sorted.
    pub(super) effective_derived_roles: &'a [&'a str],
    /// Why it cannot be read.
    pub(super) broken: Option<&'a str>,
}

pub(super) struct Evaluator<'a, O> {
    /// Told of what is looked at.
    pub(super) observer: O,
    set: &'a PolicySet,
    input: &'a CheckInput<'a>,
    arena: &'a Bump,
    pub(super) budget: &'a Budget,
    strictness: Strictness,
    pub(super) runtime: Runtime<'a>,
    errors: Vec<EvaluationError>,
    clock: ClockUse,
    /// Of the expressions that are evaluated.
    horizon: &'a Horizon,
}

// === impl Values ===

impl Values<'_> {
    pub(super) const NONE: Self = Self { by_slot: &[], horizon: Timestamp::MAX };
}

// === impl Evaluator ===

impl<'a, O: Observer<'a>> Evaluator<'a, O> {
    pub(super) fn new(
        question: &Question<'a>,
        arena: &'a Bump,
        budget: &'a Budget,
        strictness: Strictness,
        observer: O,
    ) -> Self {
        Self {
            observer,
            set: question.set,
            input: question.input,
            arena,
            budget,
            strictness,
            runtime: Runtime::default(),
            errors: Vec::new(),
            clock: ClockUse::Unread,
            horizon: arena.alloc(Horizon::default()),
        }
    }

    /// Failures without repetition, sorted, how the clock was read, and what was told.
    pub(super) fn finish(self) -> (Vec<EvaluationError>, ClockUse, O) {
        let mut errors = self.errors;
        errors.sort();
        errors.dedup();
        (errors, self.clock, self.observer)
    }

    pub(super) fn clock_was_read(&self) -> bool {
        self.horizon.clock_was_read()
    }

    /// Evaluates variables in the order in which they depend on each other. All are evaluated, as
    /// Cerbos does it; whether one that reads the clock matters is known by the expressions that use
    /// it.
    pub(super) fn variables(&mut self, variables: &'a Variables, missing: Missing) -> Values<'a> {
        if variables.used.is_empty() {
            return Values::NONE;
        }
        let before = self.horizon.replace(Timestamp::MAX);
        let mut values: Vec<Option<V<'a>>> = vec![None; variables.slots];
        let mut seen = Values::NONE;
        for Variable { slot, clause, uses_others } in &variables.used {
            if *uses_others {
                seen.by_slot = self.arena.alloc_slice_copy(&values);
            }
            let result = self.evaluate(clause, seen, |frame| clause.expression.variable(frame));
            let value = match (result, missing) {
                (Some(value), _) => Some(value),
                (None, Missing::Null) if !self.is_strict() => Some(V::Null),
                (None, Missing::Null | Missing::Undefined) => None,
            };
            if let Some(place) = values.get_mut(*slot) {
                *place = value;
            }
        }
        let horizon = self.horizon.replace(before);
        Values { by_slot: self.arena.alloc_slice_copy(&values), horizon }
    }

    /// Whether a condition is met. Of expressions that can have a value it fails only in strict
    /// evaluation, or where the budget is spent.
    pub(super) fn condition(
        &mut self,
        condition: &'a Condition,
        variables: Values<'a>,
    ) -> Result<bool, Failed> {
        match condition {
            Condition::Holds(clause) => self.clause(clause, variables),
            Condition::All(parts) => self.all(parts, variables),
            Condition::Any(parts) => self.any(parts, variables),
            Condition::None(parts) => self.any(parts, variables).map(|found| !found),
        }
    }

    /// Parts behind the one that decides are not looked at.
    fn all(&mut self, parts: &'a [Condition], variables: Values<'a>) -> Result<bool, Failed> {
        for part in parts {
            if !self.condition(part, variables)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn any(&mut self, parts: &'a [Condition], variables: Values<'a>) -> Result<bool, Failed> {
        for part in parts {
            if self.condition(part, variables)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn clause(&mut self, clause: &'a Clause, variables: Values<'a>) -> Result<bool, Failed> {
        let result = self.evaluate(clause, variables, |frame| clause.expression.holds(frame));
        self.note_clock(clause, variables);
        self.observer.clause(clause, result);
        // Out of steps or memory, all conditions fail. Those of denying rules must not fail in
        // silence.
        match result {
            Some(result) => Ok(result),
            None if self.is_strict() || self.is_exhausted() => Err(Failed::Action),
            None if clause.expression.hopeless().is_some() => Err(Failed::Row),
            None => Ok(false),
        }
    }

    /// No steps or no memory are left.
    pub(super) fn is_exhausted(&self) -> bool {
        self.budget.is_spent()
    }

    fn is_strict(&self) -> bool {
        self.strictness == Strictness::Strict
    }

    pub(super) fn output(&mut self, clause: &'a Clause, variables: Values<'a>) -> OutputValue {
        if let Some(message) = self.unreadable(clause) {
            return OutputValue::Error(message.into());
        }
        let result = clause.expression.output(&self.frame(variables));
        self.note_clock(clause, variables);
        match result {
            Ok(value) => OutputValue::Value(value),
            Err(failure) => OutputValue::Error(failure.0),
        }
    }

    /// Evaluates an expression and takes down why it fails, if it does.
    fn evaluate<T>(
        &mut self,
        clause: &'a Clause,
        variables: Values<'a>,
        evaluate: impl FnOnce(&Frame<'a>) -> Result<T, crate::engine::cel::EvaluationFailure>,
    ) -> Option<T> {
        let message = match self.unreadable(clause) {
            Some(message) => message.into(),
            None => match evaluate(&self.frame(variables)) {
                Ok(value) => return Some(value),
                Err(failure) => failure.0,
            },
        };
        let expression = clause.expression.source().into();
        self.errors.push(EvaluationError { expression, message });
        None
    }

    /// Why an expression that reads `runtime` itself cannot. A variable that reads it has failed
    /// before, if it failed.
    fn unreadable(&self, clause: &Clause) -> Option<&'a str> {
        let message = self.runtime.broken?;
        clause.expression.reads().contains(&Read::EffectiveDerivedRoles).then_some(message)
    }

    /// Takes down what an expression that was evaluated says of the clock.
    fn note_clock(&mut self, clause: &Clause, variables: Values<'a>) {
        let used = |reading, horizon| match reading {
            ClockReading::Never => ClockUse::Unread,
            ClockReading::Compared => ClockUse::Until(horizon),
            ClockReading::Free => ClockUse::Read,
        };
        let own = used(clause.expression.clock(), self.horizon.get());
        let of_variables = used(clause.clock_of_variables, variables.horizon);
        self.clock = self.clock.and(own).and(of_variables);
    }

    pub(super) fn frame(&self, variables: Values<'a>) -> Frame<'a> {
        Frame {
            input: self.input,
            variables: variables.by_slot,
            globals: &self.set.globals,
            effective_derived_roles: self.runtime.effective_derived_roles,
            arena: self.arena,
            budget: self.budget,
            horizon: self.horizon,
        }
    }
}
