//! Rules of one policy for one action and one role, in their order.

use std::cell::Cell;

use bumpalo::{Bump, collections::Vec as ArenaVec};

use super::evaluator::{Evaluator, Missing, Values};
use super::observe::Observer;
use super::question::{Question, RoleSet};
use crate::engine::policy::{
    Name, NameId, PrincipalPolicy, ResourcePolicy, RolePolicy, Rule, RuleEffect, Subject, Unit,
};

/// A policy during one check: what was evaluated for it is not evaluated again.
#[derive(Clone, Copy)]
pub(in crate::engine) struct Open<'a> {
    pub(in crate::engine) unit: &'a Unit,
    results: &'a [Cell<Option<bool>>],
    spare: &'a Cell<Option<bool>>,
    variables: &'a Cell<Option<Values<'a>>>,
}

/// A rule for somebody. Where a rule applies to one role in several ways it is there several times.
#[derive(Clone, Copy)]
pub(in crate::engine) struct Row<'a> {
    pub(in crate::engine) rule: &'a Rule,
    pub(in crate::engine) subject: &'a Subject,
}

// === impl Open ===

impl<'a> Open<'a> {
    pub(in crate::engine) fn new(unit: &'a Unit, arena: &'a Bump) -> Self {
        Self {
            unit,
            results: arena.alloc_slice_fill_with(unit.slots, |_| Cell::new(None)),
            spare: arena.alloc(Cell::new(None)),
            variables: arena.alloc(Cell::new(None)),
        }
    }

    /// Where the result of a row's condition is kept once it is known.
    pub(super) fn result(&self, subject: &Subject) -> &'a Cell<Option<bool>> {
        // Slots are counted where the policy is compiled, so each subject has one.
        self.results.get(subject.slot).unwrap_or(self.spare)
    }

    /// The variables of the policy, which are evaluated when its first row is looked at.
    pub(super) fn variables<O: Observer<'a>>(
        &self,
        evaluator: &mut Evaluator<'a, O>,
    ) -> Values<'a> {
        if let Some(values) = self.variables.get() {
            return values;
        }
        let values = evaluator.variables(&self.unit.variables, Missing::Undefined);
        self.variables.set(Some(values));
        values
    }

    /// The variables, if they have been evaluated.
    pub(super) fn known_variables(&self) -> Values<'a> {
        self.variables.get().unwrap_or(Values::NONE)
    }

    /// The rules of these numbers.
    pub(super) fn rules(self, numbers: &'a [u32]) -> impl Iterator<Item = &'a Rule> {
        numbers.iter().filter_map(move |number| rule(self.unit, *number))
    }

    fn rows(self, numbers: &'a [u32]) -> impl Iterator<Item = Row<'a>> {
        self.rules(numbers)
            .flat_map(|rule| rule.subjects.iter().map(move |subject| Row { rule, subject }))
    }
}

fn rule(unit: &Unit, number: u32) -> Option<&Rule> {
    unit.rules.get(usize::try_from(number).ok()?)
}

/// The rows of a resource policy.
pub(in crate::engine) fn of_resource_policy<'a>(
    policy: &'a ResourcePolicy,
    open: Open<'a>,
    question: &'a Question<'a>,
    (action, roles): (Name<'a>, &'a RoleSet<'a>),
    arena: &'a Bump,
) -> impl Iterator<Item = Row<'a>> {
    let numbers = policy.actions.find(action, arena);
    open.rows(numbers).filter(move |row| roles.matches(&row.subject.role, question.set))
}

/// The rows of a principal policy, block by block.
pub(in crate::engine) fn of_principal_policy<'a>(
    policy: &'a PrincipalPolicy,
    open: Open<'a>,
    question: &'a Question<'a>,
    action: Name<'a>,
    arena: &'a Bump,
) -> impl Iterator<Item = Row<'a>> {
    let blocks = policy.resources.find(question.kind, arena);
    let blocks = blocks.iter().filter_map(|at| policy.blocks.get(usize::try_from(*at).ok()?));
    blocks.flat_map(move |block| open.rows(block.find(action, arena)))
}

/// What a role policy makes of an action.
pub(in crate::engine) enum Restriction<'a> {
    /// It does not list the action for the kind.
    Denied,
    /// It lists it: these rows may still deny it.
    Listed(&'a [u32]),
}

pub(in crate::engine) fn of_role_policy<'a>(
    policy: &'a RolePolicy,
    question: &'a Question<'a>,
    action: Name<'a>,
    arena: &'a Bump,
) -> Restriction<'a> {
    let numbers = policy.resources.find(question.kind, arena);
    let allows = |number: &u32| {
        let at = usize::try_from(*number).ok();
        at.and_then(|at| policy.allowed.get(at)).is_some_and(|allowed| allowed.contains(action))
    };
    let listed = {
        let mut listed = ArenaVec::new_in(arena);
        listed.extend(numbers.iter().copied().filter(allows));
        listed.into_bump_slice()
    };
    if listed.is_empty() { Restriction::Denied } else { Restriction::Listed(listed) }
}

/// The rows of a role policy that have something to say.
pub(in crate::engine) fn restricting<'a>(
    open: Open<'a>,
    listed: &'a [u32],
) -> impl Iterator<Item = Row<'a>> {
    open.rows(listed).filter(|Row { rule, .. }| {
        let has_output = rule.met.is_some() || rule.unmet.is_some();
        rule.effect != RuleEffect::Neutral || has_output
    })
}

/// Whether a resource policy or a role policy of a scope has any rule for the kind and the role,
/// whatever the action. If none has, Cerbos does not look at role policies there.
pub(in crate::engine) fn concerns<'a>(
    question: &'a Question<'a>,
    policy: Option<&ResourcePolicy>,
    roles: &RoleSet<'a>,
    scope: NameId,
) -> bool {
    let set = question.set;
    let names_role =
        |policy: &ResourcePolicy| roles.iter(set).any(|role| policy.roles.matches(role));
    policy.is_some_and(names_role)
        || roles.iter(set).any(|role| {
            question
                .place(role.id, scope)
                .and_then(|place| set.role_policy(place))
                .is_some_and(|policy| policy.resources.matches(question.kind))
        })
}
