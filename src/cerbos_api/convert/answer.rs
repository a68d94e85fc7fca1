//! What is answered: [`CheckOutput`] ↔ an entry of a `CheckResourcesResponse`.

use super::{Unusable, value_from_wire, value_to_wire};
use crate::cerbos_api::proto::cerbos::{
    effect::v1::Effect as WireEffect,
    engine::v1::OutputEntry as WireOutput,
    response::v1::check_resources_response::{
        ResultEntry,
        result_entry::{self, Meta, meta::EffectMeta},
    },
    schema::v1::{ValidationError as WireValidationError, validation_error::Source},
};
use crate::engine::model::{
    Action, ActionOutput, CheckOutput, ClockUse, Effect, OutputEntry, OutputValue, Resource,
    ValidationError, ValidationSource,
};

/// An answer, with the resource as it was asked about, and everything that is known.
#[must_use]
pub fn answer_to_wire(resource: &Resource, output: &CheckOutput) -> ResultEntry {
    let meta = output.actions.iter().map(|ActionOutput { action, policy, scope, .. }| {
        let meta =
            EffectMeta { matched_policy: policy.to_string(), matched_scope: scope.to_string() };
        (action.to_string(), meta)
    });
    let effects = output.actions.iter().map(|ActionOutput { action, effect, .. }| {
        let effect = match effect {
            Effect::Allow => WireEffect::Allow,
            Effect::Deny => WireEffect::Deny,
        };
        (action.to_string(), effect.into())
    });
    let roles = output.effective_derived_roles.iter();
    ResultEntry {
        resource: Some(result_entry::Resource {
            id: resource.id.to_string(),
            kind: resource.kind.to_string(),
            policy_version: resource.policy_version.to_string(),
            scope: resource.scope.to_string(),
        }),
        actions: effects.collect(),
        validation_errors: output.validation_errors.iter().map(validation_error_to_wire).collect(),
        meta: Some(Meta {
            actions: meta.collect(),
            effective_derived_roles: roles.map(ToString::to_string).collect(),
        }),
        outputs: output.outputs.iter().map(output_to_wire).collect(),
    }
}

/// An answer about these actions, which must be those of the question.
///
/// Whether another PDP looked at its clock is not known, so it may have.
///
/// # Errors
/// An action without an effect, or a name that is none.
pub fn answer_from_wire(entry: ResultEntry, actions: &[Action]) -> Result<CheckOutput, Unusable> {
    let ResultEntry { resource: _, actions: effects, validation_errors, meta, outputs } = entry;
    let Meta { actions: mut metas, effective_derived_roles } = meta.unwrap_or_default();
    let mut roles: Vec<Box<str>> = effective_derived_roles.into_iter().map(Into::into).collect();
    roles.sort_unstable();
    let mut answers = Vec::with_capacity(actions.len());
    for action in actions {
        let effect = effects.get(action.as_str()).copied();
        let effect = effect.ok_or_else(|| Unusable::Unanswered { action: action.to_string() })?;
        let effect = match WireEffect::try_from(effect) {
            Ok(WireEffect::Allow) => Effect::Allow,
            Ok(WireEffect::Deny) => Effect::Deny,
            Ok(WireEffect::Unspecified | WireEffect::NoMatch) | Err(_) => {
                return Err(Unusable::Effect { action: action.to_string() });
            }
        };
        let EffectMeta { matched_policy, matched_scope } =
            metas.remove(action.as_str()).unwrap_or_default();
        answers.push(ActionOutput {
            action: action.clone(),
            effect,
            policy: matched_policy.into(),
            scope: matched_scope.into(),
        });
    }
    Ok(CheckOutput {
        actions: answers,
        effective_derived_roles: roles,
        outputs: outputs.into_iter().map(output_from_wire).collect::<Result<_, _>>()?,
        validation_errors: validation_errors.into_iter().map(validation_error_from_wire).collect(),
        evaluation_errors: Vec::new(),
        clock: ClockUse::Read,
        exhausted: false,
    })
}

fn output_to_wire(entry: &OutputEntry) -> WireOutput {
    let OutputEntry { src, action, value } = entry;
    let (val, error) = match value {
        OutputValue::Value(value) => (Some(value_to_wire(value)), String::new()),
        OutputValue::Error(error) => (None, error.to_string()),
    };
    WireOutput { src: src.to_string(), val, action: action.to_string(), error }
}

fn output_from_wire(entry: WireOutput) -> Result<OutputEntry, Unusable> {
    let WireOutput { src, val, action, error } = entry;
    let action =
        action.parse().map_err(|error| Unusable::Name { field: "an output's action", error })?;
    let value = match val {
        Some(value) => OutputValue::Value(value_from_wire(value)),
        None => OutputValue::Error(error.into()),
    };
    Ok(OutputEntry { src: src.into(), action, value })
}

pub(super) fn validation_error_to_wire(error: &ValidationError) -> WireValidationError {
    let ValidationError { path, message, source } = error;
    let source = match source {
        ValidationSource::Principal => Source::Principal,
        ValidationSource::Resource => Source::Resource,
    };
    WireValidationError { path: path.clone(), message: message.clone(), source: source.into() }
}

fn validation_error_from_wire(error: WireValidationError) -> ValidationError {
    let WireValidationError { path, message, source } = error;
    let source = match Source::try_from(source) {
        Ok(Source::Principal) => ValidationSource::Principal,
        Ok(Source::Resource | Source::Unspecified) | Err(_) => ValidationSource::Resource,
    };
    ValidationError { path, message, source }
}
