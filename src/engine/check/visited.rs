//! The policies that a walk has come by. What was evaluated for one is kept with it.

use std::collections::HashMap;

use bumpalo::Bump;

use super::derived::Active;
use super::question::Question;
use super::rows::Open;
use crate::engine::policy::{Name, NameId, PrincipalPolicy, ResourcePolicy, RolePolicy};

pub(super) struct Visited<'a> {
    question: &'a Question<'a>,
    arena: &'a Bump,
    /// By position in the principal's chain, once it was found.
    principal_policies: Vec<Found<'a, PrincipalPolicy>>,
    /// By position in the resource's chain.
    resource_scopes: Vec<Option<ResourceScope<'a>>>,
    /// By role and scope.
    role_policies: HashMap<(NameId, NameId), Found<'a, RolePolicy>>,
}

/// A policy, if there is one, with what was evaluated for it.
pub(super) type Found<'a, P> = Option<(&'a P, Open<'a>)>;

/// A scope of the resource's chain.
#[derive(Clone, Copy)]
pub(super) struct ResourceScope<'a> {
    pub(super) policy: Found<'a, ResourcePolicy>,
    pub(super) active: Active<'a>,
    pub(super) has_role_policies: bool,
}

// === impl Visited ===

impl<'a> Visited<'a> {
    pub(super) fn new(question: &'a Question<'a>, arena: &'a Bump) -> Self {
        Self {
            question,
            arena,
            principal_policies: vec![None; question.principal_policies.scopes.len()],
            resource_scopes: vec![None; question.resource_policies.scopes.len()],
            role_policies: HashMap::new(),
        }
    }

    /// The principal's own policy in a scope, at this position in its chain.
    pub(super) fn principal_policy(
        &mut self,
        at: usize,
        scope: NameId,
    ) -> Found<'a, PrincipalPolicy> {
        if let Some(Some(found)) = self.principal_policies.get(at) {
            return Some(*found);
        }
        let question = self.question;
        let principal = question.set.names.find(&question.input.principal.id);
        let place = question.place(principal.id, scope)?;
        let policy = question.set.principal_policy(place)?;
        let found = (policy, Open::new(&policy.unit, self.arena));
        if let Some(slot) = self.principal_policies.get_mut(at) {
            *slot = Some(found);
        }
        Some(found)
    }

    /// A scope at this position in the resource's chain. When it is entered for the first time, its
    /// derived roles are found.
    pub(super) fn resource_scope(
        &mut self,
        at: usize,
        scope: NameId,
        find_derived_roles: impl FnOnce(Option<&'a ResourcePolicy>) -> Active<'a>,
    ) -> ResourceScope<'a> {
        if let Some(Some(entered)) = self.resource_scopes.get(at) {
            return *entered;
        }
        let question = self.question;
        let place = question.place(question.kind.id, scope);
        let policy = place.and_then(|place| question.set.resource_policy(place));
        let version = question.version.id;
        let entered = ResourceScope {
            policy: policy.map(|policy| (policy, Open::new(&policy.unit, self.arena))),
            active: find_derived_roles(policy),
            has_role_policies: version
                .is_some_and(|version| question.set.has_role_policies(version, scope)),
        };
        if let Some(slot) = self.resource_scopes.get_mut(at) {
            *slot = Some(entered);
        }
        entered
    }

    pub(super) fn role_policy(&mut self, role: Name<'a>, scope: NameId) -> Found<'a, RolePolicy> {
        let place = self.question.place(role.id, scope)?;
        let (question, arena) = (self.question, self.arena);
        *self.role_policies.entry((place.name, scope)).or_insert_with(|| {
            let policy = question.set.role_policy(place)?;
            Some((policy, Open::new(&policy.unit, arena)))
        })
    }
}
