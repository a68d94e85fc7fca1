//! What a check looks at, told while it looks. Whoever only wants the answer passes [`Nobody`], of
//! which nothing remains when it is compiled.

use bumpalo::Bump;

use super::Strictness;
use super::evaluator::{Failed, Runtime, Values};
use super::question::Question;
use super::rows::Open;
use super::walk::Walk;
use crate::engine::cel::Budget;
use crate::engine::model::{Action, CheckInput, CheckOutput};
use crate::engine::policy::{Clause, DerivedRole, PolicySet, Rule, Site, Unit};

/// Is told what a check looks at, in order.
pub(super) trait Observer<'a> {
    /// What follows is about this action.
    fn action(&mut self, action: &'a Action);
    fn clause(&mut self, clause: &'a Clause, holds: Option<bool>);
    fn rule(&mut self, subject: Subject<'a>, is_met: Result<Option<bool>, Failed>);
    /// These rules of a role policy list the action.
    fn listed(&mut self, open: Open<'a>, rules: &'a [u32]);
    /// No rule of this role policy lists it.
    fn not_listed(&mut self, unit: &'a Unit);
    fn derived_role(
        &mut self,
        role: &'a DerivedRole,
        is_active: Result<bool, Failed>,
        context: (Values<'a>, Runtime<'a>),
    );
}

/// A rule that is asked, for somebody.
#[derive(Clone, Copy)]
pub(super) struct Subject<'a> {
    pub(super) open: Open<'a>,
    pub(super) rule: &'a Rule,
    /// The derived role that it asks for.
    pub(super) role: Option<&'a DerivedRole>,
    pub(super) runtime: Runtime<'a>,
}

/// Does not want to know.
pub(super) struct Nobody;

/// One thing that a check looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Looked {
    /// A rule, and whether its condition was met; `None` if that is not known, because its derived
    /// role is not active or its condition failed.
    Rule(Site, Option<bool>),
    /// A derived role, and whether it was active.
    DerivedRole(Site, bool),
    /// An expression of a condition, and whether it held; `None` if it failed.
    Expression(Site, Option<bool>),
}

/// An answer, and what was looked at for it.
#[derive(Debug)]
pub struct Trace {
    pub output: CheckOutput,
    /// An expression has read the clock, and not only could have.
    pub clock_was_read: bool,
    pub looked: Vec<Looked>,
}

#[derive(Default)]
struct Notes(Vec<Looked>);

// === impl PolicySet ===

impl PolicySet {
    /// As [`PolicySet::check_with`], and tells what it looks at.
    #[must_use]
    pub fn trace(&self, input: &CheckInput<'_>, strictness: Strictness) -> Trace {
        let arena = Bump::new();
        let budget = Budget::new(&self.options.limits);
        let question = Question::new(self, input, &arena);
        let walk = Walk::new(&question, &arena, &budget, strictness, Notes::default());
        let (output, Notes(looked), clock_was_read) = walk.run();
        Trace { output, clock_was_read, looked }
    }
}

// === impl Observer ===

impl<'a> Observer<'a> for Nobody {
    fn action(&mut self, _: &'a Action) {}
    fn clause(&mut self, _: &'a Clause, _: Option<bool>) {}
    fn rule(&mut self, _: Subject<'a>, _: Result<Option<bool>, Failed>) {}
    fn listed(&mut self, _: Open<'a>, _: &'a [u32]) {}
    fn not_listed(&mut self, _: &'a Unit) {}
    fn derived_role(
        &mut self,
        _: &'a DerivedRole,
        _: Result<bool, Failed>,
        _: (Values<'a>, Runtime<'a>),
    ) {
    }
}

impl<'a> Observer<'a> for Notes {
    fn action(&mut self, _: &'a Action) {}

    fn clause(&mut self, clause: &'a Clause, holds: Option<bool>) {
        self.0.push(Looked::Expression(clause.site, holds));
    }

    fn rule(&mut self, subject: Subject<'a>, is_met: Result<Option<bool>, Failed>) {
        self.0.push(Looked::Rule(subject.rule.site, is_met.ok().flatten()));
    }

    fn listed(&mut self, open: Open<'a>, rules: &'a [u32]) {
        // One without a condition or an output is not asked any further.
        let rules = open.rules(rules).filter(|rule| rule.condition.is_none());
        self.0.extend(rules.map(|rule| Looked::Rule(rule.site, Some(true))));
    }

    fn not_listed(&mut self, _: &'a Unit) {}

    fn derived_role(
        &mut self,
        role: &'a DerivedRole,
        is_active: Result<bool, Failed>,
        _: (Values<'a>, Runtime<'a>),
    ) {
        self.0.push(Looked::DerivedRole(role.site, matches!(is_active, Ok(true))));
    }
}
