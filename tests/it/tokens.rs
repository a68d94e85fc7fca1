//! Tokens in other places than `Authorization`, and ones that Envoy has verified.

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use envoy_types::pb::{
    envoy::{config::core::v3::Metadata, service::auth::v3::CheckRequest},
    google::protobuf::{ListValue, Struct, Value as ProtoValue, value::Kind},
};
use rcgen::CertifiedKey;
use serde_json::{Value, json};

use crate::support::{POLICY, World, check_request, claims, config};

const ROUTES: &str = r#"
routes:
  - path: /v1/orgs/{org}/invoices
    resource: { kind: invoice, id: all, attr: { org: "{org}" } }
    token: { envoy_metadata: verified }
  - path: /v1/orgs/{org}/invoices/{invoice}
    resource: { kind: invoice, id: "{invoice}", attr: { org: "{org}" } }
    actions: { GET: view, PATCH: edit }
    token: { cookie: session, forward: false }
  - path: /v1/orgs/{org}/header
    resource: { kind: invoice, id: all, attr: { org: "{org}" } }
    token: { header: X-Token, forward: false }
"#;

const ITEM: &str = "/v1/orgs/acme/invoices/7";

fn with(mut request: CheckRequest, headers: &[(&str, &str)]) -> CheckRequest {
    let http =
        request.attributes.as_mut().unwrap().request.as_mut().unwrap().http.as_mut().unwrap();
    http.headers.extend(headers.iter().map(|(name, value)| ((*name).into(), (*value).into())));
    request
}

fn proto(value: &Value) -> ProtoValue {
    let kind = match value {
        Value::Null => Kind::NullValue(0),
        Value::Bool(value) => Kind::BoolValue(*value),
        Value::Number(number) => Kind::NumberValue(number.as_f64().unwrap()),
        Value::String(text) => Kind::StringValue(text.clone()),
        Value::Array(items) => {
            Kind::ListValue(ListValue { values: items.iter().map(proto).collect() })
        }
        Value::Object(_) => Kind::StructValue(fields(value)),
    };
    ProtoValue { kind: Some(kind) }
}

fn fields(value: &Value) -> Struct {
    let fields = value.as_object().unwrap().iter();
    Struct { fields: fields.map(|(name, value)| (name.clone(), proto(value))).collect() }
}

/// As Envoy asks after its filter `namespace` has left these claims.
fn attested(namespace: &str, claims: &Value) -> CheckRequest {
    let mut request = check_request("GET", "/v1/orgs/acme/invoices", None);
    request.attributes.as_mut().unwrap().metadata_context = Some(Metadata {
        filter_metadata: [(namespace.to_owned(), fields(&json!({ "verified": claims })))].into(),
        ..Metadata::default()
    });
    request
}

#[tokio::test]
async fn h12_a_cookie_is_a_token_only_where_the_route_says_so() {
    let world = World::builder().file("routes.yaml", ROUTES).start().await;
    let token = world.issuer.token(&claims("auth0|accountant", &["accountant", "viewer"]));
    let cookie = format!("a=1; session={token}; b=2");
    let get = |headers: &[(&str, &str)]| with(check_request("GET", ITEM, None), headers);
    let patch = |headers: &[(&str, &str)]| with(check_request("PATCH", ITEM, None), headers);
    let told = world.ask(get(&[("cookie", &cookie)])).await;
    assert_eq!((told.status, told.header("cookie")), (200, Some("a=1; b=2")), "{told:?}");
    let alone = format!("session={token}");
    let told = world.ask(get(&[("cookie", &alone)])).await;
    assert!(told.removed.contains(&"cookie".to_owned()), "{told:?}");
    for (origin, status) in [
        ("http://api.invoices.example", 200),
        ("https://api.invoices.example", 200),
        ("https://evil.example", 403),
        ("null", 403),
    ] {
        let told = world.ask(patch(&[("cookie", &cookie), ("origin", origin)])).await;
        assert_eq!(told.status, status, "{origin}: {told:?}");
    }
    assert_eq!(world.ask(patch(&[("cookie", &cookie)])).await.status, 403);
    // A bearer token does not count here, and a cookie does not count elsewhere.
    assert_eq!(world.ask(check_request("GET", ITEM, Some(&token))).await.status, 401);
    let elsewhere =
        with(check_request("GET", "/v1/orgs/acme/header", None), &[("cookie", &cookie)]);
    assert_eq!(world.ask(elsewhere).await.status, 401);
    let header = with(check_request("GET", "/v1/orgs/acme/header", None), &[("x-token", &token)]);
    let told = world.ask(header).await;
    assert_eq!(told.status, 200, "{told:?}");
    for name in ["x-token", "x_token"] {
        assert!(told.removed.contains(&name.to_owned()), "{told:?}");
    }
    world.stop().await.unwrap();
}

