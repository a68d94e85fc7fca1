//! From scope to scope, role by role: who decides an action.

use bumpalo::Bump;

use super::derived::{Active, DerivedRoles};
use super::evaluator::{Evaluator, Failed};
use super::observe::{Observer, Subject};
use super::question::{Chain, NO_MATCH, Question, RoleSet};
use super::rows::{self, Open, Restriction, Row};
use super::visited::Visited;
use super::{Strictness, validation};
use crate::engine::cel::Budget;
use crate::engine::model::{
    Action, ActionOutput, CheckOutput, Effect, OutputEntry, SchemaEnforcement,
};
use crate::engine::policy::{Consent, Name, NameId, ResourcePolicy, RuleEffect};

/// One check.
pub(super) struct Walk<'a, O> {
    question: &'a Question<'a>,
    arena: &'a Bump,
    evaluator: Evaluator<'a, O>,
    derived_roles: DerivedRoles<'a>,
    outputs: Vec<OutputEntry>,
    visited: Visited<'a>,
}

/// Which policies are asked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pass {
    Principal,
    Resource,
}

/// What was found for an action so far.
#[derive(Clone, Copy)]
struct Finding<'a> {
    effect: Option<Effect>,
    policy: &'a str,
    scope: &'a str,
}

/// What the rows of one scope say.
enum Verdict<'a> {
    Allowed,
    /// By the policy with this key, if it is to be named instead of the one of the nearest scope.
    Denied(Option<&'a str>),
    Undecided,
}

/// Strict evaluation: a rule of the policy with this key failed.
struct Broken<'a>(&'a str);

// === impl Walk ===

