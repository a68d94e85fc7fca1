//! Plans: `meaning` holds filters against checks, `trees` against those of Cerbos.

mod meaning;
pub(super) mod trees;

use fastrand::Rng;
use jiff::Timestamp;
use portcullis::engine::{
    PolicySet,
    model::{Action, AuxData, CheckInput, Effect, Map, Principal, Resource, SchemaEnforcement},
    plan::{Filter, PlannedResource},
};

use super::{random::Dice, scene::Settings};

/// Everything but the resource.
pub(super) struct World<'w> {
    pub policies: &'w PolicySet,
    pub principal: &'w Principal,
    pub aux_data: &'w AuxData,
    pub now: Timestamp,
}

// === impl World ===

impl World<'_> {
    fn input<'i>(&'i self, resource: &'i Resource, actions: &'i [Action]) -> CheckInput<'i> {
        let Self { principal, aux_data, now, .. } = *self;
        CheckInput { principal, resource, actions, aux_data, now, now_attributes: &[] }
    }

    /// Whether all actions are allowed, each asked on its own. `None`: schemas deny it, or a failure
    /// does, of which a filter says nothing.
    pub(super) fn check(
        &self,
        resource: &Resource,
        actions: &[Action],
        settings: &Settings,
    ) -> Option<bool> {
        let mut allowed = true;
        for action in actions {
            let input = self.input(resource, std::slice::from_ref(action));
            let output = self.policies.check(&input);
            let is_rejected = settings.schema_enforcement == SchemaEnforcement::Reject
                && !output.validation_errors.is_empty();
            if is_rejected || (settings.strict_evaluation && !output.evaluation_errors.is_empty()) {
                return None;
            }
            allowed &= output.actions[0].effect == Effect::Allow;
        }
        Some(allowed)
    }

    /// Whether all actions are allowed, for whatever reason not.
    fn allows(&self, resource: &Resource, actions: &[Action]) -> bool {
        actions.iter().all(|action| {
            let input = self.input(resource, std::slice::from_ref(action));
            self.policies.check(&input).actions[0].effect == Effect::Allow
        })
    }

    pub(super) fn admits(&self, filter: &Filter, resource: &Resource) -> bool {
        self.policies.admits(filter, &self.input(resource, &[]))
    }
}

pub(super) fn planned(resource: &Resource, attr: Map) -> PlannedResource {
    let Resource { kind, policy_version, scope, .. } = resource.clone();
    PlannedResource { kind, policy_version, scope, attr }
}

pub(super) fn some(dice: &mut Rng, attributes: &Map, percent: u32) -> Map {
    let kept = attributes.iter().filter(|_| dice.percent(percent));
    kept.map(|(name, value)| (name, value.clone())).collect()
}

/// The first, with the attributes of the second.
pub(super) fn with(first: &Map, second: &Map) -> Map {
    let first = first.iter().filter(|(name, _)| second.get(name).is_none());
    first.chain(second.iter()).map(|(name, value)| (name, value.clone())).collect()
}
