//! What is not there never lets anybody in: no rule, no route, no value, no claim, no answer.

use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::support::{World, check_request, claims, frames};

const POLICY: &str = r#"
apiVersion: api.cerbos.dev/v1
resourcePolicy:
  resource: invoice
  version: default
  rules:
    - { actions: [view], roles: [viewer], effect: EFFECT_ALLOW }
    - actions: [edit]
      roles: [viewer]
      effect: EFFECT_ALLOW
      condition: { match: { expr: R.attr.amount > 10 } }
    - actions: [pay]
      roles: [viewer]
      effect: EFFECT_ALLOW
      condition: { match: { expr: P.attr.org_id == R.attr.org } }
    - actions: [sign]
      roles: [user]
      effect: EFFECT_ALLOW
"#;

const ROUTES: &str = r#"
routes:
  - path: /v1/orgs/{org}/invoices/{invoice}
    resource: { kind: invoice, id: "{invoice}", attr: { org: "{org}" } }
    actions: { GET: view, PATCH: edit, PUT: pay, POST: sign, DELETE: burn }
  - path: /v1/receipts/{receipt}
    resource: { kind: receipt, id: "{receipt}" }
  - path: /v1/old/{invoice}
    resource: { kind: invoice, id: "{invoice}", policy_version: "2019" }
  - path: /v1/scoped/{invoice}
    resource: { kind: invoice, id: "{invoice}", scope: acme }
"#;

const INVOICE: &str = "/v1/orgs/acme/invoices/7";

async fn world() -> World {
    World::builder().file("policies/invoice.yaml", POLICY).file("routes.yaml", ROUTES).start().await
}

#[tokio::test]
async fn threat_52_without_a_rule_that_says_yes_the_answer_is_no() {
    let world = world().await;
    let token = world.issuer.token(&claims("auth0|viewer", &["viewer"]));
    let without_role = world.issuer.token(&claims("auth0|nobody", &[]));
    for (name, method, path, token, expected) in [
        ("a rule that allows", "GET", INVOICE, &token, 200),
        ("no role", "GET", INVOICE, &without_role, 403),
        ("no rule for the action", "DELETE", INVOICE, &token, 403),
        ("a condition with an error", "PATCH", INVOICE, &token, 403),
        ("a claim that is compared and is not there", "PUT", INVOICE, &token, 403),
        ("no action for the method", "OPTIONS", INVOICE, &token, 403),
        ("no route", "GET", "/v1/orgs/acme", &token, 403),
        ("no policy for the kind", "GET", "/v1/receipts/1", &token, 403),
        ("no policy of the version", "GET", "/v1/old/7", &token, 403),
        ("no policy of the scope", "GET", "/v1/scoped/7", &token, 403),
    ] {
        let told = world.ask(check_request(method, path, Some(token))).await;
        assert_eq!(told.status, expected, "{name}: {told:?}");
        let told = world.ask(check_request(method, path, None)).await;
        assert!([401, 403].contains(&told.status), "{name}, and no token: {told:?}");
    }
    world.stop().await.unwrap();
}

#[tokio::test]
async fn threat_52_a_pdp_that_breaks_off_is_no_yes() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let hanging_up = tokio::spawn(async move {
        loop {
            let (mut connection, _) = listener.accept().await.unwrap();
            let mut bytes = [0; 64];
            let _read = connection.read(&mut bytes).await;
        }
    });
    let entries = format!("address: 'grpc://{address}', timeout: 2s");
    let world = World::builder().pdp(&entries).begin().await;
    let token = world.issuer.token(&claims("auth0|viewer", &["viewer"]));
    for _ in 0..20 {
        let told = world.ask(check_request("GET", INVOICE, Some(&token))).await;
        assert_eq!(told.status, 503, "{told:?}");
    }
    hanging_up.abort();
    world.stop().await.unwrap();
}

