//! Derived roles, each file once, for all policies that import it.

use std::sync::Arc;

use super::{Builder, everybody_or};
use crate::engine::policy::compiled::DerivedRole;
use crate::engine::policy::error::{Problem, Site};
use crate::engine::policy::index::key_of;
use crate::engine::policy::lower::{Lowering, clauses};
use crate::engine::policy::resolve::{Context, Namespace};
use crate::engine::policy::syntax::{Body, Policy, Text};

/// A derived role that a policy can name.
pub(super) struct Imported {
    role: Arc<DerivedRole>,
    /// The policy that it is from.
    site: Site,
}

// === impl Builder ===

impl Builder {
    /// The derived roles of the imported policies. `None` if one of them is missing or broken.
    pub(super) fn import_derived_roles(
        &mut self,
        imports: &[Text],
        context: &mut Context<'_>,
    ) -> Option<Vec<Imported>> {
        let mut all = Some(Vec::new());
        for import in imports {
            let Some(policy) = context.index.derived_roles(import) else {
                all = None;
                continue;
            };
            let key = key_of(&policy.body);
            if !self.derived_roles.contains_key(&key) {
                let compiled = self.compile_derived_roles(policy, context);
                self.derived_roles.insert(key.clone(), compiled);
            }
            let Some(Some(roles)) = self.derived_roles.get(&key) else {
                all = None;
                continue;
            };
            if let Some(all) = &mut all {
                let site = policy.site;
                all.extend(roles.iter().map(|role| Imported { role: role.clone(), site }));
            }
        }
        all
    }

    fn compile_derived_roles(
        &mut self,
        policy: &Policy,
        context: &mut Context<'_>,
    ) -> Option<Vec<Arc<DerivedRole>>> {
        let Body::DerivedRoles(body) = &policy.body else { return None };
        let before = context.problems.len();
        let namespace = Namespace::new(context, &policy.variables, &body.definitions)?;
        let mut lowering = Lowering::new(context, &namespace, String::new());
        let names = namespace.names();
        let mut roles = Vec::new();
        for written in &body.roles {
            let condition = written.condition.as_ref();
            let condition = condition.and_then(|condition| lowering.condition(condition));
            let parents = everybody_or(written.parent_roles.iter().map(|role| &*role.text));
            let any_parent = parents.first() == Some(&"*");
            let variables = namespace.used_by(condition.iter().flat_map(clauses));
            let reads_runtime =
                condition.iter().flat_map(clauses).any(|clause| clause.reads_runtime);
            roles.push(Arc::new(DerivedRole {
                site: written.name.site,
                is_fixed: variables.used.is_empty() && !reads_runtime,
                number: self.derived_role_count,
                name: written.name.text.clone(),
                any_parent,
                parents: parents.into_iter().map(|role| self.names.intern(role)).collect(),
                condition,
                variables,
                names: names.clone(),
            }));
            self.derived_role_count += 1;
        }
        (context.problems.len() == before).then_some(roles)
    }
}

/// The one imported derived role of this name.
pub(super) fn find_derived_role(
    name: &Text,
    known: &[Imported],
    lowering: &mut Lowering<'_, '_>,
) -> Option<Arc<DerivedRole>> {
    let mut found = known.iter().filter(|imported| imported.role.name == name.text);
    let problem = match (found.next(), found.next()) {
        (Some(imported), None) => return Some(imported.role.clone()),
        (Some(first), Some(second)) => {
            let path =
                |site: Site| lowering.context.paths.get(site.file.0).copied().unwrap_or_default();
            let message = format!(
                "the derived role `{}` is defined in {} and in {}, and both are imported",
                name.text,
                path(first.site),
                path(second.site)
            );
            Problem::at(name.site, message).help("import one of them only, or rename the role")
        }
        (None, _) => {
            let message = format!("the derived role `{}` is in none of the imports", name.text);
            Problem::at(name.site, message)
                .help("add its policy to `importDerivedRoles`, or correct the name")
        }
    };
    lowering.context.problems.push(problem);
    None
}
