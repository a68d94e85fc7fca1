//! `AuthZEN`'s questions, beside the real PDP.

use portcullis::cerbos_api::proto::authzen::authorization::v1::{
    AccessEvaluationBatchRequest, AccessEvaluationRequest, Action, MetadataRequest, Resource,
    Subject, access_evaluation_batch_request::Evaluation,
    authorization_service_client::AuthorizationServiceClient,
};
use serde_json::{Value as Json, json};
use tonic::{Request, transport::Endpoint};

use super::{Asked, Pair};

const ONE: &str = "/access/v1/evaluation";
const MANY: &str = "/access/v1/evaluations";
const METADATA: &str = "/.well-known/authzen-configuration";

fn subject(id: &str) -> Json {
    json!({ "type": "user", "id": id })
}

fn owned(id: &str, owner: &str) -> Json {
    json!({ "type": "doc", "id": id, "properties": { "owner": owner } })
}

fn action(name: &str) -> Json {
    json!({ "name": name })
}

/// Evaluations of `view`, which is allowed, and of others, which are not.
fn of_actions(names: &[&str]) -> Json {
    names.iter().map(|name| json!({ "action": action(name) })).collect()
}

#[tokio::test]
async fn one_evaluation_is_answered_as_the_real_pdp_answers_it() {
    let pair = Pair::start().await;
    let asked = |subject: Json, resource: Json, context: Json| json!({ "subject": subject, "resource": resource, "action": action("view"), "context": context });
    let with_meta = json!({ "cerbos.includeMeta": true, "cerbos.requestId": "r", "other": [1] });
    for body in [
        asked(subject("p"), owned("1", "p"), json!({})),
        asked(subject("p"), owned("1", "p"), with_meta.clone()),
        asked(subject("p"), json!({ "type": "none", "id": "1" }), with_meta.clone()),
        asked(subject("p"), owned("1", "p"), json!({ "cerbos.includeMeta": "true" })),
        asked(
            subject("p"),
            owned("1", "p"),
            json!({ "cerbos.requestId": 5, "cerbos.includeMeta": true }),
        ),
        asked(subject("p"), owned("1", "p"), json!({ "cerbos.auxData": {} })),
        asked(subject("p"), owned("1", "p"), json!({ "cerbos.auxData": null })),
        asked(subject("p"), owned("1", "p"), json!({ "cerbos.auxData": { "jwt": {} } })),
        asked(
            subject("p"),
            owned("1", "p"),
            json!({ "cerbos.auxData": { "jwt": { "token": 5 } } }),
        ),
        asked(
            subject("p"),
            owned("1", "p"),
            json!({ "cerbos.auxData": { "jwt": { "token": "x" } } }),
        ),
        asked(subject("p"), owned("1", "p"), json!({ "cerbos.auxData": { "jwt": 5 } })),
        asked(
            subject("p"),
            owned("1", "p"),
            json!({ "cerbos.auxData": { "jwts": {}, "more": 1 } }),
        ),
        asked(subject("p"), owned("1", "p"), json!({ "cerbos.auxData": [] })),
        asked(subject("p"), owned("1", "p"), json!({ "cerbos.auxData": 5 })),
    ] {
        pair.check("POST", ONE, &body.to_string()).await;
    }
    for properties in [
        json!({ "cerbos.roles": ["user", "other", ""] }),
        json!({ "cerbos.roles": ["other"] }),
        json!({ "cerbos.roles": [] }),
        json!({ "cerbos.roles": [""] }),
        json!({ "cerbos.roles": [5, "user"] }),
        json!({ "cerbos.roles": ["user", "user"] }),
        json!({ "cerbos.roles": "other" }),
        json!({ "cerbos.roles": null, "roles": ["other"] }),
        json!({ "cerbos.policyVersion": "v9", "cerbos.scope": "acme.hr" }),
        json!({ "cerbos.policyVersion": 5, "cerbos.scope": 5 }),
    ] {
        let subject = json!({ "type": "user", "id": "p", "properties": properties });
        let resource = json!({ "type": "doc", "id": "1", "properties": properties });
        let body = asked(subject, owned("1", "p"), with_meta.clone());
        pair.check("POST", ONE, &body.to_string()).await;
        let body = asked(json!({ "type": "user", "id": "p" }), resource, with_meta.clone());
        pair.check("POST", ONE, &body.to_string()).await;
    }
    pair.ours.stop().await.unwrap();
}

