//! What the rules of one policy say, as far as it is known.

use std::collections::HashMap;

use super::conditions::{Conditions, Missing, Seen};
use super::derived;
use super::truth::{Truth, Verdict};
use crate::engine::cel::{Outcome, Slot};
use crate::engine::check::rows::Row;
use crate::engine::policy::{DerivedRole, ResourcePolicy, RuleEffect, Subject, Unit};

/// What is said about an action.
#[derive(Clone, Debug)]
pub(super) struct Said {
    pub(super) allow: Truth,
    pub(super) deny: Truth,
    /// A rule fails, and failing denies.
    pub(super) broken: Truth,
    /// A rule that could deny, or could once have allowed, is among them.
    pub(super) counts: Counts,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub(super) allowing: bool,
    pub(super) denying: bool,
}

/// One policy during one plan.
pub(super) struct Opened<'a> {
    /// The policy, if derived roles may be asked for.
    policy: Option<&'a ResourcePolicy>,
    runtime: Outcome<'a>,
    variables: Vec<Option<Slot<'a>>>,
    /// By [`Subject::slot`](crate::engine::policy::Subject::slot): rules that share a name share the
    /// result of the first.
    verdicts: HashMap<usize, Verdict>,
}

// === impl Said ===

impl Said {
    pub(super) fn nothing() -> Self {
        let never = || Truth::Never;
        Self { allow: never(), deny: never(), broken: never(), counts: Counts::default() }
    }
}

// === impl Opened ===

impl<'a> Opened<'a> {
    pub(super) fn new(
        unit: &'a Unit,
        policy: Option<&'a ResourcePolicy>,
        runtime: Outcome<'a>,
        conditions: &Conditions<'a>,
    ) -> Self {
        let variables = conditions.variables(&unit.variables, &runtime, Missing::Undefined);
        Self { policy, runtime, variables, verdicts: HashMap::new() }
    }

    /// Looks at rows in their order.
    pub(super) fn say(
        &mut self,
        rows: impl Iterator<Item = Row<'a>>,
        conditions: &Conditions<'a>,
    ) -> Said {
        let mut said = Said::nothing();
        let (mut allows, mut denies) = (Vec::new(), Vec::new());
        for row in rows {
            let has_two = self.has_two_conditions(row);
            let Verdict { met, broken } = self.verdict(row, conditions);
            if broken != Truth::Never {
                let denied = Truth::any_nested(denies.clone());
                let decided = denied.or(said.broken.clone());
                said.broken = said.broken.or(decided.not().and(broken));
            }
            let rows = match row.rule.effect {
                RuleEffect::Allow => {
                    said.counts.allowing = true;
                    &mut allows
                }
                RuleEffect::Deny => {
                    // Cerbos leaves out what never denies, but only where it is one condition.
                    said.counts.denying |= has_two || met != Truth::Never;
                    &mut denies
                }
                RuleEffect::Neutral => continue,
            };
            // A rule for several roles of a principal says the same for each.
            if rows.last() != Some(&met) {
                rows.push(met);
            }
        }
        said.allow = Truth::any_nested(allows);
        said.deny = Truth::any_nested(denies);
        said
    }

    /// Its own, and that of the derived role that it is for.
    fn has_two_conditions(&self, Row { rule, subject }: Row<'a>) -> bool {
        let has_condition = |role: &DerivedRole| role.condition.is_some();
        rule.condition.is_some() && self.derived_role(subject).is_some_and(has_condition)
    }

    fn derived_role(&self, subject: &Subject) -> Option<&'a DerivedRole> {
        let roles = self.policy.map_or(&[][..], |policy| &*policy.derived_roles);
        subject.derived_role.and_then(|at| roles.get(at)).map(|role| &**role)
    }

    fn verdict(&mut self, Row { rule, subject }: Row<'a>, conditions: &Conditions<'a>) -> Verdict {
        if let Some(known) = self.verdicts.get(&subject.slot) {
            return known.clone();
        }
        let seen = Seen { variables: &self.variables, runtime: &self.runtime };
        let own = match &rule.condition {
            Some(condition) => conditions.condition(condition, seen),
            None => Verdict::MET,
        };
        let verdict = match self.derived_role(subject) {
            Some(role) => {
                let active = derived::active(role, conditions, &self.runtime, Missing::Undefined);
                // The role is asked first; it is written last.
                let broken = active.clone().then(own.clone()).broken;
                Verdict { met: own.met.and(active.met), broken }
            }
            None => own,
        };
        self.verdicts.insert(subject.slot, verdict.clone());
        verdict
    }
}
