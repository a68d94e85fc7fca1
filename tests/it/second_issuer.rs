//! Tokens of an issuer that nobody here wrote: discovery, keys, rotation, through real Envoy.

use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::Duration,
};

use portcullis::issuer::Settings;
use serde_json::{Value, json};

use crate::{
    support::{AUDIENCE, Edge},
    tools,
};

const INVOICE: &str = "/v1/orgs/acme/invoices/7";

/// Stopped when it is dropped.
struct MockServer {
    child: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

// === impl MockServer ===

impl MockServer {
    fn start() -> Self {
        let mut child = Command::new("node")
            .arg(tools::root().join("tests/issuers/oauth2-mock-server.mjs"))
            .arg(tools::oauth2_mock_server())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let orders = child.stdin.take().unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap());
        Self { child, orders, answers }
    }

    fn order(&mut self, order: &Value) -> String {
        writeln!(self.orders, "{order}").unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        assert!(!answer.is_empty(), "no answer to {order}");
        answer.trim_end().to_owned()
    }

    fn key(&mut self) -> String {
        self.order(&json!({ "order": "key" }))
    }

    /// What this server puts into a token, and what an access token of ours needs beside it.
    fn token(&mut self, key: &str, role: &str) -> String {
        let claims = json!({
            "sub": "auth0|viewer",
            "aud": AUDIENCE,
            "azp": "client",
            "https://invoices.example/roles": [role],
        });
        self.order(&json!({ "order": "token", "kid": key, "claims": claims }))
    }
}

impl Drop for MockServer {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[tokio::test]
async fn tokens_of_oauth2_mock_server_are_verified_across_a_rotation() {
    let mut issuer = MockServer::start();
    let first = issuer.key();
    let url = issuer.order(&json!({ "order": "url" }));
    let fast = Settings {
        refresh: Duration::from_millis(400),
        cooldown: Duration::from_millis(100),
        ..Settings::default()
    };
    let edge = Box::pin(Edge::start(&url, fast)).await;
    let (old, denied) = (issuer.token(&first, "viewer"), issuer.token(&first, "nobody"));
    assert_eq!(edge.status(INVOICE, &old).await, 200);
    assert_eq!(edge.status(INVOICE, &denied).await, 403, "verified, and not allowed");
    assert_eq!(edge.status(INVOICE, &tampered(&old)).await, 401);

    let second = issuer.key();
    let new = issuer.token(&second, "viewer");
    tokio::time::sleep(fast.cooldown).await;
    assert_eq!(edge.status(INVOICE, &new).await, 200, "the new key is fetched when it is needed");
    assert_eq!(edge.status(INVOICE, &old).await, 200, "and the old one is still there");

    issuer.order(&json!({ "order": "forget" }));
    let mut tries = 0;
    while edge.status(INVOICE, &old).await != 401 {
        tries += 1;
        assert!(tries < 500, "the old key is never forgotten");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(edge.status(INVOICE, &new).await, 200, "only the old key is gone");
}

/// With another first character of the signature.
fn tampered(token: &str) -> String {
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let (first, rest) = signature.split_at(1);
    format!("{signed}.{}{rest}", if first == "A" { "B" } else { "A" })
}
