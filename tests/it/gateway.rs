//! The main job through the gRPC door: who gets in, who does not, and what each is told.

use envoy_types::pb::envoy::{
    config::core::v3::{HeaderMap, HeaderValue},
    service::auth::v3::CheckRequest,
};
use serde_json::{Value, json};

use crate::support::{World, check_request, claims};

const INVOICE: &str = "/v1/orgs/acme/invoices/7";

/// The same request with every header as a line of its own (`encode_raw_headers`).
fn separate(mut request: CheckRequest) -> CheckRequest {
    let http =
        request.attributes.as_mut().unwrap().request.as_mut().unwrap().http.as_mut().unwrap();
    let headers = std::mem::take(&mut http.headers);
    http.header_map = Some(HeaderMap {
        headers: headers
            .into_iter()
            .map(|(key, value)| HeaderValue {
                key,
                raw_value: value.into_bytes(),
                ..HeaderValue::default()
            })
            .collect(),
    });
    request
}

#[tokio::test]
async fn the_policies_decide_in_both_forms_of_headers() {
    let world = World::builder().start().await;
    let viewer = world.issuer.token(&claims("auth0|viewer", &["viewer"]));
    let accountant = world.issuer.token(&claims("auth0|accountant", &["accountant"]));
    for (token, method, path, expected) in [
        (&viewer, "GET", INVOICE, 200),
        (&viewer, "GET", "/v1/orgs/acme/invoices", 200),
        (&viewer, "PATCH", INVOICE, 403),
        (&viewer, "DELETE", INVOICE, 403),
        (&accountant, "PATCH", INVOICE, 200),
        (&accountant, "PATCH", "/v1/orgs/globex/invoices/7", 403),
        (&accountant, "GET", INVOICE, 403),
        (&viewer, "GET", "/v1/unknown", 403),
        (&viewer, "GET", "/v1/orgs/acme/invoices/7/lines", 403),
        (&viewer, "TRACE", INVOICE, 403),
    ] {
        let request = check_request(method, path, Some(token));
        let joined = world.ask(request.clone()).await;
        let separate = world.ask(separate(request)).await;
        assert_eq!(joined.status, expected, "{method} {path}: {joined:?}");
        assert_eq!(separate.status, expected, "{method} {path} with raw headers: {separate:?}");
    }
    world.stop().await.unwrap();
}

#[tokio::test]
async fn h14_an_allow_names_the_caller_to_the_upstream() {
    let world = World::builder().start().await;
    let token = world.issuer.token(&claims("auth0|viewer", &["viewer"]));
    let told = world.ask(check_request("GET", INVOICE, Some(&token))).await;
    assert_eq!(told.header("x-portcullis-subject"), Some("auth0|viewer"));
    assert!(told.header("x-portcullis-roles").unwrap().split(',').any(|role| role == "viewer"));
    assert!(told.removed.contains(&"x_portcullis_subject".to_owned()), "{:?}", told.removed);
    world.stop().await.unwrap();
}

#[tokio::test]
async fn threat_19_h14_a_public_route_needs_no_token_and_passes_no_identity() {
    let world = World::builder().start().await;
    for token in [None, Some("garbage")] {
        let told = world.ask(check_request("GET", "/healthz", token)).await;
        assert_eq!(told.status, 200);
        for name in ["x-portcullis-subject", "x_portcullis_subject", "x-portcullis-roles"] {
            assert!(told.removed.contains(&name.to_owned()), "{name} of {:?}", told.removed);
        }
    }
    let told = world.ask(check_request("POST", "/healthz", None)).await;
    assert_eq!(told.status, 403, "only GET is public");
    world.stop().await.unwrap();
}

/// What `Authorization` says, the status of the answer, and what `WWW-Authenticate` says of it.
fn bad_credentials(world: &World) -> Vec<(Option<String>, i32, &'static str)> {
    let user = || claims("auth0|viewer", &["viewer"]);
    let good = world.issuer.token(&user());
    let (head, rest) = good.split_once('.').unwrap();
    let (payload, signature) = rest.split_once('.').unwrap();
    let unsigned = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0"; // {"alg":"none","typ":"JWT"}
    let bearer = |token: &str| Some(format!("Bearer {token}"));
    let mut expired = user();
    let issued = expired["iat"].as_i64().unwrap();
    expired["exp"] = json!(issued - 3600);
    expired["iat"] = json!(issued - 7200);
    let mut foreign = user();
    foreign["aud"] = json!("https://other.example");
    vec![
        (None, 401, ""),
        (Some("Basic dTpw".to_owned()), 401, ""),
        (bearer(&format!("{good},Bearer {good}")), 400, "multiple credentials"),
        (bearer(""), 400, "empty token"),
        (bearer(&world.issuer.token(&expired)), 401, "expired"),
        (bearer(&world.issuer.token(&foreign)), 401, "wrong audience"),
        (bearer(&format!("{head}.{payload}")), 401, "malformed token"),
        (bearer(&format!("{unsigned}.{payload}.")), 401, "unsupported algorithm"),
        (bearer(&format!("{head}.{payload}.{}", tampered(signature))), 401, "bad signature"),
    ]
}

