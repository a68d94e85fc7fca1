//! Cerbos's API as we serve it, beside the real PDP: the same requests, the same answers.

mod access;
mod answers;
mod crowd;
mod malformed;
mod pages;
mod services;
mod tokens;
mod transports;

use serde_json::Value as Json;

use crate::support::{Pdp, World};

/// Both, with the same policies.
struct Pair {
    ours: World,
    theirs: Pdp,
    client: reqwest::Client,
}

/// What a door said, as far as it must be equal.
#[derive(Clone, Debug, PartialEq)]
struct Said {
    status: u16,
    headers: Vec<(String, String)>,
    body: Json,
}

/// A request over HTTP.
#[derive(Clone, Copy, Debug, Default)]
struct Asked<'a> {
    method: &'a str,
    path: &'a str,
    headers: &'a [(&'a str, &'a str)],
    body: &'a [u8],
}

/// Of answers; what else there is depends on the server's library.
const HEADERS: [&str; 8] = [
    "access-control-allow-headers",
    "access-control-allow-methods",
    "access-control-allow-origin",
    "content-type",
    "grpc-metadata-cerbos-version",
    "grpc-metadata-content-type",
    "x-content-type-options",
    "x-request-id",
];

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
    - actions: [claim]
      roles: [user]
      effect: EFFECT_ALLOW
      condition: { match: { expr: request.aux_data.jwt.sub == "x" } }
    - actions: [infinite]
      roles: [user]
      effect: EFFECT_ALLOW
      condition: { match: { expr: R.attr.n < 1.0 / 0.0 } }
      output: { when: { ruleActivated: 1.0 / 0.0 } }
    - actions: [endless]
      roles: [user]
      effect: EFFECT_ALLOW
      condition: { match: { expr: 'R.attr.n in [1.0, -1.0 / 0.0]' } }
      output: { when: { conditionNotMet: '[1, -1.0 / 0.0]' } }
    - actions: [nothing]
      roles: [user]
      effect: EFFECT_ALLOW
      condition: { match: { expr: R.attr.n == 0.0 / 0.0 } }
      output: { when: { conditionNotMet: '{"b": 1.0 / 0.0, "a": 0.0 / 0.0}' } }
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
        Self::with(&[], &[], "").await
    }

    /// With files beside both, settings of theirs, and entries of our `api:`.
    async fn with(files: &[(&str, &str)], settings: &[&str], entries: &str) -> Self {
        let theirs = Pdp::with(&[("doc.yaml", POLICY), ("roles.yaml", ROLES)], files, settings);
        let theirs = theirs.await;
        let api = format!("http_address: '127.0.0.1:0', grpc_address: '127.0.0.1:0', {entries}");
        let mut ours = World::builder()
            .file("policies/doc.yaml", POLICY)
            .file("policies/roles.yaml", ROLES)
            .section(&format!("api: {{ {api} }}"));
        for (name, text) in files {
            ours = ours.file(name, text);
        }
        let ours = ours.start().await;
        Self { ours, theirs, client: reqwest::Client::new() }
    }

    /// The same request to both.
    async fn send(&self, asked: Asked<'_>) -> (Said, Said) {
        let (http, _) = &self.ours.api;
        let theirs = self.theirs.http.to_string();
        tokio::join!(self.said(http, asked), self.said(&theirs, asked))
    }

    async fn check(&self, method: &str, path: &str, body: &str) {
        self.same(Asked { method, path, headers: &[], body: body.as_bytes() }).await;
    }

    async fn same(&self, asked: Asked<'_>) {
        let (ours, theirs) = self.send(asked).await;
        assert_eq!(ours, theirs, "{asked:?} {}", String::from_utf8_lossy(asked.body));
    }

    async fn said(&self, address: &str, asked: Asked<'_>) -> Said {
        let Asked { method, path, headers, body } = asked;
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = self.client.request(method, format!("http://{address}{path}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.body(body.to_vec()).send().await.unwrap();
        let status = response.status().as_u16();
        let headers = HEADERS.iter().filter_map(|name| {
            let value = response.headers().get(*name)?;
            Some(((*name).to_owned(), value.to_str().unwrap().to_owned()))
        });
        let headers = headers.collect();
        let text = response.text().await.unwrap().replace(address, "HOST");
        let mut body = serde_json::from_str(&text).unwrap_or(Json::String(text));
        settle(&mut body);
        Said { status, headers, body }
    }
}

/// Takes out what differs from call to call, or from one build of the real PDP to the next.
fn settle(body: &mut Json) {
    match body {
        Json::Object(members) => {
            if let Some(Json::String(call)) = members.get("cerbosCallId") {
                assert_eq!(call.len(), 26);
                members.remove("cerbosCallId");
            }
            if let Some(Json::String(message)) = members.get_mut("message") {
                *message = message.replace('\u{a0}', " ");
            }
            // Of a batch of evaluations, in an order of their own.
            let response = members.get_mut("cerbos.response");
            if let Some(Json::Array(results)) = response.and_then(|one| one.get_mut("results")) {
                results.sort_by_key(|result| result["resource"].to_string());
            }
            members.values_mut().for_each(settle);
        }
        Json::Array(items) => items.iter_mut().for_each(settle),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
    }
}
