//! Compiled policies → [`PolicySet`].

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::compiled::{
    AllowedActions, Consent, DerivedRole, PrincipalPolicy, ResourcePolicy, RolePolicy, Rule,
    RuleEffect, Subject,
};
use super::error::{Problem, Site};
use super::index::{key_of, version_of};
use super::key::sanitize;
use super::limits;
use super::lower::{Lowering, WrittenRule, ask_for_consent, clauses, effect, negate};
use super::names::{NameId, Names};
use super::pattern::{Glob, NamePattern, PatternTable};
use super::resolve::{Context, Namespace};
use super::schema::{Library, Schema, Schemas};
use super::set::{Place, Scope};
use super::syntax::{self, Body, ScopePermissions, Text};
use crate::engine::policy::syntax::Policy;

/// A set while its policies are compiled.
#[derive(Default)]
pub(super) struct Builder {
    library: Library,
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
    pub(super) fn new(library: Library) -> Self {
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

    fn place(&mut self, name: &str, subject: &syntax::Subject) -> Place {
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

    fn add_resource(
        &mut self,
        policy: &Policy,
        body: &syntax::ResourcePolicy,
        context: &mut Context<'_>,
    ) -> Option<()> {
        let known = self.import_derived_roles(&body.import_derived_roles, context)?;
        let namespace = Namespace::new(context, &policy.variables, &body.definitions)?;
        let permissions = body.subject.permissions;
        let mut lowering = Lowering::new(context, &namespace, key_of(&policy.body));
        let (mut actions, mut roles) = (PatternTable::default(), PatternTable::default());
        let mut used: Vec<Arc<DerivedRole>> = Vec::new();
        for (at, written) in body.rules.iter().enumerate() {
            let name = written.name.as_ref();
            let name =
                name.map_or_else(|| format!("rule-{:03}", at + 1), |name| name.text.to_string());
            let mut subjects = self.plain_subjects(&mut lowering, &name, written);
            for derived in &written.derived_roles {
                let Some(role) = find_derived_role(derived, &known, &mut lowering) else {
                    continue;
                };
                let slot = lowering.slot(&name, Some(&role.name));
                let at = used.iter().position(|known| known.number == role.number);
                let at = at.unwrap_or_else(|| {
                    used.push(role.clone());
                    used.len() - 1
                });
                subjects.extend(self.derived_subjects(&role, at, slot));
            }
            self.subject_count += subjects.len();
            subjects.iter().for_each(|subject| roles.add(subject.role.clone(), 0));
            let rule = WrittenRule {
                name: name.into(),
                effect: effect(written.effect),
                condition: written.condition.as_ref(),
                output: written.output.as_ref(),
            };
            let number = lowering.rule(&rule, subjects, |rule| ask_for_consent(rule, permissions));
            for action in &written.actions {
                actions.add(NamePattern::new(&action.text, &mut self.names), number);
            }
        }
        let unit = lowering.finish();
        let schemas = self.schemas(&body.schemas, context);
        let place = self.place(&sanitize(&body.subject.name.text), &body.subject);
        self.consent(place.scope, permissions).has_resource_policies = true;
        let derived_roles = used.into();
        self.resources
            .insert(place, ResourcePolicy { unit, actions, roles, derived_roles, schemas });
        Some(())
    }

    fn schemas(&mut self, written: &syntax::Schemas, context: &mut Context<'_>) -> Schemas {
        let mut find = |written: Option<&syntax::SchemaUse>| {
            let syntax::SchemaUse { reference, ignored_actions } = written?;
            match self.library.find(&reference.text) {
                Ok(validator) => {
                    let globs = ignored_actions.iter().map(|action| Glob::new(&action.text));
                    Some(Schema { validator, ignored_actions: globs.collect() })
                }
                Err(why) => {
                    let message = format!("the schema `{}` cannot be used: {why}", reference.text);
                    context.problems.push(Problem::at(reference.site, message));
                    None
                }
            }
        };
        Schemas {
            principal: find(written.principal.as_ref()),
            resource: find(written.resource.as_ref()),
        }
    }

    /// One subject for each role that the rule names itself.
    fn plain_subjects(
        &mut self,
        lowering: &mut Lowering<'_, '_>,
        name: &str,
        rule: &syntax::ResourceRule,
    ) -> Vec<Subject> {
        let slot = lowering.slot(name, None);
        let roles = everybody_or(rule.roles.iter().map(|role| &*role.text));
        roles
            .into_iter()
            .map(|role| NamePattern::new(role, &mut self.names))
            .map(|role| Subject { role, derived_role: None, slot })
            .collect()
    }

    /// One subject for each parent of a derived role, at `at` among those of the policy.
    fn derived_subjects(&mut self, role: &DerivedRole, at: usize, slot: usize) -> Vec<Subject> {
        let parents = if role.any_parent {
            vec!["*".to_owned()]
        } else {
            role.parents.iter().map(|parent| self.names.get(*parent).text.to_owned()).collect()
        };
        parents
            .iter()
            .map(|parent| NamePattern::new(parent, &mut self.names))
            .map(|role| Subject { role, derived_role: Some(at), slot })
            .collect()
    }

    fn add_principal(
        &mut self,
        policy: &Policy,
        body: &syntax::PrincipalPolicy,
        context: &mut Context<'_>,
    ) -> Option<()> {
        let namespace = Namespace::new(context, &policy.variables, &body.definitions)?;
        let permissions = body.subject.permissions;
        let mut lowering = Lowering::new(context, &namespace, key_of(&policy.body));
        let mut resources = PatternTable::default();
        let mut blocks: Vec<PatternTable> = Vec::new();
        for block in &body.rules {
            // A pattern is never of the form that is sanitized.
            let resource = sanitize(&block.resource.text);
            let number = u32::try_from(blocks.len()).unwrap_or(u32::MAX);
            resources.add(NamePattern::new(&resource, &mut self.names), number);
            let mut actions = PatternTable::default();
            for (at, written) in block.actions.iter().enumerate() {
                let unnamed = || format!("{}_rule-{:03}", block.resource.text, at + 1);
                let name = written.name.as_ref().map_or_else(unnamed, |name| name.text.to_string());
                let slot = lowering.slot(&name, None);
                let everybody = Subject { role: NamePattern::Any, derived_role: None, slot };
                let rule = WrittenRule {
                    name: name.into(),
                    effect: effect(written.effect),
                    condition: written.condition.as_ref(),
                    output: written.output.as_ref(),
                };
                let number = lowering
                    .rule(&rule, vec![everybody], |rule| ask_for_consent(rule, permissions));
                actions.add(NamePattern::new(&written.action.text, &mut self.names), number);
                self.subject_count += 1;
            }
            blocks.push(actions);
        }
        let unit = lowering.finish();
        let place = self.place(&body.subject.name.text, &body.subject);
        self.consent(place.scope, permissions).has_principal_policies = true;
        self.principal_scopes.insert((place.version, place.scope));
        self.principals.insert(place, PrincipalPolicy { unit, resources, blocks: blocks.into() });
        Some(())
    }

    fn add_role(
        &mut self,
        policy: &Policy,
        body: &syntax::RolePolicy,
        context: &mut Context<'_>,
    ) -> Option<()> {
        let namespace = Namespace::new(context, &policy.variables, &body.definitions)?;
        let mut lowering = Lowering::new(context, &namespace, key_of(&policy.body));
        let place = self.place(&body.subject.name.text, &body.subject);
        let parents = body.parent_roles.iter().map(|role| self.names.intern(&role.text));
        let parents: Vec<NameId> = parents.collect();
        if !parents.is_empty() {
            self.parents.entry((place.scope, place.name)).or_default().extend(parents);
        }
        let mut resources = PatternTable::default();
        let mut allowed = Vec::new();
        let mut of_resource: HashMap<&str, usize> = HashMap::new();
        for written in &body.rules {
            // Results are remembered by the position among the rules for the same resource text.
            let position = of_resource.entry(&written.resource.text).or_default();
            let slot = lowering.slot(&position.to_string(), None);
            *position += 1;
            let name = written.name.as_ref().map(|name| name.text.clone()).unwrap_or_default();
            let rule = WrittenRule {
                name,
                effect: RuleEffect::Neutral,
                condition: written.condition.as_ref(),
                output: written.output.as_ref(),
            };
            let everybody = Subject { role: NamePattern::Any, derived_role: None, slot };
            let number = lowering.rule(&rule, vec![everybody], restrict);
            resources.add(NamePattern::new(&written.resource.text, &mut self.names), number);
            allowed.push(self.allowed_actions(&written.allow_actions));
            self.subject_count += 1;
        }
        let unit = lowering.finish();
        if unit.rules.is_empty() {
            return Some(());
        }
        let kinds = self.role_resources.entry((place.version, place.scope)).or_default();
        for rule in &body.rules {
            kinds.add(NamePattern::new(&rule.resource.text, &mut self.names), 0);
        }
        self.scopes.entry(place.scope).or_default().has_resource_policies = true;
        self.roles.insert(place, RolePolicy { unit, resources, allowed: allowed.into() });
        Some(())
    }

    fn allowed_actions(&mut self, actions: &[Text]) -> AllowedActions {
        // Here every text is a glob, after it was compared as it is.
        let special = |text: &&Text| text.text.contains(['*', '?', '[', '{', '\\']);
        AllowedActions {
            exact: actions.iter().map(|action| self.names.intern(&action.text)).collect(),
            globs: actions.iter().filter(special).map(|action| Glob::new(&action.text)).collect(),
        }
    }

    /// The derived roles of the imported policies. `None` if one of them is missing or broken.
    fn import_derived_roles(
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
                is_fixed: variables.used.is_empty() && !reads_runtime,
                number: self.derived_role_count,
                name: written.name.text.clone(),
                any_parent,
                parents: parents.into_iter().map(|role| self.names.intern(role)).collect(),
                condition,
                variables,
            }));
            self.derived_role_count += 1;
        }
        (context.problems.len() == before).then_some(roles)
    }
}

/// A derived role that a policy can name.
struct Imported {
    role: Arc<DerivedRole>,
    /// The policy that it is from.
    site: Site,
}

/// `*` stands for everybody, and makes the other roles of a list superfluous.
fn everybody_or<'t>(roles: impl Iterator<Item = &'t str> + Clone) -> Vec<&'t str> {
    if roles.clone().any(|role| role == "*") { vec!["*"] } else { roles.collect() }
}

fn find_derived_role(
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

/// A rule of a role policy denies where its condition is not met, so its outputs change places.
fn restrict(rule: &mut Rule) {
    if rule.condition.is_some() {
        negate(rule);
        std::mem::swap(&mut rule.met, &mut rule.unmet);
    }
}
