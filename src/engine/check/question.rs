//! A question by its names: which policies could answer it. No expression is looked at here.

use bumpalo::{Bump, collections::Vec as ArenaVec};

use crate::engine::model::{CheckInput, PolicyVersion, Scope};
use crate::engine::policy::{
    InheritedRoles, Name, NameId, NamePattern, Place, PolicySet, parents, policy_key, sanitize,
};

/// What a check asks, with names as numbers.
pub(in crate::engine) struct Question<'a> {
    pub(in crate::engine) set: &'a PolicySet,
    pub(in crate::engine) input: &'a CheckInput<'a>,
    /// Sanitized, as policies are found by it.
    pub(in crate::engine) kind: Name<'a>,
    /// The version that rules must have, of principal policies too: Cerbos looks all of them up by
    /// the version of the resource.
    pub(in crate::engine) version: Name<'a>,
    pub(in crate::engine) principal_policies: Chain<'a>,
    pub(in crate::engine) resource_policies: Chain<'a>,
    /// One for each role of the principal, in the order of the request.
    pub(in crate::engine) roles: &'a [RoleSet<'a>],
}

/// The scopes that are asked, nearest first.
pub(in crate::engine) struct Chain<'a> {
    pub(in crate::engine) scopes: &'a [NameId],
    /// What an answer names as its policy: the one of the nearest scope.
    pub(in crate::engine) policy: &'a str,
    /// Some policy could answer.
    pub(in crate::engine) exists: bool,
}

/// A role and those that it inherits.
pub(in crate::engine) struct RoleSet<'a> {
    pub(in crate::engine) own: Name<'a>,
    pub(in crate::engine) inherited: &'a InheritedRoles,
}

/// What an answer names as its policy where there is none.
pub(in crate::engine) const NO_MATCH: &str = "NO_MATCH";

// === impl Question ===

impl<'a> Question<'a> {
    pub(in crate::engine) fn new(
        set: &'a PolicySet,
        input: &'a CheckInput<'a>,
        arena: &'a Bump,
    ) -> Self {
        let CheckInput { principal, resource, .. } = *input;
        let resource_scope = effective_scope(&resource.scope, set);
        let kind = match sanitize(resource.kind.as_str()) {
            std::borrow::Cow::Borrowed(kind) => kind,
            std::borrow::Cow::Owned(kind) => arena.alloc_str(&kind),
        };
        let scope = set.names.find(resource_scope).id;
        let roles = arena.alloc_slice_fill_iter(principal.roles.iter().map(|role| {
            let own = set.names.find(role.as_str());
            let inherited = scope
                .zip(own.id)
                .map_or(InheritedRoles::none(), |(scope, role)| set.inherited(scope, role));
            RoleSet { own, inherited }
        }));
        let mut question = Self {
            set,
            input,
            kind: set.names.find(kind),
            version: set.names.find(effective_version(&resource.policy_version, set)),
            principal_policies: Chain::EMPTY,
            resource_policies: Chain::EMPTY,
            roles,
        };
        question.principal_policies = question.principal_chain(arena);
        question.resource_policies = question.resource_chain(resource_scope, arena);
        question
    }