#[tokio::test]
async fn what_envoy_has_verified_is_checked_but_for_its_signature() {
    const JWT_AUTHN: &str = "envoy.filters.http.jwt_authn";
    let world = World::builder().file("routes.yaml", ROUTES).start().await;
    let mut good = claims("auth0|viewer", &["viewer"]);
    good["iss"] = json!(world.issuer.url);
    let now = good["iat"].as_i64().unwrap();
    let told = world.ask(attested(JWT_AUTHN, &good)).await;
    assert_eq!(told.status, 200, "{told:?}");
    assert_eq!(told.header("x-portcullis-subject"), Some("auth0|viewer"));
    for (name, value, status) in [
        ("iss", json!("https://evil.example/"), 401),
        ("aud", json!("https://other.example"), 401),
        ("exp", json!(now - 60), 401),
        ("exp", json!("never"), 401),
        ("sub", json!(""), 401),
        ("nonce", json!("of an ID token"), 401),
        ("cnf", json!({ "jkt": "x".repeat(43) }), 401),
        ("https://invoices.example/roles", json!(["nobody"]), 403),
    ] {
        let mut claims = good.clone();
        claims[name] = value;
        let told = world.ask(attested(JWT_AUTHN, &claims)).await;
        assert_eq!(told.status, status, "{name}: {told:?}");
    }
    assert_eq!(world.ask(attested("envoy.filters.http.lua", &good)).await.status, 401);
    assert_eq!(world.ask(attested(JWT_AUTHN, &json!("text"))).await.status, 400);
    // Where the route does not say so, Envoy's word is nothing.
    let mut request = attested(JWT_AUTHN, &good);
    let http =
        request.attributes.as_mut().unwrap().request.as_mut().unwrap().http.as_mut().unwrap();
    http.path = ITEM.to_owned();
    assert_eq!(world.ask(request).await.status, 401);
    world.stop().await.unwrap();
}

#[tokio::test]
async fn envoy_is_believed_only_where_nobody_else_can_speak() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("portcullis.yaml");
    std::fs::write(folder.path().join("routes.yaml"), ROUTES).unwrap();
    let tls = "tls: { cert_file: c.pem, key_file: k.pem";
    for (listen, fits) in [
        ("{ address: '127.0.0.1:9191' }".to_owned(), true),
        ("{ address: '[::1]:9191' }".to_owned(), true),
        ("{ address: 'unix:/run/p.sock' }".to_owned(), true),
        ("{ address: '0.0.0.0:9191' }".to_owned(), false),
        (format!("{{ address: '10.0.0.1:9191', {tls} }} }}"), false),
        (format!("{{ address: '10.0.0.1:9191', {tls}, client_ca_file: ca.pem }} }}"), true),
    ] {
        std::fs::write(&file, config("https://issuer.example/", &listen, "127.0.0.1:0")).unwrap();
        let read = portcullis::config::load(&file);
        let errors = read.err().map(|errors| errors.to_string()).unwrap_or_default();
        assert_eq!(errors.is_empty(), fits, "{listen}: {errors}");
        assert!(fits || errors.contains("envoy_metadata"), "{errors}");
        // The same for all that only Envoy may say, and nothing else.
        for (more, is_envoys) in [
            ("attr: { x: { peer: address } } }", true),
            ("attr: { x: { peer: thumbprint } } }", true),
            ("attr: { x: { peer: principal } } }", true),
            ("attr: { x: { context_extension: x } } }", true),
            ("attr: { x: { route_metadata: [a, b], type: any } } }", true),
            ("attr: { x: { header: x } } }", false),
            ("attr: { x: { claim: x } } }\n    token_binding: mtls", true),
            ("attr: { x: { claim: x } } }\n    token_binding: any\n    hosts: [a.example]", true),
            ("attr: { x: { claim: x } } }\n    token_binding: dpop\n    hosts: [a.example]", false),
        ] {
            let routes =
                format!("routes:\n  - path: /x\n    resource: {{ kind: x, id: x, {more}\n");
            std::fs::write(folder.path().join("routes.yaml"), routes).unwrap();
            let errors = portcullis::config::load(&file).err();
            let errors = errors.map(|errors| errors.to_string()).unwrap_or_default();
            assert_eq!(errors.is_empty(), fits || !is_envoys, "{listen} {more}: {errors}");
            assert!(errors.is_empty() || errors.contains("routes.yaml:2:5"), "{errors}");
        }
        std::fs::write(folder.path().join("routes.yaml"), ROUTES).unwrap();
        let text = config("https://issuer.example/", &listen, "127.0.0.1:0");
        let from = "sender_constraints: { client_certificates: { from: envoy } }\n";
        std::fs::write(&file, text.clone() + from).unwrap();
        assert_eq!(portcullis::config::load(&file).is_ok(), fits, "{listen}");
        std::fs::write(&file, text).unwrap();
    }
}

