//! A good request for each call, which leaves nothing out.

use serde_json::{Value as Json, json};

/// The path of a call, and a body that is answered there.
pub(super) fn all() -> Vec<(&'static str, Json)> {
    let attr = json!({ "owner": "p", "n": 1, "l": [1], "m": { "k": null } });
    let principal = json!({ "id": "p", "policyVersion": "default", "roles": ["user", "other"], "attr": attr, "scope": "" });
    let resource = json!({ "kind": "doc", "policyVersion": "default", "id": "1", "attr": attr, "scope": "acme" });
    let planned = json!({ "kind": "doc", "attr": attr, "policyVersion": "default", "scope": "" });
    let set = json!({ "kind": "doc", "policyVersion": "default", "instances": { "a": { "attr": attr } }, "scope": "" });
    let context = json!({ "annotations": { "app": "a" } });
    let entry = json!({ "actions": ["view", "edit"], "resource": resource });
    let subject = json!({ "type": "user", "id": "p", "properties": attr });
    let about = json!({ "type": "doc", "id": "1", "properties": attr });
    let action = json!({ "name": "view", "properties": { "a": 1 } });
    let extra = json!({ "cerbos.requestId": "r", "cerbos.includeMeta": true, "other": [1] });
    vec![
        (
            "/api/check/resources",
            json!({ "requestId": "r", "includeMeta": true, "principal": principal, "resources": [entry], "auxData": {}, "requestContext": context }),
        ),
        (
            "/api/plan/resources",
            json!({ "requestId": "r", "actions": ["view", "edit"], "principal": principal, "resource": planned, "auxData": {}, "includeMeta": true, "requestContext": context }),
        ),
        (
            "/api/check",
            json!({ "requestId": "r", "actions": ["view", "edit"], "principal": principal, "resource": set, "includeMeta": true, "auxData": {} }),
        ),
        (
            "/api/check_resource_batch",
            json!({ "requestId": "r", "principal": principal, "resources": [entry], "auxData": {} }),
        ),
        (
            "/access/v1/evaluation",
            json!({ "subject": subject, "resource": about, "action": action, "context": extra }),
        ),
        (
            "/access/v1/evaluations",
            json!({ "subject": subject, "resource": about, "context": extra, "evaluations": [{ "action": action, "context": extra }], "options": { "evaluations_semantic": "execute_all" } }),
        ),
    ]
}
