//! Why an action has its effect: the rules that decided, and of their conditions the parts that did,
//! with the values that they saw.

use bumpalo::Bump;

use super::Strictness;
use super::evaluator::{Evaluator, Failed, Runtime, Values};
use super::observe::{Nobody, Observer, Subject};
use super::question::Question;
use super::rows::Open;
use super::walk::Walk;
use crate::engine::cel::{self, Budget, Names, Parts, Read, parts};
use crate::engine::model::{Action, CheckInput, Effect, OutputValue};
use crate::engine::policy::{
    Clause, Condition, DerivedRole, PolicySet, RuleEffect, Site, Unit, Variables,
};

/// Deeper than this a part is told as a whole.
const DEPTH: usize = 16;

/// Why an action has its effect.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// The policy that the answer names, or `NO_MATCH`.
    pub policy: Box<str>,
    /// The rules that decided. Where none did, all that could have.
    pub rules: Vec<RuleReason>,
    /// Role policies that do not list the action.
    pub not_listed: Vec<Box<str>>,
}

/// What one rule said.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleReason {
    /// Policy key, `#`, rule name.
    pub name: Box<str>,
    pub file: Box<str>,
    pub site: Site,
    /// `None`: only its output counts.
    pub effect: Option<Effect>,
    /// Whether its condition was met; `None` if its derived role was not active.
    pub is_met: Option<bool>,
    /// The derived role that it asks for.
    pub derived_role: Option<Box<str>>,
    /// What of its condition decided, or of that of its derived role.
    pub parts: Vec<Part>,
}

/// A part of a condition that decided.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    pub expression: Box<str>,
    pub value: OutputValue,
    /// What it read, and what that was.
    pub saw: Vec<(Box<str>, OutputValue)>,
}

/// What is remembered of a check, to be asked again.
#[derive(Default)]
struct Memory<'a> {
    wanted: Option<&'a Action>,
    is_wanted: bool,
    rules: Vec<(Subject<'a>, Result<Option<bool>, Failed>)>,
    not_listed: Vec<&'a Unit>,
    roles: Vec<(&'a DerivedRole, (Values<'a>, Runtime<'a>))>,
}

/// Evaluates conditions once more, part by part.
struct Teller<'a> {
    evaluator: Evaluator<'a, Nobody>,
    values: Values<'a>,
    names: &'a Names,
    variables: &'a Variables,
    told: Vec<Part>,
}

// === impl PolicySet ===

impl PolicySet {
    /// Why the check of `input` answers as it does about `action`, which is one of its actions.
    #[must_use]
    pub fn explain(
        &self,
        input: &CheckInput<'_>,
        strictness: Strictness,
        action: &Action,
    ) -> Explanation {
        let arena = Bump::new();
        let limits = &self.options.limits;
        // Telling must not fail for what the check itself has used up.
        let (budget, own_budget) = (Budget::new(limits), Budget::new(limits));
        let question = Question::new(self, input, &arena);
        let wanted = input.actions.iter().find(|one| *one == action);
        let memory = Memory { wanted, ..Memory::default() };
        let (output, memory, _) = Walk::new(&question, &arena, &budget, strictness, memory).run();
        let answer = output.actions.iter().find(|answer| answer.action == *action);
        let effect = answer.map_or(Effect::Deny, |answer| answer.effect);
        let mut rules: Vec<RuleReason> = Vec::new();
        for (subject, is_met) in memory.deciding(effect) {
            let evaluator = Evaluator::new(&question, &arena, &own_budget, strictness, Nobody);
            let reason = memory.reason(self, subject, is_met.unwrap_or(Some(false)), evaluator);
            // A rule is asked for each role.
            if !rules.contains(&reason) {
                rules.push(reason);
            }
        }
        Explanation {
            policy: answer.map_or("", |answer| &answer.policy).into(),
            rules,
            not_listed: memory.not_listed.iter().map(|unit| unit.key.clone()).collect(),
        }
    }
}

// === impl Memory ===

impl<'a> Memory<'a> {
    /// The rules that made the effect, or else all.
    fn deciding(&self, effect: Effect) -> Vec<&(Subject<'a>, Result<Option<bool>, Failed>)> {
        let made = |(subject, is_met): &&(Subject<'a>, Result<Option<bool>, Failed>)| {
            let says = subject.rule.effect == wanted(effect);
            matches!(is_met, Ok(Some(true)) if says) || matches!(is_met, Err(Failed::Action))
        };
        let deciding: Vec<_> = self.rules.iter().filter(made).collect();
        if deciding.is_empty() { self.rules.iter().collect() } else { deciding }
    }

    fn reason(
        &self,
        set: &PolicySet,
        subject: &Subject<'a>,
        is_met: Option<bool>,
        evaluator: Evaluator<'a, Nobody>,
    ) -> RuleReason {
        let Subject { open, rule, role, runtime } = *subject;
        let unit = open.unit;
        let known = role.and_then(|role| {
            self.roles.iter().find(|(known, _)| known.number == role.number).copied()
        });
        let parts = match (is_met, known, &rule.condition) {
            (None, Some((role, (values, runtime))), _) => Teller::tell(
                (evaluator, runtime, values),
                (&role.names, &role.variables),
                role.condition.as_ref(),
            ),
            (None, None, _) => Vec::new(),
            (Some(_), _, condition) => Teller::tell(
                (evaluator, runtime, open.known_variables()),
                (&unit.names, &unit.variables),
                condition.as_ref(),
            ),
        };
        RuleReason {
            name: rule.source.clone(),
            file: set.file_of(rule.site).into(),
            site: rule.site,
            effect: match rule.effect {
                RuleEffect::Allow => Some(Effect::Allow),
                RuleEffect::Deny => Some(Effect::Deny),
                RuleEffect::Neutral => None,
            },
            is_met,
            derived_role: role.map(|role| role.name.clone()),
            parts,
        }
    }
}

