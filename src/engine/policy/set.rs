//! [`PolicySet`]: compiled policies, found by number in constant time.

use std::collections::{HashMap, HashSet};

use super::compiled::{Consent, PrincipalPolicy, ResourcePolicy, RolePolicy};
use super::error::FileId;
use super::names::{Name, NameId, Names};
use super::pattern::PatternTable;
use crate::engine::cel::Globals;
use crate::engine::model::Options;

/// Compiled policies. Immutable: a change of a file makes a new set.
#[derive(Debug)]
pub struct PolicySet {
    pub(in crate::engine) options: Options,
    pub(in crate::engine) globals: Globals,
    pub(in crate::engine) names: Names,
    pub(super) files: Box<[Box<str>]>,
    pub(super) policy_count: usize,
    /// By sanitized kind.
    pub(super) resources: HashMap<Place, ResourcePolicy>,
    /// By id of the principal.
    pub(super) principals: HashMap<Place, PrincipalPolicy>,
    /// By role.
    pub(super) roles: HashMap<Place, RolePolicy>,
    /// Kinds that role policies of a version and a scope have rules for.
    pub(super) role_resources: HashMap<(NameId, NameId), PatternTable>,
    /// Versions and scopes of principal policies.
    pub(super) principal_scopes: HashSet<(NameId, NameId)>,
    /// Ids of principals that have policies.
    pub(super) principal_ids: HashSet<NameId>,
    /// Some rule names roles by a pattern, so that the text of any role may matter.
    pub(super) has_role_globs: bool,
    pub(super) scopes: HashMap<NameId, Scope>,
    /// By scope and role.
    pub(super) inherited: HashMap<(NameId, NameId), InheritedRoles>,
}

/// Where a policy stands: name, version, scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::engine) struct Place {
    pub(in crate::engine) name: NameId,
    pub(in crate::engine) version: NameId,
    pub(in crate::engine) scope: NameId,
}

/// What is known of a scope.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::engine) struct Scope {
    /// Some principal policy is in it.
    pub(in crate::engine) has_principal_policies: bool,
    /// Some resource policy or role policy is in it.
    pub(in crate::engine) has_resource_policies: bool,
    pub(in crate::engine) consent: Consent,
}

/// The roles that a role inherits, directly or through others.
#[derive(Debug, Default)]
pub(in crate::engine) struct InheritedRoles {
    pub(in crate::engine) in_order: Vec<NameId>,
    pub(super) sorted: Vec<NameId>,
}

// === impl PolicySet ===

impl PolicySet {
    /// How many policies there are, disabled ones not counted.
    #[must_use]
    pub fn policy_count(&self) -> usize {
        self.policy_count
    }

    /// Has the same policies asked in another way. Bounds stay those that they were loaded with.
    pub fn ask_with(&mut self, options: &Options, globals: &Globals) {
        let limits = self.options.limits;
        self.options = Options { limits, ..options.clone() };
        self.globals = globals.clone();
    }

    pub(in crate::engine) fn scope(&self, scope: NameId) -> Scope {
        self.scopes.get(&scope).copied().unwrap_or_default()
    }

    pub(in crate::engine) fn resource_policy(&self, place: Place) -> Option<&ResourcePolicy> {
        self.resources.get(&place)
    }

    pub(in crate::engine) fn principal_policy(&self, place: Place) -> Option<&PrincipalPolicy> {
        self.principals.get(&place)
    }

    pub(in crate::engine) fn role_policy(&self, place: Place) -> Option<&RolePolicy> {
        self.roles.get(&place)
    }

    pub(in crate::engine) fn inherited(&self, scope: NameId, role: NameId) -> &InheritedRoles {
        self.inherited.get(&(scope, role)).unwrap_or(InheritedRoles::none())
    }

    /// Whether there are principal policies, of any principal, of this version in this scope.
    pub(in crate::engine) fn has_principal_policy(&self, version: NameId, scope: NameId) -> bool {
        self.principal_scopes.contains(&(version, scope))
    }

    /// Whether a role policy of this version in this scope has a rule for the kind.
    pub(in crate::engine) fn has_role_rule(
        &self,
        kind: Name<'_>,
        version: NameId,
        scope: NameId,
    ) -> bool {
        self.role_resources.get(&(version, scope)).is_some_and(|kinds| kinds.matches(kind))
    }

    /// Whether there is a policy of this very principal, in any version and scope.
    pub(in crate::engine) fn has_policy_of_principal(&self, id: &str) -> bool {
        self.names.find(id).id.is_some_and(|id| self.principal_ids.contains(&id))
    }

    pub(in crate::engine) fn has_role_globs(&self) -> bool {
        self.has_role_globs
    }

    pub(in crate::engine) fn has_role_policies(&self, version: NameId, scope: NameId) -> bool {
        self.role_resources.contains_key(&(version, scope))
    }

    pub(super) fn file(&self, file: FileId) -> &str {
        self.files.get(file.0).map(|path| &**path).unwrap_or_default()
    }
}

// === impl InheritedRoles ===

impl InheritedRoles {
    pub(in crate::engine) fn none() -> &'static Self {
        static NONE: InheritedRoles = InheritedRoles { in_order: Vec::new(), sorted: Vec::new() };
        &NONE
    }

    pub(in crate::engine) fn contains(&self, role: NameId) -> bool {
        self.sorted.binary_search(&role).is_ok()
    }
}
