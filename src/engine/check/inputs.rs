//! What the answer to a question can depend on, told by names alone: the second reader of `question`.
//!
//! Two questions with the same [`PolicyChain`] are asked of the same rules. Where they also agree in the
//! values of [`PolicySet::reads`], they have the same answer, whatever else is different. This holds
//! for the effect, the policy, the scope, outputs and validation errors of the action; effective
//! derived roles that no rule for the action asks for are not looked at.

use std::collections::BTreeSet;

use bumpalo::Bump;

use super::question::{Question, RoleSet, effective_scope, effective_version};
use super::rows::{self, Open, Restriction, Row};
use super::validation;
use crate::engine::PolicySet;
use crate::engine::cel::Read;
use crate::engine::model::{Action, CheckInput, Principal, Resource, ValidationSource};
use crate::engine::policy::{
    Clause, DerivedRole, Name, NameId, ResourcePolicy, Variables, clauses, clauses_of_rule,
    with_variables,
};

/// Which rules a question is asked of, as far as names tell.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PolicyChain<'q> {
    /// Only where there are policies of this principal.
    pub principal: Option<&'q str>,
    pub principal_version: &'q str,
    pub principal_scope: &'q str,
    /// In the order of the question. A role that no policy can tell from any other such role is
    /// `None`.
    pub roles: Vec<Option<&'q str>>,
    pub kind: &'q str,
    pub resource_version: &'q str,
    pub resource_scope: &'q str,
    pub action: &'q str,
}

/// What the expressions read that could be evaluated for a question.
struct Reading<'a> {
    question: &'a Question<'a>,
    arena: &'a Bump,
    reads: BTreeSet<Read>,
}

// === impl PolicySet ===

impl PolicySet {
    /// Which rules a question is asked of.
    #[must_use]
    pub fn policy_chain<'q>(
        &'q self,
        principal: &'q Principal,
        resource: &'q Resource,
        action: &'q Action,
    ) -> PolicyChain<'q> {
        let id = &*principal.id;
        let roles = principal.roles.iter().map(|role| {
            let role = role.as_str();
            (self.has_role_globs() || self.names.find(role).id.is_some()).then_some(role)
        });
        PolicyChain {
            principal: self.has_policy_of_principal(id).then_some(id),
            principal_version: effective_version(&principal.policy_version, self),
            principal_scope: effective_scope(&principal.scope, self),
            roles: roles.collect(),
            kind: resource.kind.as_str(),
            resource_version: effective_version(&resource.policy_version, self),
            resource_scope: effective_scope(&resource.scope, self),
            action: action.as_str(),
        }
    }

    /// Everything that the answer to a question about one action can depend on, beside its policy chain.
    /// Neither [`Read::Variable`] nor [`Read::EffectiveDerivedRoles`] is among it: what they stand
    /// for is. Of two paths one of which leads to the other only the shorter is there.
    #[must_use]
    pub fn reads(&self, input: &CheckInput<'_>) -> Vec<Read> {
        let arena = Bump::new();
        let question = Question::new(self, input, &arena);
        let mut reading = Reading { question: &question, arena: &arena, reads: BTreeSet::new() };
        for action in input.actions {
            let action = self.names.find(action.as_str());
            reading.of_principal_policies(action);
            reading.of_resource_policies(action);
        }
        reading.of_derived_roles();
        reading.of_schemas();
        reading.finish()
    }
}

// === impl Reading ===

impl<'a> Reading<'a> {
    fn of_principal_policies(&mut self, action: Name<'a>) {
        let question = self.question;
        let id = question.set.names.find(&question.input.principal.id);
        for scope in question.principal_policies.scopes {
            let place = question.place(id.id, *scope);
            let policy = place.and_then(|place| question.set.principal_policy(place));
            let Some(policy) = policy else { continue };
            let open = Open::new(&policy.unit, self.arena);
            let rows = rows::of_principal_policy(policy, open, question, action, self.arena);
            self.add_rows(rows, &policy.unit.variables);
        }
    }

