//! Rules as they are written → rules as they are evaluated.

use std::collections::HashMap;
use std::sync::Arc;

use super::compiled::{Clause, Condition, Rule, RuleEffect, Subject, Unit, Variables};
use super::error::{Problem, Site};
use super::resolve::{Context, Namespace};
use super::syntax::{self, Match, ScopePermissions, Text};
use crate::engine::model::Effect;

/// The rules of one policy while they are compiled.
pub(super) struct Lowering<'l, 'c> {
    pub(super) context: &'l mut Context<'c>,
    pub(super) namespace: &'l Namespace,
    key: Box<str>,
    rules: Vec<Rule>,
    /// Outputs in the older spelling beside one in the newer: they are never evaluated.
    overridden: Vec<Clause>,
    slots: HashMap<(Box<str>, Option<Box<str>>), usize>,
}

/// What rules of all kinds have.
pub(super) struct WrittenRule<'w> {
    pub(super) site: Site,
    pub(super) name: Box<str>,
    pub(super) effect: RuleEffect,
    pub(super) condition: Option<&'w syntax::Condition>,
    pub(super) output: Option<&'w syntax::Output>,
}

// === impl Lowering ===

impl<'l, 'c> Lowering<'l, 'c> {
    pub(super) fn new(context: &'l mut Context<'c>, namespace: &'l Namespace, key: String) -> Self {
        let (rules, overridden) = (Vec::new(), Vec::new());
        Self { context, namespace, key: key.into(), rules, overridden, slots: HashMap::new() }
    }

    /// Compiles a rule, changes it as its kind of policy wants it, and returns its number.
    pub(super) fn rule(
        &mut self,
        written: &WrittenRule<'_>,
        subjects: Vec<Subject>,
        change: impl FnOnce(&mut Rule),
    ) -> u32 {
        let condition = written.condition.and_then(|condition| self.condition(condition));
        let (met, unmet) = written.output.map(|output| self.output(output)).unwrap_or_default();
        let mut rule = Rule {
            site: written.site,
            source: format!("{}#{}", self.key, written.name).into(),
            effect: written.effect,
            condition,
            met,
            unmet,
            subjects: subjects.into(),
        };
        change(&mut rule);
        self.rules.push(rule);
        // There are fewer rules than values in a file.
        u32::try_from(self.rules.len() - 1).unwrap_or(u32::MAX)
    }

    /// Where results of a condition are remembered, by what Cerbos remembers them by.
    pub(super) fn slot(&mut self, rule: &str, derived_role: Option<&str>) -> usize {
        let next = self.slots.len();
        *self.slots.entry((rule.into(), derived_role.map(Into::into))).or_insert(next)
    }

    pub(super) fn finish(mut self) -> Unit {
        let clauses = || self.rules.iter().flat_map(clauses_of_rule);
        let variables = self.namespace.used_by(clauses());
        let checked = self.namespace.used_by(clauses().chain(&self.overridden));
        self.refuse_hopeless(&checked);
        let (names, slots) = (self.namespace.names(), self.slots.len());
        Unit { key: self.key, rules: self.rules.into(), variables, names, slots }
    }

    /// Reports variables that are used and can have no value: Cerbos does not load them, although a
    /// condition or an output may be such an expression.
    pub(super) fn refuse_hopeless(&mut self, variables: &Variables) {
        for variable in &variables.used {
            let Clause { expression, site, .. } = &*variable.clause;
            if let Some(why) = expression.hopeless() {
                let message = format!("the variable `{}` always fails: {why}", expression.source());
                self.context.problems.push(Problem::at(*site, message));
            }
        }
    }

    /// The condition, or `None` if something in it is wrong, which was reported.
    pub(super) fn condition(&mut self, condition: &syntax::Condition) -> Option<Condition> {
        match condition {
            syntax::Condition::Match(part) => self.part(part),
            syntax::Condition::Script(site) => {
                let problem = Problem::at(*site, "scripts in conditions are no longer supported");
                self.context.problems.push(problem.help("write a `match` with an expression"));
                None
            }
        }
    }

    fn part(&mut self, part: &Match) -> Option<Condition> {
        let mut parts = |parts: &[Match]| {
            let parts: Vec<Option<Condition>> = parts.iter().map(|part| self.part(part)).collect();
            parts.into_iter().collect::<Option<Box<[Condition]>>>()
        };
        match part {
            Match::Expression(text) => {
                let clause = self.context.clause(text, self.namespace)?;
                Some(Condition::Holds(Arc::new(clause)))
            }
            Match::All(all) => parts(all).map(Condition::All),
            Match::Any(any) => parts(any).map(Condition::Any),
            Match::None(none) => parts(none).map(Condition::None),
        }
    }

    fn output(&mut self, output: &syntax::Output) -> (Option<Clause>, Option<Clause>) {
        let syntax::Output { site, expression, rule_activated, condition_not_met } = output;
        if expression.is_none() && rule_activated.is_none() && condition_not_met.is_none() {
            let problem = Problem::at(*site, "an output needs an expression");
            self.context.problems.push(problem.help("write `when.ruleActivated`"));
        }
        let mut compile = |text: &Option<Text>| {
            text.as_ref().and_then(|text| self.context.clause(text, self.namespace))
        };
        // Cerbos checks the older spelling, and the variables in it, even where the newer one is used.
        let older = compile(expression);
        let (newer, unmet) = (compile(rule_activated), compile(condition_not_met));
        match (older, newer) {
            (older, Some(newer)) => {
                self.overridden.extend(older);
                (Some(newer), unmet)
            }
            (older, None) => (older, unmet),
        }
    }
}

/// An allow with a condition, in a scope whose allows need the consent of the scopes above, becomes a
/// deny where the condition is not met: this is how Cerbos has it, to the point that the outputs are
/// not exchanged.
pub(super) fn ask_for_consent(rule: &mut Rule, permissions: ScopePermissions) {
    let asks = permissions == ScopePermissions::RequireParentalConsentForAllows;
    if asks && rule.effect == RuleEffect::Allow {
        negate(rule);
    }
}

/// Denies where the condition is not met. A rule without a condition stays as it is.
pub(super) fn negate(rule: &mut Rule) {
    if let Some(condition) = rule.condition.take() {
        rule.condition = Some(Condition::None(Box::new([condition])));
        rule.effect = RuleEffect::Deny;
    }
}

pub(super) fn effect(effect: Effect) -> RuleEffect {
    match effect {
        Effect::Allow => RuleEffect::Allow,
        Effect::Deny => RuleEffect::Deny,
    }
}

/// Every expression of a rule.
pub(in crate::engine) fn clauses_of_rule(rule: &Rule) -> impl Iterator<Item = &Clause> {
    let condition = rule.condition.iter().flat_map(clauses);
    condition.chain(&rule.met).chain(&rule.unmet)
}

/// Every expression of a condition.
pub(in crate::engine) fn clauses(condition: &Condition) -> impl Iterator<Item = &Clause> {
    let mut left = vec![condition];
    std::iter::from_fn(move || {
        loop {
            match left.pop()? {
                Condition::Holds(clause) => return Some(&**clause),
                Condition::All(parts) | Condition::Any(parts) | Condition::None(parts) => {
                    left.extend(parts.iter().rev());
                }
            }
        }
    })
}