    fn principal_chain(&self, arena: &'a Bump) -> Chain<'a> {
        let principal = self.input.principal;
        let set = self.set;
        let scopes = scopes(
            effective_scope(&principal.scope, set),
            set,
            |scope| set.scope(scope).has_principal_policies,
            arena,
        );
        let version = effective_version(&principal.policy_version, set);
        let known = set.names.find(version).id;
        let exists = known.is_some_and(|version| {
            scopes.iter().any(|scope| set.has_principal_policy(version, *scope))
        });
        let policy = match scopes.first() {
            // The name is needed only where a principal policy could answer.
            Some(scope) if exists => {
                let id = set.names.find(&principal.id);
                let place =
                    id.id.zip(known).map(|(name, version)| Place { name, version, scope: *scope });
                match place.and_then(|place| set.principal_policy(place)) {
                    Some(policy) => &*policy.unit.key,
                    None => {
                        let scope = set.names.get(*scope).text;
                        &*arena.alloc_str(&policy_key("principal", &principal.id, version, scope))
                    }
                }
            }
            _ => NO_MATCH,
        };
        Chain { scopes, policy, exists }
    }

    fn resource_chain(&self, scope: &str, arena: &'a Bump) -> Chain<'a> {
        let set = self.set;
        let has_policies = |scope| set.scope(scope).has_resource_policies;
        let scopes = scopes(scope, set, has_policies, arena);
        let place = |scope: &NameId| self.place(self.kind.id, *scope);
        let exists = scopes.iter().any(|scope| {
            place(scope).is_some_and(|place| set.resource_policy(place).is_some())
                || self
                    .version
                    .id
                    .is_some_and(|version| set.has_role_rule(self.kind, version, *scope))
        });
        let policy = match scopes.first() {
            Some(scope) if exists => {
                match place(scope).and_then(|place| set.resource_policy(place)) {
                    Some(policy) => &*policy.unit.key,
                    None => {
                        let scope = set.names.get(*scope).text;
                        let kind = self.input.resource.kind.as_str();
                        &*arena.alloc_str(&policy_key("resource", kind, self.version.text, scope))
                    }
                }
            }
            _ => NO_MATCH,
        };
        Chain { scopes, policy, exists }
    }

    /// Where a policy of this name would be, in the version of the question.
    pub(in crate::engine) fn place(&self, name: Option<NameId>, scope: NameId) -> Option<Place> {
        Some(Place { name: name?, version: self.version.id?, scope })
    }

    /// Whether the principal has one of `roles` exactly, or inherits it.
    pub(in crate::engine) fn has_role(&self, roles: &[NameId]) -> bool {
        roles.iter().any(|role| self.roles.iter().any(|set| set.contains(*role)))
    }
}

// === impl Chain ===

impl Chain<'_> {
    const EMPTY: Self = Self { scopes: &[], policy: NO_MATCH, exists: false };
}

// === impl RoleSet ===

impl<'a> RoleSet<'a> {
    /// The role itself, then those that it inherits.
    pub(in crate::engine) fn iter(&self, set: &'a PolicySet) -> impl Iterator<Item = Name<'a>> {
        let inherited = self.inherited.in_order.iter().map(|role| set.names.get(*role));
        std::iter::once(self.own).chain(inherited)
    }

    pub(in crate::engine) fn matches(&self, pattern: &NamePattern, set: &'a PolicySet) -> bool {
        match pattern {
            NamePattern::Any => true,
            NamePattern::Exact(role) => self.contains(*role),
            NamePattern::Glob(glob) => self.iter(set).any(|role| glob.matches(role.text)),
        }
    }

    fn contains(&self, role: NameId) -> bool {
        self.own.id == Some(role) || self.inherited.contains(role)
    }
}

/// The scope with the default applied; `.` stands for the root, whatever the default is.
pub(in crate::engine) fn effective_scope<'a>(scope: &'a Scope, set: &'a PolicySet) -> &'a str {
    let scope = if scope.as_str().is_empty() { &set.options.default_scope } else { scope };
    scope.path()
}

pub(in crate::engine) fn effective_version<'a>(
    version: &'a PolicyVersion,
    set: &'a PolicySet,
) -> &'a str {
    match version.as_str() {
        "" => set.options.default_policy_version.as_str(),
        version => version,
    }
}

/// The scopes from `scope` up that have policies. Unless the search is lenient, there are none if
/// `scope` itself has none.
fn scopes<'a>(
    scope: &str,
    set: &'a PolicySet,
    has_policies: impl Fn(NameId) -> bool,
    arena: &'a Bump,
) -> &'a [NameId] {
    let find = |scope: &str| set.names.find(scope).id.filter(|scope| has_policies(*scope));
    let mut scopes = ArenaVec::new_in(arena);
    match find(scope) {
        Some(scope) => scopes.push(scope),
        None if set.options.lenient_scope_search => {}
        None => return &[],
    }
    scopes.extend(parents(scope).filter_map(find));
    scopes.into_bump_slice()
}
