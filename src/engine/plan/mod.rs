//! WHICH ONES MAY THEY? The same policies, asked while the resource is unknown: what must be true of
//! it for an action to be allowed.
//!
//! The answer has the form of Cerbos's `PlanResources`, for which data bases have adapters. It means
//! what [`PolicySet::check`] says of a resource: where Cerbos's own plan says something else than its
//! check, this one follows the check (`docs/compatibility.md`).
//!
//! `conditions` says what is left of a condition, `derived` which derived roles may be active, `rows`
//! what the rules of one policy say, `walk` puts them together from scope to scope. [`admits`] is the
//! way back: whether a filter lets a resource through.
//!
//! [`admits`]: PolicySet::admits

mod admits;
mod conditions;
mod derived;
mod output;
mod rows;
#[cfg(test)]
mod tests;
mod truth;
mod walk;

pub use output::{Filter, MatchedScope, PlanInput, PlanOutput, PlannedResource};

use bumpalo::Bump;

use super::Strictness;
use super::cel::Budget;
use super::check::{question::Question, validation};
use super::model::{CheckInput, Resource, SchemaEnforcement, ValidationError};
use super::policy::PolicySet;
use conditions::Conditions;
use walk::Walk;

// === impl PolicySet ===

impl PolicySet {
    /// What must be true of a resource for all of some actions to be allowed.
    #[must_use]
    pub fn plan(&self, input: &PlanInput<'_>) -> PlanOutput {
        self.plan_with(input, Strictness::of(&self.options))
    }

    /// The same, with a strictness that need not be that of the options.
    #[must_use]
    pub fn plan_with(&self, input: &PlanInput<'_>, strictness: Strictness) -> PlanOutput {
        let PlanInput { principal, resource, actions, aux_data, now } = *input;
        let PlannedResource { kind, policy_version, scope, attr } = resource;
        let resource = Resource {
            kind: kind.clone(),
            id: Box::default(),
            policy_version: policy_version.clone(),
            scope: scope.clone(),
            attr: attr.clone(),
        };
        let input = CheckInput {
            principal,
            resource: &resource,
            actions,
            aux_data,
            now,
            now_attributes: &[],
        };
        let arena = Bump::new();
        let budget = Budget::new(&self.options.limits);
        let question = Question::new(self, &input, &arena);
        let validation_errors = validate(&question, &budget);
        let is_rejected = !validation_errors.is_empty()
            && self.options.schema_enforcement == SchemaEnforcement::Reject;
        let output = if is_rejected {
            PlanOutput::denied()
        } else {
            let conditions = Conditions::new(self, &input, &arena, (&budget, strictness));
            Walk::new(&question, &conditions).run()
        };
        // What failed for want of steps would otherwise be taken for a rule that does not apply.
        let exhausted = budget.is_spent();
        let output = if exhausted { PlanOutput::denied() } else { output };
        PlanOutput { validation_errors, exhausted, ..output }
    }
}

/// What is wrong with the attributes that are known.
fn validate(question: &Question<'_>, budget: &Budget) -> Vec<ValidationError> {
    let Some(schemas) = validation::schemas(question) else { return Vec::new() };
    let CheckInput { principal, resource, actions, .. } = question.input;
    schemas.validate_known((&principal.attr, &resource.attr), actions, budget)
}
