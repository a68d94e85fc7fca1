//! The rules of `AuthZEN`'s questions.

use std::collections::BTreeMap;

use prost_types::{Value, value::Kind};

use super::{Request, found::Found, violation::Rule};
use crate::cerbos_api::proto::authzen::authorization::v1::{
    AccessEvaluationBatchRequest, AccessEvaluationRequest, AccessEvaluationsOptions, Action,
    MetadataRequest, Resource, Subject, access_evaluation_batch_request::Evaluation,
};

const SEMANTICS: [&str; 4] = ["", "execute_all", "deny_on_first_deny", "permit_on_first_permit"];

impl Request for MetadataRequest {
    fn examine(&self, _found: &mut Found) {}
}

impl Request for AccessEvaluationRequest {
    fn examine(&self, found: &mut Found) {
        let Self { subject, resource, action, context } = self;
        found.required("subject", subject.as_ref(), examine_subject);
        found.required("resource", resource.as_ref(), examine_resource);
        found.required("action", action.as_ref(), examine_action);
        found.keys("context", context);
    }
}

impl Request for AccessEvaluationBatchRequest {
    fn examine(&self, found: &mut Found) {
        let Self { subject, resource, action, context, evaluations, options } = self;
        let lacks =
            |default: bool, has: fn(&Evaluation) -> bool| !default && !evaluations.iter().all(has);
        for (is_lacking, id, what) in [
            (lacks(action.is_some(), |one| one.action.is_some()), "actions", "an action"),
            (lacks(subject.is_some(), |one| one.subject.is_some()), "subjects", "a subject"),
            (lacks(resource.is_some(), |one| one.resource.is_some()), "resources", "a resource"),
        ] {
            if is_lacking {
                let name = what.split(' ').next_back().unwrap_or_default();
                let message = format!(
                    "either the default {name} must be set or all evaluations must have {what}"
                );
                found.report(Rule::OfMessage(id), &message);
            }
        }
        found.optional("subject", subject.as_ref(), examine_subject);
        found.optional("resource", resource.as_ref(), examine_resource);
        found.optional("action", action.as_ref(), examine_action);
        found.keys("context", context);
        if evaluations.is_empty() {
            found.within("evaluations", |found| {
                found.report(Rule::MinItems, "must contain at least 1 item(s)");
            });
        }
        found.each("evaluations", evaluations, |evaluation, found| {
            let Evaluation { subject, resource, action, context } = evaluation;
            found.optional("subject", subject.as_ref(), examine_subject);
            found.optional("resource", resource.as_ref(), examine_resource);
            found.optional("action", action.as_ref(), examine_action);
            found.keys("context", context);
        });
        found.optional("options", options.as_ref(), |options, found| {
            let AccessEvaluationsOptions { evaluations_semantic } = options;
            if !SEMANTICS.contains(&evaluations_semantic.as_str()) {
                let message = format!("must be in list [{}]", SEMANTICS.join(", "));
                found.within("evaluations_semantic", |found| found.report(Rule::In, &message));
            }
        });
    }
}

fn examine_subject(subject: &Subject, found: &mut Found) {
    let Subject { r#type, id, properties } = subject;
    found.text("type", r#type);
    found.text("id", id);
    examine_properties(properties, found);
}

fn examine_resource(resource: &Resource, found: &mut Found) {
    let Resource { r#type, id, properties } = resource;
    found.text("type", r#type);
    found.text("id", id);
    examine_properties(properties, found);
}

/// A scope or a version that cannot be one is refused, as everywhere; a PDP looks for policies of it.
fn examine_properties(properties: &BTreeMap<String, Value>, found: &mut Found) {
    found.entries_with("properties", properties, |name, value, found| {
        let Some(Kind::StringValue(text)) = &value.kind else { return };
        match name {
            "cerbos.policyVersion" => found.is_version(text),
            "cerbos.scope" => found.is_scope(text),
            _ => {}
        }
    });
}

fn examine_action(action: &Action, found: &mut Found) {
    let Action { name, properties } = action;
    found.text("name", name);
    found.keys("properties", properties);
}
