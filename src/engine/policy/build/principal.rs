//! Principal policies.

use super::Builder;
use crate::engine::policy::compiled::{PrincipalPolicy, Subject};
use crate::engine::policy::index::key_of;
use crate::engine::policy::key::sanitize;
use crate::engine::policy::lower::{Lowering, WrittenRule, ask_for_consent, effect};
use crate::engine::policy::pattern::{NamePattern, PatternTable};
use crate::engine::policy::resolve::{Context, Namespace};
use crate::engine::policy::syntax::{self, Policy};

// === impl Builder ===

impl Builder {
    pub(super) fn add_principal(
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
                    site: written.action.site,
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
}
