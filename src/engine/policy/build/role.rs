//! Role policies.

use std::collections::HashMap;

use super::Builder;
use crate::engine::policy::compiled::{AllowedActions, RolePolicy, Rule, RuleEffect, Subject};
use crate::engine::policy::index::key_of;
use crate::engine::policy::lower::{Lowering, WrittenRule, negate};
use crate::engine::policy::names::NameId;
use crate::engine::policy::pattern::{Glob, NamePattern, PatternTable};
use crate::engine::policy::resolve::{Context, Namespace};
use crate::engine::policy::syntax::{self, Policy, Text};

// === impl Builder ===

impl Builder {
    pub(super) fn add_role(
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
                site: written.resource.site,
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
}

/// A rule of a role policy denies where its condition is not met, so its outputs change places.
fn restrict(rule: &mut Rule) {
    if rule.condition.is_some() {
        negate(rule);
        std::mem::swap(&mut rule.met, &mut rule.unmet);
    }
}