/// Evaluations, and what the request has beside them.
type Batch = (Json, Json);

fn with_meta() -> Json {
    json!({ "context": { "cerbos.includeMeta": true, "cerbos.requestId": "r" } })
}

fn semantics() -> Vec<Batch> {
    let mut asked = Vec::new();
    for semantic in ["", "execute_all", "deny_on_first_deny", "permit_on_first_permit", "none"] {
        for names in [&["view", "view", "a", "a", "view"][..], &["a", "view", "b"], &["view"]] {
            let options = json!({ "evaluations_semantic": semantic });
            asked.push((of_actions(names), json!({ "options": options })));
        }
    }
    asked
}

fn contexts() -> Vec<Batch> {
    let deny_first = json!({ "context": { "cerbos.includeMeta": true }, "options": { "evaluations_semantic": "deny_on_first_deny" } });
    let bad_token = json!({ "cerbos.auxData": { "jwt": { "token": "x" } } });
    let other = json!([
        { "action": action("view") },
        { "action": action("edit"), "resource": owned("2", "q") },
        { "action": action("edit"), "subject": subject("q") },
        { "action": action("edit"), "context": { "cerbos.requestId": "z" } },
        { "action": action("edit") },
    ]);
    vec![
        (other.clone(), json!({})),
        (other, with_meta()),
        (of_actions(&["view", "a", "view", "b"]), with_meta()),
        (of_actions(&["view", "a", "b"]), deny_first),
        (
            json!([{ "action": action("view"), "context": { "cerbos.includeMeta": true } }]),
            json!({}),
        ),
        (json!([{ "action": null }]), json!({ "action": action("view") })),
        (json!([{ "action": action("view"), "context": { "cerbos.auxData": 5 } }]), json!({})),
        (
            json!([{ "action": action("view"), "context": { "a": 1 } }]),
            json!({ "context": { "cerbos.auxData": 5 } }),
        ),
        (
            json!([{ "action": action("view"), "context": { "a": 1 } }]),
            json!({ "context": bad_token }),
        ),
        (json!([{ "action": action("view"), "context": bad_token }]), json!({})),
        (json!([]), json!({})),
        (json!([{}]), json!({})),
        (json!([{}]), json!({ "subject": {}, "resource": {}, "action": {} })),
        (json!([{ "subject": { "type": "user" }, "resource": {}, "action": {} }]), json!({})),
        (json!([null]), json!({})),
        (of_actions(&["view"]), json!({ "options": { "more": 1 } })),
        (of_actions(&["view"]), json!({ "options": { "evaluationsSemantic": "execute_all" } })),
    ]
}

fn bounds() -> Vec<Batch> {
    let bad_token = json!({ "cerbos.auxData": { "jwt": { "token": "x" } } });
    let fifty_one: Vec<String> = (0..51).map(|number| format!("a{number}")).collect();
    let fifty_one: Vec<&str> = fifty_one.iter().map(String::as_str).collect();
    let resources: Json = fifty_one
        .iter()
        .map(|id| json!({ "action": action("view"), "resource": owned(id, "p") }))
        .collect();
    let subjects: Json = fifty_one
        .iter()
        .map(|id| json!({ "action": action("view"), "subject": subject(id) }))
        .collect();
    vec![
        (of_actions(&fifty_one), json!({})),
        (of_actions(&["a"; 51]), json!({})),
        (
            of_actions(&["a"; 2500]),
            json!({ "options": { "evaluations_semantic": "deny_on_first_deny" } }),
        ),
        (of_actions(&["a"; 2501]), json!({ "context": { "cerbos.auxData": 5 } })),
        (of_actions(&fifty_one), json!({ "context": bad_token })),
        (resources.clone(), json!({})),
        (resources, json!({ "context": bad_token })),
        (subjects, with_meta()),
    ]
}

