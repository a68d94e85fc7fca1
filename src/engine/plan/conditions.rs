//! What is left of conditions and variables while a resource is unknown.

use bumpalo::Bump;

use super::truth::{Truth, Verdict};
use crate::engine::Strictness;
use crate::engine::cel::{Budget, Frame, Horizon, Outcome, Partly, Slot, V, Whole};
use crate::engine::model::CheckInput;
use crate::engine::policy::{Clause, Condition, PolicySet, Variables};

/// What expressions can look at.
pub(super) struct Conditions<'a> {
    pub(super) set: &'a PolicySet,
    input: &'a CheckInput<'a>,
    pub(super) arena: &'a Bump,
    budget: &'a Budget,
    strictness: Strictness,
}

/// What a variable is whose expression fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    /// Undefined: whoever uses it fails.
    Undefined,
    /// Null, while it is found out which derived roles are active; unless evaluation is strict.
    Null,
}

/// The variables and the `runtime` that conditions of one policy see.
#[derive(Clone, Copy)]
pub(super) struct Seen<'s, 'a> {
    pub(super) variables: &'s [Option<Slot<'a>>],
    /// `runtime.effectiveDerivedRoles`
    pub(super) runtime: &'s Outcome<'a>,
}

// === impl Conditions ===

impl<'a> Conditions<'a> {
    pub(super) fn new(
        set: &'a PolicySet,
        input: &'a CheckInput<'a>,
        arena: &'a Bump,
        (budget, strictness): (&'a Budget, Strictness),
    ) -> Self {
        Self { set, input, arena, budget, strictness }
    }

    pub(super) fn is_strict(&self) -> bool {
        self.strictness == Strictness::Strict
    }

    /// Variables by slot, in the order in which they depend on each other.
    pub(super) fn variables(
        &self,
        variables: &'a Variables,
        runtime: &Outcome<'a>,
        missing: Missing,
    ) -> Vec<Option<Slot<'a>>> {
        let mut slots: Vec<Option<Slot<'a>>> = Vec::new();
        slots.resize_with(variables.slots, || None);
        let is_nullable = missing == Missing::Null && !self.is_strict();
        for variable in &variables.used {
            let expression = &variable.clause.expression;
            let mut slot = {
                let seen = Seen { variables: &slots, runtime };
                expression.partial_variable(&self.partly(seen))
            };
            if is_nullable {
                slot.outcome = match slot.outcome {
                    Outcome::Failed(_) => Outcome::Known(V::Null),
                    Outcome::Residual(operand) => {
                        Outcome::Residual(operand.into_whole(Whole::NullableVariable))
                    }
                    known @ Outcome::Known(_) => known,
                };
            }
            if let Some(place) = slots.get_mut(variable.slot) {
                *place = Some(slot);
            }
        }
        slots
    }

    pub(super) fn condition(&self, condition: &'a Condition, seen: Seen<'_, 'a>) -> Verdict {
        let Verdict { met, broken } = self.tree(condition, seen);
        if self.is_strict() || broken == Truth::Never {
            return Verdict { met, broken };
        }
        // An expression that can have no value takes the row away, whatever the row does.
        Verdict { met: met.and(broken.not()), broken: Truth::Never }
    }

    fn tree(&self, condition: &'a Condition, seen: Seen<'_, 'a>) -> Verdict {
        let parts = |parts: &'a [Condition]| {
            parts.iter().map(|part| self.tree(part, seen)).collect::<Vec<_>>()
        };
        match condition {
            Condition::Holds(clause) => self.clause(clause, seen),
            Condition::All(all) => {
                let parts = parts(all);
                let broken = first_to_break(&parts, |met| met);
                Verdict { met: Truth::all(parts.into_iter().map(|part| part.met)), broken }
            }
            Condition::Any(any) => {
                let parts = parts(any);
                let broken = first_to_break(&parts, Truth::not);
                let met = Truth::any(parts.into_iter().map(|part| part.met));
                Verdict { met, broken }
            }
            Condition::None(none) => {
                let parts = parts(none);
                let broken = first_to_break(&parts, Truth::not);
                let met = Truth::all(parts.into_iter().map(|part| part.met.not()));
                Verdict { met, broken }
            }
        }
    }

    fn clause(&self, clause: &'a Clause, seen: Seen<'_, 'a>) -> Verdict {
        match clause.expression.partial_condition(&self.partly(seen)) {
            Outcome::Known(V::Bool(true)) => Verdict::MET,
            Outcome::Known(_) => Verdict::UNMET,
            Outcome::Failed(_) if self.is_strict() || clause.expression.hopeless().is_some() => {
                Verdict::BROKEN
            }
            Outcome::Failed(_) => Verdict::UNMET,
            Outcome::Residual(operand) => {
                Verdict { met: Truth::When(operand), broken: Truth::Never }
            }
        }
    }

    fn partly<'s>(&self, Seen { variables, runtime }: Seen<'s, 'a>) -> Partly<'s, 'a> {
        let values = variables.iter().map(|slot| match slot {
            Some(Slot { outcome: Outcome::Known(value), .. }) => Some(*value),
            _ => None,
        });
        let effective_derived_roles = match runtime {
            Outcome::Known(V::Names(names)) => names,
            _ => &[][..],
        };
        let frame = Frame {
            input: self.input,
            variables: self.arena.alloc_slice_fill_iter(values.collect::<Vec<_>>()),
            globals: &self.set.globals,
            effective_derived_roles,
            arena: self.arena,
            budget: self.budget,
            // No plan is remembered.
            horizon: self.arena.alloc(Horizon::default()),
        };
        Partly { frame, variables, runtime, strict: self.is_strict() }
    }
}

/// Where one of the parts fails before another one decides. `goes_on`: for which results of a part the
/// next one is looked at.
fn first_to_break(parts: &[Verdict], goes_on: impl Fn(Truth) -> Truth) -> Truth {
    let (mut reached, mut broken) = (Truth::Always, Truth::Never);
    for part in parts {
        broken = broken.or(reached.clone().and(part.broken.clone()));
        if part.broken != Truth::Never {
            reached = reached.and(part.broken.clone().not());
        }
        reached = reached.and(goes_on(part.met.clone()));
    }
    broken
}
