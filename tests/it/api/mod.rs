//! Cerbos's API as we serve it, beside the real PDP: the same requests, the same answers.

mod answers;
mod malformed;

use serde_json::Value as Json;

use crate::support::{Pdp, World};

/// Both, with the same policies.
struct Pair {
    ours: World,
    theirs: Pdp,
}

/// What a door said, as far as it must be equal.
#[derive(Clone, Debug, PartialEq)]
struct Said {
    status: u16,
    body: Json,
    content_type: String,
    version: Option<String>,
}

const POLICY: &str = r#"
apiVersion: api.cerbos.dev/v1
resourcePolicy:
  resource: doc
  version: default
  importDerivedRoles: [common]
  rules:
    - actions: [view]
      roles: [user]
      effect: EFFECT_ALLOW
      name: viewing
      output: { when: { ruleActivated: '{"who": P.id, "n": 1.5, "big": 1e21, "small": 1e-7, "text": "<é>"}' } }
    - actions: [edit]
      derivedRoles: [owner]
      effect: EFFECT_ALLOW
    - actions: ["*"]
      roles: [user]
      effect: EFFECT_DENY
      condition: { match: { expr: R.attr.blocked == true } }
"#;

const ROLES: &str = r#"
apiVersion: api.cerbos.dev/v1
derivedRoles:
  name: common
  definitions:
    - name: owner
      parentRoles: [user]
      condition: { match: { expr: R.attr.owner == P.id } }
"#;

// === impl Pair ===

impl Pair {
    async fn start() -> Self {
        let theirs = Pdp::start(&[("doc.yaml", POLICY), ("roles.yaml", ROLES)]).await;
        let ours = World::builder()
            .file("policies/doc.yaml", POLICY)
            .file("policies/roles.yaml", ROLES)
            .section("api: { http_address: '127.0.0.1:0', grpc_address: '127.0.0.1:0' }")
            .start()
            .await;
        Self { ours, theirs }
    }

    /// The same request to both.
    async fn send(&self, method: &str, path: &str, body: &[u8]) -> (Said, Said) {
        let (http, _) = &self.ours.api;
        let theirs = self.theirs.http.to_string();
        (said(http, method, path, body).await, said(&theirs, method, path, body).await)
    }

    async fn check(&self, method: &str, path: &str, body: &str) {
        let (ours, theirs) = self.send(method, path, body.as_bytes()).await;
        assert_eq!(ours, theirs, "{method} {path} {body}");
    }
}

async fn said(address: &str, method: &str, path: &str, body: &[u8]) -> Said {
    let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
    let request = reqwest::Client::new().request(method, format!("http://{address}{path}"));
    let response = request.body(body.to_vec()).send().await.unwrap();
    let header =
        |name| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
    let (status, content_type) = (response.status().as_u16(), header("content-type"));
    let version = header("grpc-metadata-cerbos-version");
    let text = response.text().await.unwrap();
    let mut body = serde_json::from_str(&text).unwrap_or(Json::String(text));
    if let Some(body) = body.as_object_mut() {
        if let Some(call) = body.remove("cerbosCallId") {
            assert_eq!(call.as_str().unwrap().len(), 26);
        }
        // One blank of it varies from build to build.
        if let Some(Json::String(message)) = body.get_mut("message") {
            *message = message.replace('\u{a0}', " ");
        }
    }
    Said { status, body, content_type: content_type.unwrap_or_default(), version }
}
