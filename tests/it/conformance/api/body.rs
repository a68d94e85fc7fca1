//! Requests as JSON, which over gRPC become messages.

use portcullis::engine::plan::PlannedResource;
use serde_json::{Value as Json, json};

use super::Signer;
use crate::conformance::scene::Question;

/// All of these, as the principal of the first asks them.
pub(super) fn check(questions: &[Question], signer: &Signer) -> Json {
    let resources = questions.iter().map(|question| {
        let question = question.to_json();
        json!({ "actions": question["actions"], "resource": question["resource"] })
    });
    let resources: Json = resources.collect();
    request(&questions[0], signer, json!({ "resources": resources }))
}

pub(super) fn plan(question: &Question, known: &PlannedResource, signer: &Signer) -> Json {
    let PlannedResource { kind, policy_version, scope, attr } = known;
    let actions = question.to_json()["actions"].clone();
    let resource = json!({
        "kind": kind.as_str(),
        "policyVersion": policy_version.as_str(),
        "scope": scope.as_str(),
        "attr": attr.to_json(),
    });
    request(question, signer, json!({ "actions": actions, "resource": resource }))
}

fn request(question: &Question, signer: &Signer, mut body: Json) -> Json {
    body["requestId"] = "r".into();
    body["includeMeta"] = true.into();
    body["principal"] = question.to_json()["principal"].clone();
    if let Some(claims) = &question.claims {
        body["auxData"] = json!({ "jwt": { "token": signer.token(claims) } });
    }
    body
}