#[tokio::test]
async fn threat_10_a_certificate_is_believed_only_where_nobody_else_can_speak() {
    for (listen, status) in [("{ address: '0.0.0.0:0' }", 401), ("{ address: '127.0.0.1:0' }", 200)]
    {
        let world = World::builder().listen(listen).start().await;
        let CertifiedKey { cert, .. } =
            rcgen::generate_simple_self_signed(["client.example".to_owned()]).unwrap();
        let mut claims = claims("auth0|viewer", &["viewer"]);
        let thumbprint = URL_SAFE_NO_PAD.encode(digest(&SHA256, cert.der()));
        claims["cnf"] = json!({ "x5t#S256": thumbprint });
        let mut request = check_request("GET", ITEM, Some(&world.issuer.token(&claims)));
        let source = request.attributes.as_mut().unwrap().source.as_mut().unwrap();
        let encoded = cert.pem().replace('\n', "%0A").replace(' ', "%20").replace('+', "%2B");
        source.certificate = encoded.replace('=', "%3D").replace('/', "%2F");
        let told = world.ask(request).await;
        assert_eq!(told.status, status, "{listen}: {told:?}");
        world.stop().await.unwrap();
    }
}

#[tokio::test]
async fn a_reload_does_not_believe_envoy_on_a_listener_that_anybody_can_reach() {
    let world = World::builder().listen("{ address: '0.0.0.0:0' }").start().await;
    std::fs::write(world.path("routes.yaml"), ROUTES).unwrap();
    // The new file is good, but its listener is not the one that is in use.
    let file = config(&world.issuer.url, "{ address: '127.0.0.1:0' }", "127.0.0.1:0");
    std::fs::write(world.path("portcullis.yaml"), file).unwrap();
    let (status, page) = world.post("/reload").await;
    assert_ne!(status, 200, "{page}");
    assert!(page.contains("restart"), "{page}");
    let token = world.issuer.token(&claims("auth0|viewer", &["viewer"]));
    let told = world.ask(check_request("GET", ITEM, Some(&token))).await;
    assert_eq!(told.status, 200, "the old routes stay: {told:?}");
    world.stop().await.unwrap();
}

#[tokio::test]
async fn no_cookie_and_no_word_of_envoy_is_a_bound_token() {
    let bound = ROUTES.replace("    token:", "    token_binding: mtls\n    token:");
    let world = World::builder().file("routes.yaml", ROUTES).start().await;
    std::fs::write(world.path("routes.yaml"), bound).unwrap();
    let (status, page) = world.post("/reload").await;
    assert_ne!(status, 200, "{page}");
    for text in ["routes.yaml:3:5: `token_binding` is set, and `envoy_metadata`", "and a cookie"] {
        assert!(page.contains(text), "{page}");
    }
    // Where it is not demanded, a token that is bound is refused there all the same.
    let mut claims = claims("auth0|viewer", &["viewer"]);
    claims["iss"] = json!(world.issuer.url);
    claims["cnf"] = json!({ "x5t#S256": "x".repeat(43) });
    let cookie = format!("session={}", world.issuer.token(&claims));
    let request = with(check_request("GET", ITEM, None), &[("cookie", &cookie)]);
    for request in [request, attested("envoy.filters.http.jwt_authn", &claims)] {
        let told = world.ask(request).await;
        let challenge = told.header("www-authenticate").unwrap_or_default();
        assert_eq!(told.status, 401, "{told:?}");
        assert!(challenge.contains("certificate binding failed"), "{challenge}");
    }
    world.stop().await.unwrap();
}

#[tokio::test]
async fn h9_h11_a_token_in_the_query_or_in_a_form_is_none() {
    let world = World::builder().start().await;
    let token = world.issuer.token(&claims("auth0|accountant", &["accountant", "viewer"]));
    let query = check_request("GET", &format!("{ITEM}?access_token={token}"), None);
    let form = "application/x-www-form-urlencoded";
    let mut post = with(check_request("PATCH", ITEM, None), &[("content-type", form)]);
    let http = post.attributes.as_mut().unwrap().request.as_mut().unwrap().http.as_mut().unwrap();
    http.body = format!("access_token={token}");
    for request in [query, post] {
        let told = world.ask(request).await;
        let nobody = r#"Bearer realm="api""#;
        assert_eq!((told.status, told.header("www-authenticate")), (401, Some(nobody)), "{told:?}");
    }
    world.stop().await.unwrap();
}

#[tokio::test]
async fn k23_a_policy_can_keep_out_who_acts_for_another() {
    let rule = "    - actions: [view]\n      roles: ['*']\n      effect: EFFECT_DENY\n      \
        condition: { match: { expr: has(P.attr.actor) } }\n";
    let policy = format!("{}\n{rule}", POLICY.trim_end());
    let world = World::builder().file("policies/invoice.yaml", &policy).start().await;
    let mut user = claims("auth0|viewer", &["viewer"]);
    let ask = async |claims: &Value| {
        world.ask(check_request("GET", ITEM, Some(&world.issuer.token(claims)))).await
    };
    assert_eq!(ask(&user).await.status, 200);
    user["act"] = json!({ "sub": "auth0|support", "sub_profile": "human", "role": "support" });
    let told = ask(&user).await;
    // No other token would do, so none is asked for.
    assert_eq!((told.status, told.header("www-authenticate")), (403, None), "{told:?}");
    world.stop().await.unwrap();
}
