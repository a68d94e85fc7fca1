//! What a route demands of a token, and how a client is told (RFC 6750, 9470 and 9728).

use serde_json::{Value, json};

use crate::support::{Told, World, check_request, claims, config};

const ROUTES: &str = r#"
routes:
  - path: /v1/orgs/{org}/invoices
    resource: { kind: invoice, id: all, attr: { org: "{org}" } }
    demands: { scopes: [read:invoices, openid] }
  - path: /v1/orgs/{org}/invoices/{invoice}
    resource: { kind: invoice, id: "{invoice}", attr: { org: "{org}" } }
    public: [OPTIONS]
    demands: { permissions: [read:invoice], acr: ["urn:hardware", "urn:mfa"], max_age: 5m }
  - path: /v1/orgs/{org}/drafts
    resource: { kind: invoice, id: all, attr: { org: "{org}" } }
    actions: { GET: view, POST: view, PUT: view }
    demands:
      scopes: [read:drafts]
      methods: { POST: { scopes: [write:drafts] }, GET: { max_age: 1m } }
  - path: /v1/orgs/{org}/partners
    resource: { kind: invoice, id: all, attr: { org: "{org}" } }
    demands: { audiences: [https://partners.example] }
"#;

const LIST: &str = "/v1/orgs/acme/invoices";
const ITEM: &str = "/v1/orgs/acme/invoices/7";
const METADATA: &str = "https://api.invoices.example/.well-known/oauth-protected-resource";

async fn ask(world: &World, path: &str, changes: Value) -> Told {
    let mut claims = claims("auth0|viewer", &["viewer"]);
    claims.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    let token = world.issuer.token(&claims);
    world.ask(check_request("GET", path, Some(&token))).await
}

#[tokio::test]
async fn a_client_is_told_what_its_token_lacks() {
    let world = World::builder().file("routes.yaml", ROUTES).start().await;
    let now = claims("", &[])["iat"].as_i64().unwrap();
    let scope = r#"Bearer realm="api", error="insufficient_scope", error_description="insufficient scope", scope="openid read:invoices""#;
    let step_up = r#"Bearer realm="api", error="insufficient_user_authentication", error_description="a more recent or stronger login is required", acr_values="urn:hardware urn:mfa", max_age="300""#;
    let strong =
        json!({ "permissions": ["read:invoice"], "acr": "urn:mfa", "auth_time": now - 60 });
    let old = json!({ "permissions": ["read:invoice"], "acr": "urn:mfa", "auth_time": now - 600 });
    let weak = json!({ "permissions": ["read:invoice"], "acr": "urn:pwd", "auth_time": now });
    let machine = json!({ "permissions": ["read:invoice"], "gty": "client-credentials" });
    for (path, changes, status, challenge) in [
        (LIST, json!({ "scope": "read:invoices openid" }), 200, None),
        (LIST, json!({}), 403, Some(scope)),
        (ITEM, strong, 200, None),
        (ITEM, old, 401, Some(step_up)),
        (ITEM, weak, 401, Some(step_up)),
        (ITEM, json!({ "acr": "urn:mfa", "auth_time": now }), 403, None),
        (ITEM, machine, 403, None),
        (
            "/v1/orgs/acme/partners",
            json!({}),
            401,
            Some(
                r#"Bearer realm="api", error="invalid_token", error_description="wrong audience""#,
            ),
        ),
    ] {
        let told = ask(&world, path, changes.clone()).await;
        assert_eq!(told.status, status, "{path} {changes}: {told:?}");
        assert_eq!(told.header("www-authenticate"), challenge, "{path} {changes}");
    }
    let told = world.ask(check_request("GET", LIST, None)).await;
    let missing = r#"Bearer realm="api", scope="openid read:invoices""#;
    assert_eq!((told.status, told.header("www-authenticate")), (401, Some(missing)));
    assert_eq!(world.ask(check_request("OPTIONS", ITEM, None)).await.status, 200, "public");
    world.stop().await.unwrap();
}

#[tokio::test]
async fn a_method_can_demand_more_than_its_route() {
    let world = World::builder().file("routes.yaml", ROUTES).start().await;
    let mut claims = claims("auth0|viewer", &["viewer"]);
    for (scope, method, status) in [
        ("openid", "PUT", 403),
        ("read:drafts", "PUT", 200),
        ("read:drafts", "POST", 403),
        ("write:drafts", "POST", 403),
        ("read:drafts write:drafts", "POST", 200),
        ("read:drafts", "GET", 401),
        ("read:drafts", "HEAD", 401),
    ] {
        claims["scope"] = json!(scope);
        let token = world.issuer.token(&claims);
        let told = world.ask(check_request(method, "/v1/orgs/acme/drafts", Some(&token))).await;
        assert_eq!(told.status, status, "{method} with {scope}: {told:?}");
    }
    world.stop().await.unwrap();
}

#[tokio::test]
async fn every_challenge_names_the_metadata_of_the_resource() {
    let world = World::builder().file("routes.yaml", ROUTES).start().await;
    let config = config(&world.issuer.url, "{ address: '127.0.0.1:0' }", "127.0.0.1:0");
    let config = format!("{config}resource_metadata: {METADATA}\n");
    std::fs::write(world.path("portcullis.yaml"), config).unwrap();
    let (status, page) = world.post("/reload").await;
    assert_eq!(status, 200, "{page}");
    let named = format!(r#", resource_metadata="{METADATA}""#);
    for (path, token, status) in
        [(LIST, None, 401), (LIST, Some("x"), 401), (ITEM, Some("a b"), 400)]
    {
        let told = world.ask(check_request("GET", path, token)).await;
        assert_eq!(told.status, status);
        let challenge = told.header("www-authenticate").unwrap();
        assert!(challenge.ends_with(&named), "{challenge}");
    }
    let told = ask(&world, LIST, json!({})).await;
    assert_eq!(told.status, 403);
    assert!(told.header("www-authenticate").unwrap().ends_with(&named));
    // Nothing that a client could do helps against a policy.
    let told = world.ask(check_request("GET", "/v1/nowhere", None)).await;
    assert_eq!((told.status, told.header("www-authenticate")), (403, None));
    world.stop().await.unwrap();
}
