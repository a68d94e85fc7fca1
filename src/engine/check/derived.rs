//! Which derived roles are active.

use std::cell::Cell;
use std::collections::{BTreeSet, HashMap};

use bumpalo::{Bump, collections::Vec as ArenaVec};

use super::evaluator::{Evaluator, Failed, Missing, Runtime, Values};
use super::observe::Observer;
use super::question::Question;
use crate::engine::policy::{DerivedRole, ResourcePolicy};

/// Derived roles during one check.
pub(super) struct DerivedRoles<'a> {
    /// All that were found active in any scope.
    pub(super) effective: BTreeSet<&'a str>,
    /// Variables of derived roles, by the role's number, where it is found out who is active.
    listed: HashMap<usize, Values<'a>>,
    /// The same, where a rule asks for the role.
    variables: HashMap<usize, Values<'a>>,
}

/// The derived roles of one scope.
#[derive(Clone, Copy)]
pub(super) struct Active<'a> {
    pub(super) runtime: Runtime<'a>,
    /// Conditions, by position in the policy, that are the same wherever they are asked.
    pub(super) conditions: &'a [Cell<Option<bool>>],
}

// === impl DerivedRoles ===

impl<'a> DerivedRoles<'a> {
    pub(super) fn new() -> Self {
        Self { effective: BTreeSet::new(), listed: HashMap::new(), variables: HashMap::new() }
    }

    /// Finds the active ones among the derived roles that rules of `policy` name. Their conditions
    /// see the `runtime` of the scope that was visited before.
    pub(super) fn find<O: Observer<'a>>(
        &mut self,
        policy: Option<&'a ResourcePolicy>,
        question: &Question<'a>,
        evaluator: &mut Evaluator<'a, O>,
        arena: &'a Bump,
    ) -> Active<'a> {
        let roles = policy.map_or(&[][..], |policy| &*policy.derived_roles);
        let conditions: &'a [Cell<Option<bool>>] =
            arena.alloc_slice_fill_with(roles.len(), |_| Cell::new(None));
        let mut active: ArenaVec<'a, &'a str> = ArenaVec::new_in(arena);
        let mut failed: Vec<&str> = Vec::new();
        for (role, known) in roles.iter().zip(conditions) {
            if !role.any_parent && !question.has_role(&role.parents) {
                continue;
            }
            match self.is_effective(role, known, evaluator) {
                Ok(true) => active.push(&role.name),
                Ok(false) | Err(Failed::Row) => {}
                Err(Failed::Action) => failed.push(&role.name),
            }
        }
        active.sort_unstable();
        self.effective.extend(active.iter().copied());
        let broken = (!failed.is_empty()).then(|| {
            failed.sort_unstable();
            let names = failed.join(", ");
            &*arena.alloc_str(&format!("failed to compute effective derived roles [{names}]"))
        });
        let runtime = Runtime { effective_derived_roles: active.into_bump_slice(), broken };
        Active { runtime, conditions }
    }

    fn is_effective<O: Observer<'a>>(
        &mut self,
        role: &'a DerivedRole,
        known: &Cell<Option<bool>>,
        evaluator: &mut Evaluator<'a, O>,
    ) -> Result<bool, Failed> {
        let Some(condition) = &role.condition else {
            evaluator.observer.derived_role(role, Ok(true), (Values::NONE, evaluator.runtime));
            return Ok(true);
        };
        // As in Cerbos they keep the values that they have in the first scope, whatever `runtime` is in
        // the next one.
        let variables = values(&mut self.listed, role, Missing::Null, evaluator);
        let result = evaluator.condition(condition, variables);
        evaluator.observer.derived_role(role, result, (variables, evaluator.runtime));
        let result = result?;
        // With variables or `runtime` in it, a condition may say otherwise where a rule asks.
        if role.is_fixed {
            known.set(Some(result));
        }
        Ok(result)
    }

    /// Whether the condition of a derived role is met, for a rule that names it.
    pub(super) fn is_met<O: Observer<'a>>(
        &mut self,
        role: &'a DerivedRole,
        known: Option<&Cell<Option<bool>>>,
        evaluator: &mut Evaluator<'a, O>,
    ) -> Result<bool, Failed> {
        let Some(condition) = &role.condition else { return Ok(true) };
        if let Some(result) = known.and_then(Cell::get) {
            return Ok(result);
        }
        let variables = values(&mut self.variables, role, Missing::Undefined, evaluator);
        evaluator.condition(condition, variables)
    }
}

/// The values of a derived role's variables, which are found out once.
fn values<'a, O: Observer<'a>>(
    known: &mut HashMap<usize, Values<'a>>,
    role: &'a DerivedRole,
    missing: Missing,
    evaluator: &mut Evaluator<'a, O>,
) -> Values<'a> {
    if role.variables.used.is_empty() {
        return Values::NONE;
    }
    *known.entry(role.number).or_insert_with(|| evaluator.variables(&role.variables, missing))
}
