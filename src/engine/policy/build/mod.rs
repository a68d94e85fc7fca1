//! Policies of an index → the tables of a [`PolicySet`](super::PolicySet).

mod derived_roles;
mod principal;
mod resource;
mod role;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::compiled::{Consent, DerivedRole, PrincipalPolicy, ResourcePolicy, RolePolicy};
use super::error::Problem;
use super::index::version_of;
use super::limits;
use super::names::{NameId, Names};
use super::pattern::PatternTable;
use super::resolve::Context;
use super::schema::Library;
use super::set::{Place, Scope};
use super::syntax::{Body, Policy, ScopePermissions, Subject};

/// A set while its policies are compiled.
#[derive(Default)]
pub(super) struct Builder {
    /// `None`: schemas are ignored.
    library: Option<Library>,
    pub(super) names: Names,
    pub(super) resources: HashMap<Place, ResourcePolicy>,
    pub(super) principals: HashMap<Place, PrincipalPolicy>,
    pub(super) roles: HashMap<Place, RolePolicy>,
    pub(super) role_resources: HashMap<(NameId, NameId), PatternTable>,
    pub(super) principal_scopes: HashSet<(NameId, NameId)>,
    pub(super) scopes: HashMap<NameId, Scope>,
    /// By scope and role: parents.
    pub(super) parents: BTreeMap<(NameId, NameId), Vec<NameId>>,
    /// Derived roles by the key of their policy; `None` if something in it is wrong.
    derived_roles: HashMap<String, Option<Vec<Arc<DerivedRole>>>>,
    derived_role_count: usize,
    subject_count: usize,
}

// === impl Builder ===

impl Builder {
    pub(super) fn new(library: Option<Library>) -> Self {
        Self { library, ..Self::default() }
    }

    /// Compiles what decides something, and whatever it imports.
    pub(super) fn add(&mut self, policy: &Policy, context: &mut Context<'_>) {
        let added = match &policy.body {
            Body::Resource(body) => self.add_resource(policy, body, context),
            Body::Principal(body) => self.add_principal(policy, body, context),
            Body::Role(body) => self.add_role(policy, body, context),
            Body::DerivedRoles(_) | Body::ExportVariables { .. } | Body::ExportConstants { .. } => {
                Some(())
            }
        };
        // `None`: an import is missing or broken, and was reported.
        let _reported: Option<()> = added;
        if self.subject_count > limits::RULES {
            let message = format!("more than {} rules, counted by their roles", limits::RULES);
            context.problems.push(Problem::of_file(policy.site.file, message));
            self.subject_count = 0;
        }
    }

    fn place(&mut self, name: &str, subject: &Subject) -> Place {
        Place {
            name: self.names.intern(name),
            version: self.names.intern(version_of(subject)),
            scope: self.names.intern(&subject.scope.text),
        }
    }

    fn consent(&mut self, scope: NameId, permissions: ScopePermissions) -> &mut Scope {
        let consent = match permissions {
            ScopePermissions::Unspecified | ScopePermissions::OverrideParent => Consent::NotNeeded,
            ScopePermissions::RequireParentalConsentForAllows => Consent::Needed,
            ScopePermissions::Other(_) => Consent::Undefined,
        };
        let scope = self.scopes.entry(scope).or_default();
        // Two policies of a scope may differ, and Cerbos then takes either. We take the stricter.
        scope.consent = scope.consent.max(consent);
        scope
    }
}

/// `*` stands for everybody, and makes the other roles of a list superfluous.
fn everybody_or<'t>(roles: impl Iterator<Item = &'t str> + Clone) -> Vec<&'t str> {
    if roles.clone().any(|role| role == "*") { vec!["*"] } else { roles.collect() }
}