#[tokio::test]
async fn bad_credentials_are_told_apart() {
    let world = World::builder().start().await;
    for (authorization, status, description) in bad_credentials(&world) {
        let mut request = check_request("GET", INVOICE, None);
        if let Some(authorization) = authorization.clone() {
            http(&mut request).headers.insert("authorization".to_owned(), authorization);
        }
        let told = world.ask(request).await;
        assert_eq!(told.status, status, "{authorization:?}: {told:?}");
        let error = if status == 400 { "invalid_request" } else { "invalid_token" };
        let challenge = match description {
            "" => r#"Bearer realm="api""#.to_owned(),
            text => {
                format!(r#"Bearer realm="api", error="{error}", error_description="{text}""#)
            }
        };
        assert_eq!(told.header("www-authenticate"), Some(&*challenge), "{authorization:?}");
        let problem: Value = serde_json::from_str(&told.body).unwrap();
        assert_eq!(problem["status"], json!(status), "{}", told.body);
        assert_eq!(told.header("content-type"), Some("application/problem+json"));
        assert_eq!(told.header("cache-control"), Some("no-store"));
        assert_eq!(problem["decision_id"].as_str(), told.header("x-portcullis-decision-id"));
    }
    world.stop().await.unwrap();
}

fn tampered(signature: &str) -> String {
    let other = if signature.starts_with('A') { 'B' } else { 'A' };
    signature.replacen(|_: char| true, &other.to_string(), 1)
}

/// Takes a part out of a message.
type Cut = fn(&mut CheckRequest);

#[tokio::test]
async fn threat_6_a_message_with_any_part_missing_is_refused() {
    let world = World::builder().start().await;
    let token = world.issuer.token(&claims("auth0|viewer", &["viewer"]));
    let whole = check_request("GET", INVOICE, Some(&token));
    let cuts: [(&str, Cut, i32); 9] = [
        ("attributes", |m| m.attributes = None, 400),
        ("request", |m| m.attributes.as_mut().unwrap().request = None, 400),
        ("http", |m| m.attributes.as_mut().unwrap().request.as_mut().unwrap().http = None, 400),
        ("path", |m| http(m).path.clear(), 400),
        ("method", |m| http(m).method.clear(), 400),
        ("host", |m| http(m).host.clear(), 400),
        ("headers", |m| http(m).headers.clear(), 401),
        ("source", |m| m.attributes.as_mut().unwrap().source = None, 200),
        ("id", |m| http(m).id.clear(), 200),
    ];
    for (part, cut, expected) in cuts {
        let mut message = whole.clone();
        cut(&mut message);
        let told = world.ask(message).await;
        assert_eq!(told.status, expected, "without {part}: {told:?}");
    }
    world.stop().await.unwrap();
}

fn http(
    message: &mut CheckRequest,
) -> &mut envoy_types::pb::envoy::service::auth::v3::attribute_context::HttpRequest {
    message.attributes.as_mut().unwrap().request.as_mut().unwrap().http.as_mut().unwrap()
}

#[tokio::test]
async fn what_is_not_canonical_is_refused_whoever_asks() {
    let world = World::builder().start().await;
    let token = world.issuer.token(&claims("auth0|viewer", &["viewer"]));
    for path in [
        "//v1/orgs/acme/invoices/7",
        "/v1//orgs/acme/invoices/7",
        "/v1/orgs/acme/../acme/invoices/7",
        "/v1/orgs/acme/invoices/7;x=y",
        "/v1/orgs/acme/invoices/%2e%2e",
        "/v1/orgs/acme%2Finvoices/7",
        "/v1/orgs/acme/invoices/7#fragment",
        "v1/orgs/acme/invoices/7",
        "*",
    ] {
        let told = world.ask(check_request("GET", path, Some(&token))).await;
        assert_eq!(told.status, 400, "{path}: {told:?}");
        assert!(!told.body.contains("acme"), "the refusal repeats nothing: {}", told.body);
    }
    world.stop().await.unwrap();
}

#[tokio::test]
async fn the_same_question_is_evaluated_once() {
    let world = World::builder().start().await;
    let token = world.issuer.token(&claims("auth0|viewer", &["viewer"]));
    for _ in 0..3 {
        assert_eq!(world.ask(check_request("GET", INVOICE, Some(&token))).await.status, 200);
    }
    assert_eq!(world.ask(check_request("PATCH", INVOICE, Some(&token))).await.status, 403);
    let (_, page) = world.get("/metrics").await;
    for line in [
        r#"portcullis_decision_cache_total{result="hit"} 2"#,
        r#"portcullis_decision_cache_total{result="miss"} 2"#,
        r#"portcullis_decisions_total{answer="allow",reason="policy.allowed"} 3"#,
        r#"portcullis_decisions_total{answer="deny",reason="policy.denied"} 1"#,
    ] {
        assert!(page.contains(line), "{line} in\n{page}");
    }
    world.stop().await.unwrap();
}

#[tokio::test]
async fn an_answer_that_reads_the_clock_is_not_kept() {
    let policy = r#"
apiVersion: api.cerbos.dev/v1
resourcePolicy:
  resource: invoice
  version: default
  variables:
    local:
      later: now().getFullYear() > 2020
  rules:
    - actions: [view]
      roles: ["*"]
      effect: EFFECT_ALLOW
      condition: { match: { expr: V.later } }
    - actions: [edit]
      roles: ["*"]
      effect: EFFECT_ALLOW
"#;
    let world = World::builder().file("policies/invoice.yaml", policy).start().await;
    let token = world.issuer.token(&claims("auth0|viewer", &["viewer"]));
    for method in ["GET", "GET", "PATCH", "PATCH"] {
        assert_eq!(world.ask(check_request(method, INVOICE, Some(&token))).await.status, 200);
    }
    let (_, page) = world.get("/metrics").await;
    assert!(page.contains(r#"portcullis_decision_cache_total{result="uncacheable"} 2"#), "{page}");
    let why = r#"portcullis_decisions_uncacheable_total{reason="clock",route="/v1/orgs/{org}/invoices/{invoice}"} 2"#;
    assert!(page.contains(why), "{page}");
    // The other rule's answer does not depend on the variable, though Cerbos evaluates it for both.
    assert!(page.contains(r#"portcullis_decision_cache_total{result="hit"} 1"#), "{page}");
    world.stop().await.unwrap();
}

/// It ends by the route's own time, and until the instant it is the same whenever it is asked for.
#[tokio::test]
async fn an_answer_that_compares_the_time_of_the_request_is_kept() {
    let policy = r#"
apiVersion: api.cerbos.dev/v1
resourcePolicy:
  resource: invoice
  version: default
  rules:
    - actions: [view]
      roles: ["*"]
      effect: EFFECT_ALLOW
      condition: { match: { expr: timestamp(R.attr.at) < timestamp("2100-01-01T00:00:00Z") } }
"#;
    let routes = r#"
routes:
  - path: /v1/orgs/{org}/invoices/{invoice}
    resource: { kind: invoice, id: "{invoice}", attr: { at: { time: true } } }
    actions: { GET: view }
"#;
    let files = World::builder().file("policies/invoice.yaml", policy).file("routes.yaml", routes);
    let world = files.start().await;
    let token = world.issuer.token(&claims("auth0|viewer", &["viewer"]));
    for _ in 0..3 {
        assert_eq!(world.ask(check_request("GET", INVOICE, Some(&token))).await.status, 200);
    }
    let (_, page) = world.get("/metrics").await;
    assert!(page.contains(r#"portcullis_decision_cache_total{result="hit"} 2"#), "{page}");
    world.stop().await.unwrap();
}

#[tokio::test]
async fn without_the_issuers_keys_nobody_gets_in_and_no_token_is_blamed() {
    let world = World::builder().issuer_away().start().await;
    let token = world.issuer.token(&claims("auth0|viewer", &["viewer"]));
    let told = world.ask(check_request("GET", INVOICE, Some(&token))).await;
    assert_eq!(told.status, 503, "{told:?}");
    assert_eq!(told.header("www-authenticate"), None);
    assert_eq!(told.header("retry-after"), Some("5"));
    assert_eq!(world.ask(check_request("GET", INVOICE, None)).await.status, 401);
    assert_eq!(world.ask(check_request("GET", "/healthz", None)).await.status, 200);
    assert_eq!(world.get("/readyz").await.0, 503);
    assert_eq!(world.get("/healthz").await.0, 200);
    world.stop().await.unwrap();
}
