//! What policies read of a resource.

use bumpalo::Bump;

use super::compiled::{
    Clause, Condition, PrincipalPolicy, ResourcePolicy, RolePolicy, Rule, Variables,
};
use super::lower::{clauses, clauses_of_rule};
use super::set::PolicySet;
use super::{key::sanitize, names::Name};
use crate::engine::cel::Read;
use crate::engine::model::{Action, ResourceKind};
use crate::yaml::Place;

/// An attribute of a resource that an expression can read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AttributeRead {
    /// The file of the expression.
    pub file: Box<str>,
    /// Where the expression begins.
    pub place: Place,
    /// `R.attr.a.b`; empty: all attributes.
    pub path: Box<[Box<str>]>,
}

// === impl PolicySet ===

impl PolicySet {
    /// The attributes that rules for `kind` and one of `actions` can read, in policies of all versions
    /// and scopes, sorted.
    #[must_use]
    pub fn resource_attribute_reads<'q>(
        &self,
        kind: &ResourceKind,
        actions: impl IntoIterator<Item = &'q Action>,
    ) -> Vec<AttributeRead> {
        let kind = sanitize(kind.as_str());
        let kind = self.names.find(&kind);
        let actions: Vec<Name<'_>> =
            actions.into_iter().map(|action| self.names.find(action.as_str())).collect();
        let mut reads: Vec<AttributeRead> = self
            .clauses(kind, &actions)
            .into_iter()
            .flat_map(|clause| clause.expression.reads().iter().map(move |read| (clause, read)))
            .filter_map(|(clause, read)| {
                let path = match read {
                    Read::ResourceAttribute(path) => path.clone(),
                    Read::ResourceTime(name) => [name.clone()].into(),
                    _ => return None,
                };
                let file = self.file(clause.site.file).into();
                Some(AttributeRead { path, file, place: clause.site.place })
            })
            .collect();
        reads.sort();
        reads.dedup();
        reads
    }

    /// Every expression that a question about `kind` and one of `actions` can lead to.
    fn clauses(&self, kind: Name<'_>, actions: &[Name<'_>]) -> Vec<&Clause> {
        let arena = Bump::new();
        let mut found = Vec::new();
        for (place, policy) in &self.resources {
            if Some(place.name) == kind.id {
                of_resource_policy(policy, actions, &arena, &mut found);
            }
        }
        for policy in self.principals.values() {
            of_principal_policy(policy, kind, actions, &arena, &mut found);
        }
        for policy in self.roles.values() {
            of_role_policy(policy, kind, actions, &arena, &mut found);
        }
        found
    }
}

fn of_resource_policy<'s>(
    policy: &'s ResourcePolicy,
    actions: &[Name<'_>],
    arena: &Bump,
    found: &mut Vec<&'s Clause>,
) {
    let rules = actions.iter().flat_map(|action| policy.actions.find(*action, arena));
    let rules: Vec<&Rule> = rules.filter_map(|rule| by_number(&policy.unit.rules, *rule)).collect();
    with_variables(rules.iter().copied().flat_map(clauses_of_rule), &policy.unit.variables, found);
    let subjects = rules.iter().flat_map(|rule| &rule.subjects);
    for role in subjects.filter_map(|subject| policy.derived_roles.get(subject.derived_role?)) {
        let condition = role.condition.iter().flat_map(|condition: &Condition| clauses(condition));
        with_variables(condition, &role.variables, found);
    }
}

fn of_principal_policy<'s>(
    policy: &'s PrincipalPolicy,
    kind: Name<'_>,
    actions: &[Name<'_>],
    arena: &Bump,
    found: &mut Vec<&'s Clause>,
) {
    let blocks = policy.resources.find(kind, arena).iter();
    let blocks = blocks.filter_map(|block| by_number(&policy.blocks, *block));
    let rules =
        blocks.flat_map(|block| actions.iter().flat_map(|action| block.find(*action, arena)));
    let rules = rules.filter_map(|rule| by_number(&policy.unit.rules, *rule));
    with_variables(rules.flat_map(clauses_of_rule), &policy.unit.variables, found);
}

fn of_role_policy<'s>(
    policy: &'s RolePolicy,
    kind: Name<'_>,
    actions: &[Name<'_>],
    arena: &Bump,
    found: &mut Vec<&'s Clause>,
) {
    let rules = policy.resources.find(kind, arena).iter().filter(|rule| {
        let allowed = by_number(&policy.allowed, **rule);
        allowed.is_some_and(|allowed| actions.iter().any(|action| allowed.contains(*action)))
    });
    let rules = rules.filter_map(|rule| by_number(&policy.unit.rules, *rule));
    with_variables(rules.flat_map(clauses_of_rule), &policy.unit.variables, found);
}

/// The clauses, and the variables that they use directly or through others.
pub(in crate::engine) fn with_variables<'s>(
    clauses: impl Iterator<Item = &'s Clause>,
    variables: &'s Variables,
    found: &mut Vec<&'s Clause>,
) {
    let mut open: Vec<&Clause> = clauses.collect();
    let mut left: Vec<_> = variables.used.iter().collect();
    while let Some(clause) = open.pop() {
        found.push(clause);
        let reads = clause.expression.reads();
        // Each variable once: it is taken out of those that are left.
        left.retain(|variable| {
            let is_read = reads.contains(&Read::Variable(variable.slot));
            if is_read {
                open.push(&variable.clause);
            }
            !is_read
        });
    }
}

fn by_number<T>(items: &[T], number: u32) -> Option<&T> {
    items.get(usize::try_from(number).ok()?)
}