impl<'a, O: Observer<'a>> Walk<'a, O> {
    pub(super) fn new(
        question: &'a Question<'a>,
        arena: &'a Bump,
        budget: &'a Budget,
        strictness: Strictness,
        observer: O,
    ) -> Self {
        Self {
            question,
            arena,
            evaluator: Evaluator::new(question, arena, budget, strictness, observer),
            derived_roles: DerivedRoles::new(),
            outputs: Vec::new(),
            visited: Visited::new(question, arena),
        }
    }

    /// The answer, what the observer was told, and whether the clock was read indeed.
    pub(super) fn run(mut self) -> (CheckOutput, O, bool) {
        let question = self.question;
        let validation_errors = validation::validate(question, self.evaluator.budget);
        let rejects = question.set.options.schema_enforcement == SchemaEnforcement::Reject;
        // What could not be validated to the end is not taken for valid.
        let is_rejected = self.evaluator.is_exhausted() || rejects && !validation_errors.is_empty();
        let rejected =
            Finding { effect: None, policy: question.resource_policies.policy, scope: "" };
        let actions = question.input.actions.iter().map(|action| {
            let finding = if is_rejected { rejected } else { self.decide(action) };
            let Finding { effect, policy, scope } = finding;
            ActionOutput {
                action: action.clone(),
                // What nobody decided is denied.
                effect: effect.unwrap_or(Effect::Deny),
                policy: policy.into(),
                scope: scope.into(),
            }
        });
        let actions = actions.collect();
        let exhausted = self.evaluator.is_exhausted();
        let clock_was_read = self.evaluator.clock_was_read();
        let (evaluation_errors, clock, observer) = self.evaluator.finish();
        let output = CheckOutput {
            actions,
            effective_derived_roles: self
                .derived_roles
                .effective
                .into_iter()
                .map(Into::into)
                .collect(),
            outputs: self.outputs,
            validation_errors,
            evaluation_errors,
            clock,
            exhausted,
        };
        (output, observer, clock_was_read)
    }

    fn decide(&mut self, action: &'a Action) -> Finding<'a> {
        let question = self.question;
        self.evaluator.observer.action(action);
        let mut finding = Finding { effect: None, policy: NO_MATCH, scope: "" };
        if !question.principal_policies.exists && !question.resource_policies.exists {
            return finding;
        }
        let name = question.set.names.find(action.as_str());
        for pass in [Pass::Principal, Pass::Resource] {
            // Principal policies apply whatever the role, so the first stands for all.
            let roles = match pass {
                Pass::Principal => question.roles.get(..1).unwrap_or_default(),
                Pass::Resource => question.roles,
            };
            finding.effect = None;
            for role in roles {
                let found = match self.ask(pass, (action, name), role) {
                    Ok(found) => found,
                    Err(broken) => return broken,
                };
                if finding.effect.is_none() {
                    finding = found;
                }
                if found.effect == Some(Effect::Allow) {
                    finding = found;
                    break;
                }
            }
            if finding.effect.is_some() {
                break;
            }
        }
        finding
    }

    /// What the policies of one pass say to one role. An error is final for the action.
    fn ask(
        &mut self,
        pass: Pass,
        action: (&'a Action, Name<'a>),
        role: &'a RoleSet<'a>,
    ) -> Result<Finding<'a>, Finding<'a>> {
        let Chain { scopes, policy, exists: _ } = match pass {
            Pass::Principal => &self.question.principal_policies,
            Pass::Resource => &self.question.resource_policies,
        };
        let finding = |effect, policy, scope| Finding { effect, policy, scope };
        let mut has_allow = false;
        for (at, scope) in scopes.iter().enumerate() {
            let verdict = match pass {
                Pass::Principal => self.ask_principal_policy(at, *scope, action),
                Pass::Resource => self.ask_resource_policies(at, *scope, action, role),
            };
            let text = self.question.set.names.get(*scope).text;
            match verdict {
                Err(Broken(policy)) => return Err(finding(Some(Effect::Deny), policy, text)),
                Ok(Verdict::Denied(by)) => {
                    return Ok(finding(Some(Effect::Deny), by.unwrap_or(policy), text));
                }
                Ok(Verdict::Allowed) => has_allow = true,
                Ok(Verdict::Undecided) => {}
            }
            if has_allow {
                match self.question.set.scope(*scope).consent {
                    Consent::NotNeeded => return Ok(finding(Some(Effect::Allow), policy, text)),
                    Consent::Needed => has_allow = false,
                    Consent::Undefined => {}
                }
            }
        }
        Ok(finding(None, policy, ""))
    }

    fn ask_principal_policy(
        &mut self,
        at: usize,
        scope: NameId,
        action: (&'a Action, Name<'a>),
    ) -> Result<Verdict<'a>, Broken<'a>> {
        let Some((policy, open)) = self.visited.principal_policy(at, scope) else {
            return Ok(Verdict::Undecided);
        };
        let rows = rows::of_principal_policy(policy, open, self.question, action.1, self.arena);
        self.ask_rows(open, rows, action.0, None)
    }

    fn ask_resource_policies(
        &mut self,
        at: usize,
        scope: NameId,
        action: (&'a Action, Name<'a>),
        role: &'a RoleSet<'a>,
    ) -> Result<Verdict<'a>, Broken<'a>> {
        let entered = self.visited.resource_scope(at, scope, |policy| {
            self.derived_roles.find(policy, self.question, &mut self.evaluator, self.arena)
        });
        self.evaluator.runtime = entered.active.runtime;
        if entered.has_role_policies {
            let policy = entered.policy.map(|(policy, _)| policy);
            if rows::concerns(self.question, policy, role, scope)
                && let Verdict::Denied(by) = self.ask_role_policies(scope, action, role)?
            {
                return Ok(Verdict::Denied(by));
            }
        }
        let Some((policy, open)) = entered.policy else { return Ok(Verdict::Undecided) };
        let asked = (action.1, role);
        let rows = rows::of_resource_policy(policy, open, self.question, asked, self.arena);
        self.ask_rows(open, rows, action.0, Some((policy, entered.active)))
    }

    /// Role policies of the role and of those that it inherits. They can only deny.
    fn ask_role_policies(
        &mut self,
        scope: NameId,
        (action, name): (&'a Action, Name<'a>),
        role: &'a RoleSet<'a>,
    ) -> Result<Verdict<'a>, Broken<'a>> {
        for role in role.iter(self.question.set) {
            let Some((policy, open)) = self.visited.role_policy(role, scope) else { continue };
            let key = &*policy.unit.key;
            match rows::of_role_policy(policy, self.question, name, self.arena) {
                Restriction::Denied => {
                    self.evaluator.observer.not_listed(open.unit);
                    return Ok(Verdict::Denied(Some(key)));
                }
                Restriction::Listed(listed) => {
                    self.evaluator.observer.listed(open, listed);
                    let rows = rows::restricting(open, listed);
                    if let Verdict::Denied(_) = self.ask_rows(open, rows, action, None)? {
                        return Ok(Verdict::Denied(Some(key)));
                    }
                }
            }
        }
        Ok(Verdict::Undecided)
    }

    /// Asks rows in their order, up to the first that denies.
    fn ask_rows(
        &mut self,
        open: Open<'a>,
        rows: impl Iterator<Item = Row<'a>>,
        action: &Action,
        derived: Option<(&'a ResourcePolicy, Active<'a>)>,
    ) -> Result<Verdict<'a>, Broken<'a>> {
        let mut verdict = Verdict::Undecided;
        for row in rows {
            let is_met = self.is_met(open, row, derived);
            let role = row.subject.derived_role.zip(derived);
            let role =
                role.and_then(|(at, (policy, _))| policy.derived_roles.get(at).map(|role| &**role));
            let runtime = self.evaluator.runtime;
            self.evaluator.observer.rule(Subject { open, rule: row.rule, role, runtime }, is_met);
            let is_met = match is_met {
                Ok(Some(is_met)) => is_met,
                Ok(None) | Err(Failed::Row) => continue,
                Err(Failed::Action) => return Err(Broken(&open.unit.key)),
            };
            let output = if is_met { &row.rule.met } else { &row.rule.unmet };
            if let Some(clause) = output {
                let variables = open.variables(&mut self.evaluator);
                self.outputs.push(OutputEntry {
                    src: row.rule.source.clone(),
                    action: action.clone(),
                    value: self.evaluator.output(clause, variables),
                });
            }
            match row.rule.effect {
                RuleEffect::Deny if is_met => return Ok(Verdict::Denied(None)),
                RuleEffect::Allow if is_met => verdict = Verdict::Allowed,
                RuleEffect::Allow | RuleEffect::Deny | RuleEffect::Neutral => {}
            }
        }
        Ok(verdict)
    }

    /// Whether a row's condition is met. `None`: its derived role is not active, so that it is not
    /// even unmet. When the row comes up again it is: Cerbos then remembers only the result.
    fn is_met(
        &mut self,
        open: Open<'a>,
        Row { rule, subject }: Row<'a>,
        derived: Option<(&'a ResourcePolicy, Active<'a>)>,
    ) -> Result<Option<bool>, Failed> {
        let variables = open.variables(&mut self.evaluator);
        let known = open.result(subject);
        if let Some(result) = known.get() {
            return Ok(Some(result));
        }
        if let (Some(at), Some((policy, active))) = (subject.derived_role, derived)
            && let Some(role) = policy.derived_roles.get(at)
            && !self.derived_roles.is_met(role, active.conditions.get(at), &mut self.evaluator)?
        {
            known.set(Some(false));
            return Ok(None);
        }
        let result = match &rule.condition {
            Some(condition) => self.evaluator.condition(condition, variables)?,
            None => true,
        };
        known.set(Some(result));
        Ok(Some(result))
    }
}
