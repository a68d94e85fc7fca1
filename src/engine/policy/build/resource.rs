//! Resource policies.

use std::sync::Arc;

use super::{Builder, derived_roles::find_derived_role, everybody_or};
use crate::engine::policy::compiled::{DerivedRole, ResourcePolicy, Subject};
use crate::engine::policy::error::Problem;
use crate::engine::policy::index::key_of;
use crate::engine::policy::key::sanitize;
use crate::engine::policy::lower::{Lowering, WrittenRule, ask_for_consent, effect};
use crate::engine::policy::pattern::{Glob, NamePattern, PatternTable};
use crate::engine::policy::resolve::{Context, Namespace};
use crate::engine::policy::schema::{Schema, Schemas};
use crate::engine::policy::syntax::{self, Policy};

// === impl Builder ===

impl Builder {
    pub(super) fn add_resource(
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
                lowering.refuse_hopeless(&role.variables);
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
                site: written.site,
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
            match self.library.as_mut()?.find(&reference.text) {
                Ok(validator) => {
                    let globs = ignored_actions.iter().map(|action| Glob::new(&action.text));
                    Some(Schema { validator, ignored_actions: globs.collect() })
                }
                Err(why) => {
                    let message = format!("the schema `{}` cannot be used: {why}", reference.text);
                    let problem = Problem::at(reference.site, message).help(advice(&why));
                    context.problems.push(problem);
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
}

/// What to do about a schema that cannot be used.
fn advice(why: &str) -> &'static str {
    if why.starts_with("there is no file") {
        "write the schema into this file, or correct the name"
    } else if why.contains("`$schema` is") {
        "drafts 4, 6, 7, 2019-09 and 2020-12 of JSON Schema are known"
    } else if why.contains("it must be named") {
        "put a copy of the schema below `_schemas`"
    } else if why.contains("refers to itself") {
        "take one of the references out"
    } else {
        "correct the schema: its file holds one JSON Schema, as JSON"
    }
}