#[tokio::test]
async fn many_evaluations_are_answered_as_the_real_pdp_answers_them() {
    let pair = Pair::start().await;
    let defaults = json!({ "subject": subject("p"), "resource": owned("1", "p") });
    for (evaluations, more) in [semantics(), contexts(), bounds()].concat() {
        let mut body = defaults.clone();
        body["evaluations"] = evaluations;
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        pair.check("POST", MANY, &body.to_string()).await;
    }
    pair.ours.stop().await.unwrap();
}

/// A PDP gives the decision about the first of two equal ids to both.
#[tokio::test]
async fn an_evaluation_is_about_its_own_subject_and_resource() {
    let pair = Pair::start().await;
    let guest = json!({ "type": "guest", "id": "p" });
    let body = json!({
        "subject": subject("p"),
        "resource": owned("1", "p"),
        "action": action("edit"),
        "evaluations": [
            {},
            { "resource": owned("1", "q") },
            { "subject": guest },
        ],
    });
    let body = body.to_string();
    let asked = Asked { method: "POST", path: MANY, headers: &[], body: body.as_bytes() };
    let (ours, theirs) = pair.send(asked).await;
    let decisions = |one, other, third| json!({ "evaluations": [{ "decision": one }, { "decision": other }, { "decision": third }] });
    assert_eq!(ours.body, decisions(true, false, false));
    assert_eq!(theirs.body, decisions(true, true, true));
    pair.ours.stop().await.unwrap();
}

/// A PDP looks for policies of a scope that there cannot be, and does not survive `jwts`.
#[tokio::test]
async fn what_is_no_name_is_refused_and_tokens_may_have_names() {
    let pair = Pair::start().await;
    let ask = |resource: Json, context: Json| json!({ "subject": subject("p"), "resource": resource, "action": action("view"), "context": context });
    let misnamed = json!({ "cerbos.scope": "a..b", "cerbos.policyVersion": "1.0" });
    let resource = json!({ "type": "doc", "id": "1", "properties": misnamed });
    let tokens = json!({ "cerbos.auxData": { "jwts": { "one": { "token": "x" } } } });
    for (body, status, message, theirs_status) in [
        (
            ask(resource, json!({})),
            400,
            r#"validation errors:
 - resource.properties["cerbos.policyVersion"]: does not match regex pattern `^[\w]*$`
 - resource.properties["cerbos.scope"]: does not match regex pattern `^(^$|\.|[0-9a-zA-Z][\w\-]*(\.\w[\w\-]*)*)$`"#,
            200,
        ),
        (ask(owned("1", "p"), tokens), 400, "invalid auxData", 500),
    ] {
        let body = body.to_string();
        let asked = Asked { method: "POST", path: ONE, headers: &[], body: body.as_bytes() };
        let (ours, theirs) = pair.send(asked).await;
        assert_eq!(ours.body["message"], message);
        assert_eq!((ours.status, theirs.status), (status, theirs_status));
    }
    pair.ours.stop().await.unwrap();
}

#[tokio::test]
async fn what_many_evaluations_are_told_is_bounded() {
    let pair = Pair::start().await;
    let evaluations: Json = (0..400)
        .map(|number| {
            json!({ "action": action(&format!("a{}", number % 20)), "resource": owned(&(number / 20).to_string(), "p") })
        })
        .collect();
    let body = json!({ "subject": subject("p"), "evaluations": evaluations, "context": { "cerbos.includeMeta": true } });
    let body = body.to_string();
    let asked = Asked { method: "POST", path: MANY, headers: &[], body: body.as_bytes() };
    let (mut ours, theirs) = pair.send(asked).await;
    assert_eq!((ours.status, theirs.status), (429, 429));
    // How large it would have been, nobody finds out.
    assert!(ours.body["message"].as_str().unwrap().ends_with(" vs. 4194304)"));
    ours.body["message"] = theirs.body["message"].clone();
    assert_eq!(ours, theirs);
    pair.ours.stop().await.unwrap();
}