    fn of_resource_policies(&mut self, action: Name<'a>) {
        let question = self.question;
        for scope in question.resource_policies.scopes {
            for role in question.roles {
                self.of_role_policies(*scope, action, role);
                if let Some(policy) = resource_policy(question, *scope) {
                    self.of_resource_policy(policy, (action, role));
                }
            }
        }
    }

    fn of_resource_policy(
        &mut self,
        policy: &'a ResourcePolicy,
        asked: (Name<'a>, &'a RoleSet<'a>),
    ) {
        let open = Open::new(&policy.unit, self.arena);
        let rows = || rows::of_resource_policy(policy, open, self.question, asked, self.arena);
        let derived_roles: BTreeSet<usize> =
            rows().filter_map(|row| row.subject.derived_role).collect();
        let rows = rows();
        self.add_rows(rows, &policy.unit.variables);
        for role in derived_roles.into_iter().filter_map(|at| policy.derived_roles.get(at)) {
            self.add_derived_role(role);
        }
    }

    fn of_role_policies(&mut self, scope: NameId, action: Name<'a>, role: &'a RoleSet<'a>) {
        let question = self.question;
        for role in role.iter(question.set) {
            let place = question.place(role.id, scope);
            let policy = place.and_then(|place| question.set.role_policy(place));
            let Some(policy) = policy else { continue };
            match rows::of_role_policy(policy, question, action, self.arena) {
                Restriction::Denied => {}
                Restriction::Listed(listed) => {
                    let open = Open::new(&policy.unit, self.arena);
                    self.add_rows(rows::restricting(open, listed), &policy.unit.variables);
                }
            }
        }
    }

    /// If an expression reads which derived roles are active, all that could be are looked at.
    fn of_derived_roles(&mut self) {
        if !self.reads.contains(&Read::EffectiveDerivedRoles) {
            return;
        }
        let question = self.question;
        for policy in question
            .resource_policies
            .scopes
            .iter()
            .filter_map(|scope| resource_policy(question, *scope))
        {
            for role in &policy.derived_roles {
                if role.any_parent || question.has_role(&role.parents) {
                    self.add_derived_role(role);
                }
            }
        }
    }

    fn of_schemas(&mut self) {
        let question = self.question;
        let Some(schemas) = validation::schemas(question) else { return };
        for source in schemas.validated(question.input.actions) {
            self.reads.insert(match source {
                ValidationSource::Principal => Read::PrincipalAttribute(Box::default()),
                ValidationSource::Resource => Read::ResourceAttribute(Box::default()),
            });
        }
    }

    fn add_rows(&mut self, rows: impl Iterator<Item = Row<'a>>, variables: &'a Variables) {
        self.add(rows.flat_map(|row| clauses_of_rule(row.rule)), variables);
    }

    fn add_derived_role(&mut self, role: &'a DerivedRole) {
        self.add(role.condition.iter().flat_map(clauses), &role.variables);
    }

    fn add(&mut self, clauses: impl Iterator<Item = &'a Clause>, variables: &'a Variables) {
        let mut found = Vec::new();
        with_variables(clauses, variables, &mut found);
        let reads = found.into_iter().flat_map(|clause| clause.expression.reads());
        self.reads.extend(reads.filter(|read| !matches!(read, Read::Variable(_))).cloned());
    }

    fn finish(self) -> Vec<Read> {
        let mut shortest: Vec<Read> = Vec::new();
        // In their order a path comes before those that it leads to.
        for read in self.reads {
            let is_covered = shortest.last().is_some_and(|last| last.leads_to(&read));
            if read != Read::EffectiveDerivedRoles && !is_covered {
                shortest.push(read);
            }
        }
        shortest
    }
}

fn resource_policy<'a>(question: &'a Question<'a>, scope: NameId) -> Option<&'a ResourcePolicy> {
    let place = question.place(question.kind.id, scope)?;
    question.set.resource_policy(place)
}