fn wanted(effect: Effect) -> RuleEffect {
    match effect {
        Effect::Allow => RuleEffect::Allow,
        Effect::Deny => RuleEffect::Deny,
    }
}

impl<'a> Observer<'a> for Memory<'a> {
    fn action(&mut self, action: &'a Action) {
        self.is_wanted = self.wanted == Some(action);
    }

    fn clause(&mut self, _: &'a Clause, _: Option<bool>) {}

    fn rule(&mut self, subject: Subject<'a>, is_met: Result<Option<bool>, Failed>) {
        if self.is_wanted {
            self.rules.push((subject, is_met));
        }
    }

    fn listed(&mut self, _: Open<'a>, _: &'a [u32]) {}

    fn not_listed(&mut self, unit: &'a Unit) {
        if self.is_wanted && !self.not_listed.iter().any(|known| known.key == unit.key) {
            self.not_listed.push(unit);
        }
    }

    fn derived_role(
        &mut self,
        role: &'a DerivedRole,
        _: Result<bool, Failed>,
        context: (Values<'a>, Runtime<'a>),
    ) {
        self.roles.push((role, context));
    }
}

// === impl Teller ===

impl<'a> Teller<'a> {
    fn tell(
        (mut evaluator, runtime, values): (Evaluator<'a, Nobody>, Runtime<'a>, Values<'a>),
        (names, variables): (&'a Names, &'a Variables),
        condition: Option<&'a Condition>,
    ) -> Vec<Part> {
        evaluator.runtime = runtime;
        let mut teller = Self { evaluator, values, names, variables, told: Vec::new() };
        if let Some(condition) = condition {
            teller.condition(condition);
        }
        teller.told
    }

    /// Tells what made a condition what it is. Conditions are as deep as files, which is bounded.
    fn condition(&mut self, condition: &'a Condition) {
        let holds = |teller: &mut Self, part| teller.evaluator.condition(part, teller.values);
        let (parts, decides) = match condition {
            Condition::Holds(clause) => return self.expression(clause.expression.source(), 0),
            Condition::All(parts) => (parts, false),
            Condition::Any(parts) | Condition::None(parts) => (parts, true),
        };
        // The first such part decides alone; without one, all do together.
        let first = parts.iter().find(|part| match holds(self, part) {
            Ok(holds) => holds == decides,
            Err(Failed::Action | Failed::Row) => true,
        });
        match first {
            Some(first) => self.condition(first),
            None => parts.iter().for_each(|part| self.condition(part)),
        }
    }

    fn expression(&mut self, source: &str, depth: usize) {
        let whole = self.value(source);
        let inner = if depth < DEPTH { parts(source) } else { Parts::Whole };
        let (inner, decides) = match &inner {
            Parts::Whole => return self.tell_part(source, whole),
            Parts::Group(inner) | Parts::Not(inner) => {
                return self.expression(inner, depth + 1);
            }
            Parts::And(inner) => (inner, false),
            Parts::Or(inner) => (inner, true),
        };
        let is = |value: &OutputValue, wanted: bool| matches!(value, OutputValue::Value(value) if *value == wanted.into());
        let decisive: Vec<&&str> = if is(&whole, decides) {
            inner.iter().find(|part| is(&self.value(part), decides)).into_iter().collect()
        } else if is(&whole, !decides) {
            inner.iter().collect()
        } else {
            inner.iter().filter(|part| !is(&self.value(part), !decides)).collect()
        };
        for part in decisive {
            self.expression(part, depth + 1);
        }
    }

    fn tell_part(&mut self, source: &str, value: OutputValue) {
        let mut saw = Vec::new();
        for text in self.reads(source) {
            // What is only read tells nothing beyond the part itself.
            if text != source {
                let value = self.value(&text);
                saw.push((text.into(), value));
            }
        }
        let part = Part { expression: source.into(), value, saw };
        if !self.told.contains(&part) {
            self.told.push(part);
        }
    }

    fn value(&self, source: &str) -> OutputValue {
        match cel::compile(source, self.names) {
            Ok(expression) => match expression.output(&self.evaluator.frame(self.values)) {
                Ok(value) => OutputValue::Value(value),
                Err(failure) => OutputValue::Error(failure.0),
            },
            Err(_) => OutputValue::Error("cannot be evaluated on its own".into()),
        }
    }

    /// What an expression reads, as expressions, the reads of its variables behind it.
    fn reads(&self, source: &str) -> Vec<String> {
        let Ok(expression) = cel::compile(source, self.names) else { return Vec::new() };
        let mut texts = Vec::new();
        let mut left: Vec<Read> = expression.reads().iter().rev().cloned().collect();
        while let Some(read) = left.pop() {
            if let Read::Variable(slot) = &read {
                let used = self.variables.used.iter().find(|variable| variable.slot == *slot);
                let reads = used.map(|variable| variable.clause.expression.reads());
                left.extend(reads.into_iter().flatten().rev().cloned());
            }
            let text = read.text(self.names);
            if !texts.contains(&text) {
                texts.push(text);
            }
        }
        for name in self.names.constants.keys() {
            let text = format!("C.{name}");
            if mentions(source, &text) {
                texts.push(text);
            }
        }
        texts
    }
}

fn mentions(source: &str, name: &str) -> bool {
    source.match_indices(name).any(|(at, _)| {
        let word = |c: char| c.is_alphanumeric() || c == '_';
        let before = source.get(..at).and_then(|before| before.chars().next_back());
        let after = source.get(at + name.len()..).and_then(|after| after.chars().next());
        !before.is_some_and(|c| word(c) || c == '.') && !after.is_some_and(word)
    })
}