/// Whose token has these claims beside the usual ones, and what the rules then say about the invoice.
#[tokio::test]
async fn k21_k24_k25_k27_a_claim_that_is_almost_right_is_not() {
    let world = world().await;
    for (name, method, roles, more, expected) in [
        ("K25 the role", "GET", &["viewer"][..], json!({}), 200),
        ("K25 Cyrillic", "GET", &["vi\u{435}wer"], json!({}), 403),
        ("K25 full width", "GET", &["\u{ff56}iewer"], json!({}), 403),
        ("K25 no width", "GET", &["viewer\u{200b}"], json!({}), 403),
        ("K25 case", "GET", &["Viewer"], json!({}), 403),
        ("K25 blank", "GET", &["viewer "], json!({}), 403),
        ("K25 two in one", "GET", &["viewer,admin"], json!({}), 403),
        ("K21 its organization", "PUT", &["viewer"], json!({ "org_id": "acme" }), 200),
        ("K21 another one", "PUT", &["viewer"], json!({ "org_id": "globex" }), 403),
        ("K21 its name only", "PUT", &["viewer"], json!({ "org_name": "acme" }), 403),
        ("K21 case", "PUT", &["viewer"], json!({ "org_id": "Acme" }), 403),
        ("K21 none", "PUT", &["viewer"], json!({}), 403),
        ("K24 a user", "POST", &["viewer"], json!({}), 200),
        ("K24 nobody", "POST", &["viewer"], json!({ "sub": "anon@1a2b" }), 403),
        ("K27 nobody who says user", "POST", &["user"], json!({ "sub": "anon@1a2b" }), 403),
    ] {
        let mut claims = claims("auth0|viewer", roles);
        claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let told =
            world.ask(check_request(method, INVOICE, Some(&world.issuer.token(&claims)))).await;
        assert_eq!(told.status, expected, "{name}: {told:?}");
    }
    world.stop().await.unwrap();
}

/// What our listener answers to a call of gRPC with this `:path` and this message: all of its bytes.
async fn call(world: &World, path: &str, message: &[u8]) -> Vec<u8> {
    let headers = frames::headers([
        (":method", "POST"),
        (":scheme", "http"),
        (":path", path),
        (":authority", "localhost"),
        ("content-type", "application/grpc"),
        ("te", "trailers"),
    ]);
    let length = u8::try_from(message.len()).unwrap();
    let message = [&[0, 0, 0, 0, length], message].concat();
    let bytes = frames::exchange(&[(1, 4, &headers), (0, 1, &message)]);
    let mut stream = TcpStream::connect(&world.ext_authz).await.unwrap();
    stream.write_all(&bytes).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    answer
}

fn has(answer: &[u8], part: &[u8]) -> bool {
    answer.windows(part.len()).any(|window| window == part)
}

#[tokio::test]
async fn threat_2_12_our_own_door_opens_to_well_formed_calls_only() {
    let world = World::builder().start().await;
    let check = "/envoy.service.auth.v3.Authorization/Check";
    // An empty message says nothing of a request: an answer that refuses, in 400.
    let answer = call(&world, check, &[]).await;
    assert!(has(&answer, b"request.incomplete"), "{}", String::from_utf8_lossy(&answer));
    // So is one to what cannot be read: without an answer an Envoy that fails open would go on.
    for message in [&[0xff; 9][..], &[10, 2, 34, 7], &[8, 1]] {
        let answer = call(&world, check, message).await;
        let text = String::from_utf8_lossy(&answer);
        assert!(has(&answer, b"request.unreadable"), "{message:?}: {text}");
        assert!(has(&answer, b"x-portcullis-decision-id"), "{message:?}: {text}");
    }
    // Without its slash it is no path (RFC 9113, 8.3.1).
    let unslashed = check.trim_start_matches('/');
    let doubled = format!("/{check}");
    for (path, message) in
        [(unslashed, &[][..]), (&doubled, &[]), ("/envoy.service.auth.v3.Authorization", &[])]
    {
        let answer = call(&world, path, message).await;
        let text = String::from_utf8_lossy(&answer);
        assert!(!has(&answer, b"request.incomplete"), "{path} {message:?}: {text}");
        assert!(!has(&answer, b"x-portcullis"), "{path} {message:?}: {text}");
    }
    world.stop().await.unwrap();
}
