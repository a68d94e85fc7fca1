//! Policies as they are evaluated: names are numbers, expressions are compiled, nothing is looked up
//! twice.

use std::sync::Arc;

use super::error::Site;
use super::names::NameId;
use super::pattern::{Glob, NamePattern, PatternTable};
use super::schema::Schemas;
use crate::engine::cel::{ClockReading, Expression, Names};

/// An expression of a policy.
#[derive(Debug)]
pub(in crate::engine) struct Clause {
    pub(in crate::engine) expression: Expression,
    pub(in crate::engine) site: Site,
    /// How the variables that it uses read the clock.
    pub(in crate::engine) clock_of_variables: ClockReading,
    /// It can read `runtime`, itself or through a variable.
    pub(in crate::engine) reads_runtime: bool,
}

/// A condition is as deep as a file may be, which bounds every recursion over it.
#[derive(Debug)]
pub(in crate::engine) enum Condition {
    Holds(Arc<Clause>),
    All(Box<[Self]>),
    Any(Box<[Self]>),
    None(Box<[Self]>),
}

/// The variables that expressions of a policy use.
#[derive(Debug, Default)]
pub(in crate::engine) struct Variables {
    /// How many slots expressions know; some stay empty.
    pub(in crate::engine) slots: usize,
    /// Each after those that it depends on.
    pub(in crate::engine) used: Box<[Variable]>,
}

#[derive(Debug)]
pub(in crate::engine) struct Variable {
    pub(in crate::engine) slot: usize,
    pub(in crate::engine) clause: Arc<Clause>,
    pub(in crate::engine) uses_others: bool,
}

/// What the rules of one policy have in common.
#[derive(Debug)]
pub(in crate::engine) struct Unit {
    /// `matchedPolicy`
    pub(in crate::engine) key: Box<str>,
    pub(in crate::engine) rules: Box<[Rule]>,
    pub(in crate::engine) variables: Variables,
    /// What names in its expressions mean.
    pub(in crate::engine) names: Arc<Names>,
    /// How many different conditions the rules have, by [`Subject::slot`].
    pub(in crate::engine) slots: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) enum RuleEffect {
    Allow,
    Deny,
    /// Only the output counts.
    Neutral,
}

#[derive(Debug)]
pub(in crate::engine) struct Rule {
    pub(in crate::engine) site: Site,
    /// What outputs name as their source: policy key, `#`, rule name.
    pub(in crate::engine) source: Box<str>,
    pub(in crate::engine) effect: RuleEffect,
    pub(in crate::engine) condition: Option<Condition>,
    /// Output where the condition is met.
    pub(in crate::engine) met: Option<Clause>,
    /// Output where the condition is not met.
    pub(in crate::engine) unmet: Option<Clause>,
    pub(in crate::engine) subjects: Box<[Subject]>,
}

/// To whom a rule applies.
#[derive(Debug)]
pub(in crate::engine) struct Subject {
    pub(in crate::engine) role: NamePattern,
    /// Which of [`ResourcePolicy::derived_roles`] must be active as well.
    pub(in crate::engine) derived_role: Option<usize>,
    /// Where the result of the condition is remembered during a check. Cerbos remembers by rule
    /// name, so rules that share a name share the result of whichever is evaluated first.
    pub(in crate::engine) slot: usize,
}

#[derive(Debug)]
pub(in crate::engine) struct ResourcePolicy {
    pub(in crate::engine) unit: Unit,
    /// Action → rules.
    pub(in crate::engine) actions: PatternTable,
    /// All roles that rules name, whatever the action.
    pub(in crate::engine) roles: PatternTable,
    /// The derived roles that rules name.
    pub(in crate::engine) derived_roles: Box<[Arc<DerivedRole>]>,
    /// Only those of the policy at the root are used.
    pub(in crate::engine) schemas: Schemas,
}

#[derive(Debug)]
pub(in crate::engine) struct DerivedRole {
    pub(in crate::engine) site: Site,
    /// Differs between all derived roles of a set.
    pub(in crate::engine) number: usize,
    pub(in crate::engine) name: Box<str>,
    pub(in crate::engine) any_parent: bool,
    pub(in crate::engine) parents: Box<[NameId]>,
    pub(in crate::engine) condition: Option<Condition>,
    pub(in crate::engine) variables: Variables,
    /// What names in its expressions mean.
    pub(in crate::engine) names: Arc<Names>,
    /// The condition has one result for a whole check: there is neither a variable nor `runtime` in
    /// it.
    pub(in crate::engine) is_fixed: bool,
}

#[derive(Debug)]
pub(in crate::engine) struct PrincipalPolicy {
    pub(in crate::engine) unit: Unit,
    /// Resource kind → blocks.
    pub(in crate::engine) resources: PatternTable,
    /// For each block: action → rules.
    pub(in crate::engine) blocks: Box<[PatternTable]>,
}

#[derive(Debug)]
pub(in crate::engine) struct RolePolicy {
    /// A rule denies where its condition is not met: a role policy can only deny.
    pub(in crate::engine) unit: Unit,
    /// Resource kind → rules.
    pub(in crate::engine) resources: PatternTable,
    /// For each rule: what it allows.
    pub(in crate::engine) allowed: Box<[AllowedActions]>,
}

#[derive(Debug)]
pub(in crate::engine) struct AllowedActions {
    pub(in crate::engine) exact: Box<[NameId]>,
    pub(in crate::engine) globs: Box<[Glob]>,
}

/// What a scope does with the allows of its policies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::engine) enum Consent {
    /// They decide.
    #[default]
    NotNeeded,
    /// A setting without a name: the next scope above decides that has one.
    Undefined,
    /// Scopes above must allow as well.
    Needed,
}

// === impl AllowedActions ===

impl AllowedActions {
    pub(in crate::engine) fn contains(&self, action: super::names::Name<'_>) -> bool {
        action.id.is_some_and(|id| self.exact.contains(&id))
            || self.globs.iter().any(|glob| glob.matches(action.text))
    }
}
