//! How the server starts, takes up changes, and ends.

use std::fs;

use serde_json::Value;

use crate::support::{World, check_request, claims};

const INVOICE: &str = "/v1/orgs/acme/invoices/7";
const DENY_ALL: &str = r#"
apiVersion: api.cerbos.dev/v1
resourcePolicy:
  resource: invoice
  version: default
  rules:
    - { actions: ["*"], roles: ["*"], effect: EFFECT_DENY }
"#;

#[tokio::test]
async fn a_reload_is_in_force_when_it_answers() {
    let world = World::builder().start().await;
    let token = world.issuer.token(&claims("auth0|viewer", &["viewer"]));
    let ask = async || world.ask(check_request("GET", INVOICE, Some(&token))).await.status;
    assert_eq!(ask().await, 200);
    fs::write(world.path("policies/invoice.yaml"), DENY_ALL).unwrap();
    let (status, body) = world.post("/reload").await;
    assert_eq!(status, 200, "{body}");
    let body: Value = serde_json::from_str(&body).unwrap();
    assert!(body["generation"].as_u64().unwrap() >= 2, "{body}");
    assert_eq!(ask().await, 403);
    world.stop().await.unwrap();
}

#[tokio::test]
async fn new_rules_with_an_error_leave_the_old_ones_in_force() {
    let world = World::builder().start().await;
    let token = world.issuer.token(&claims("auth0|viewer", &["viewer"]));
    let broken = DENY_ALL.replace("effect: EFFECT_DENY", "effect: DENY");
    fs::write(world.path("policies/invoice.yaml"), broken).unwrap();
    fs::write(world.path("policies/other.yaml"), "apiVersion: v0").unwrap();
    let (status, body) = world.post("/reload").await;
    assert_eq!(status, 422, "{body}");
    assert!(body.contains("invoice.yaml:7") && body.contains("other.yaml"), "all errors: {body}");
    let told = world.ask(check_request("GET", INVOICE, Some(&token))).await;
    assert_eq!(told.status, 200);
    let (_, page) = world.get("/metrics").await;
    assert!(page.contains("portcullis_rules_generation 1"), "{page}");
    let refused = page.lines().find(|line| line.contains(r#"reloads_total{result="refused"}"#));
    assert!(refused.is_some(), "{page}");
    world.stop().await.unwrap();
}

#[tokio::test]
async fn a_changed_file_is_taken_up_by_itself() {
    let world = World::builder().start().await;
    let token = world.issuer.token(&claims("auth0|viewer", &["viewer"]));
    fs::write(world.path("policies/invoice.yaml"), DENY_ALL).unwrap();
    let mut status = 200;
    for _ in 0..500 {
        status = world.ask(check_request("GET", INVOICE, Some(&token))).await.status;
        if status == 403 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(status, 403, "ten seconds after the change");
    world.stop().await.unwrap();
}

#[tokio::test]
async fn the_admin_listener_is_not_for_browsers() {
    let world = World::builder().start().await;
    let response = reqwest::Client::new()
        .post(format!("http://{}/reload", world.admin))
        .header("origin", "https://evil.example")
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 403);
    world.stop().await.unwrap();
}

#[tokio::test]
async fn a_stopped_server_has_left_its_port() {
    let world = World::builder().start().await;
    assert_eq!(world.get("/healthz").await.0, 200);
    let (admin, ext_authz) = (world.admin.clone(), world.ext_authz.clone());
    world.stop().await.unwrap();
    for address in [admin, ext_authz] {
        assert!(tokio::net::TcpStream::connect(&address).await.is_err(), "{address}");
    }
}