#[tokio::test]
async fn the_metadata_are_those_of_the_real_pdp() {
    let pair = Pair::start().await;
    for headers in [
        &[][..],
        &[("x-forwarded-host", "pdp.example"), ("x-forwarded-proto", "https")],
        &[("x-forwarded-host", ""), ("x-forwarded-proto", "HTTPS")],
        &[("x-forwarded-proto", "http, https"), ("x-request-id", "r"), ("forwarded", "host=z")],
        &[("x-forwarded-host", "one"), ("x-forwarded-host", "two")],
    ] {
        pair.same(Asked { method: "GET", path: METADATA, headers, body: b"" }).await;
    }
    for method in ["HEAD", "POST", "OPTIONS", "PUT"] {
        for path in [ONE, MANY, METADATA] {
            let method = if path == METADATA || method != "POST" { method } else { "GET" };
            pair.check(method, path, "").await;
        }
    }
    for path in
        ["/access/v1/search/subject", "/access/v1/evaluation/", "/access/v1", "/.well-known/x"]
    {
        pair.check("POST", path, "{}").await;
    }
    pair.check("GET", &format!("{METADATA}?pretty"), "").await;
    pair.ours.stop().await.unwrap();
}

#[tokio::test]
async fn evaluations_over_grpc_are_those_of_the_real_pdp() {
    let pair = Pair::start().await;
    let subject = Subject { r#type: "user".into(), id: "p".into(), ..Subject::default() };
    let resource = Resource { r#type: "doc".into(), id: "1".into(), ..Resource::default() };
    let view = Action { name: "view".into(), ..Action::default() };
    let one = AccessEvaluationRequest {
        subject: Some(subject.clone()),
        resource: Some(resource.clone()),
        action: Some(view.clone()),
        ..AccessEvaluationRequest::default()
    };
    let many = AccessEvaluationBatchRequest {
        subject: Some(subject),
        resource: Some(resource),
        evaluations: vec![Evaluation { action: Some(view), ..Evaluation::default() }],
        ..AccessEvaluationBatchRequest::default()
    };
    let mut said = Vec::new();
    for address in [&pair.ours.api.1, &pair.ours.api.0, &pair.theirs.grpc.to_string()] {
        let endpoint = Endpoint::from_shared(format!("http://{address}")).unwrap();
        let mut client = AuthorizationServiceClient::new(endpoint.connect_lazy());
        let answer = client.access_evaluation(one.clone()).await.unwrap();
        assert_eq!(answer.metadata().get("cerbos-version").unwrap(), "0.55.0");
        let answers = client.access_evaluation_batch(many.clone()).await.unwrap();
        let mut asked = Request::new(MetadataRequest {});
        let metadata = client.metadata(MetadataRequest {}).await.unwrap().into_inner();
        assert_eq!(metadata.policy_decision_point, format!("http://{address}"));
        asked.metadata_mut().insert("x-forwarded-host", "pdp.example".parse().unwrap());
        asked.metadata_mut().insert("x-forwarded-proto", "https".parse().unwrap());
        let metadata = client.metadata(asked).await.unwrap();
        let refused = client.access_evaluation(AccessEvaluationRequest::default()).await;
        let refused = refused.unwrap_err();
        let refused = (refused.code(), refused.message().to_owned(), refused.details().to_vec());
        let answers = (answer.into_inner(), answers.into_inner(), metadata.into_inner());
        said.push((answers, refused));
    }
    assert_eq!(said[0], said[2]);
    assert_eq!(said[1], said[2], "gRPC at the door for HTTP");
    pair.ours.stop().await.unwrap();
}
