//! HTTP/3 through real Envoy, from a client that sends what it is told.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use serde_json::{Value, json};

use crate::{
    support::{Proxied, World, claims},
    tools,
};

const ITEM: &str = "/v1/orgs/acme/invoices/7";

/// The header fields of a request, the pseudo-headers among them.
type Fields = Vec<(&'static str, String)>;

/// The status of each answer, and the line that the upstream got; 0 and nothing for a stream that was reset.
fn ask(envoy: &Proxied, requests: &[Fields]) -> Vec<(u64, String)> {
    let (_, port) = envoy.address.rsplit_once(':').unwrap();
    let mut client = Command::new("python3")
        .arg(tools::root().join("tests/it/http3/client.py"))
        .arg(tools::aioquic())
        .arg(port)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    client.stdin.take().unwrap().write_all(json!(requests).to_string().as_bytes()).unwrap();
    let output = client.wait_with_output().unwrap();
    let answers: Result<Vec<Value>, _> = serde_json::from_slice(&output.stdout);
    let answers = answers.unwrap_or_else(|_| panic!("{}", tools::printed(&output)));
    let answer = |answer: &Value| {
        let line = answer["body"].as_str().unwrap().lines().next().unwrap_or_default();
        (answer["status"].as_u64().unwrap(), line.to_owned())
    };
    answers.iter().map(answer).collect()
}

/// A request with these pseudo-headers; an empty one is left out.
fn request([method, scheme, host, path]: [&str; 4], token: Option<&str>) -> Fields {
    let fields = [(":method", method), (":scheme", scheme), (":authority", host), (":path", path)];
    let fields = fields.into_iter().filter(|(_, value)| !value.is_empty());
    let credentials = token.map(|token| ("authorization", format!("Bearer {token}")));
    fields.map(|(name, value)| (name, value.to_owned())).chain(credentials).collect()
}

/// Asks once for all of them, and compares the statuses; of what was allowed also what the upstream got.
fn check(envoy: &Proxied, cases: Vec<(&str, Fields, u64)>) {
    let requests: Vec<Fields> = cases.iter().map(|(_, fields, _)| fields.clone()).collect();
    for ((name, _, expected), (status, line)) in cases.into_iter().zip(ask(envoy, &requests)) {
        assert_eq!(status, expected, "{name}: {line}");
        let served = [ITEM, "/healthz"].map(|path| format!("GET {path} HTTP/1.1"));
        assert!(status != 200 || served.contains(&line), "{name}: {line}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_of_http_3_is_decided_as_any_other() {
    let relaxed = "relaxed_paths: { relaxed.example: [double_slash, dot_segment] }";
    let world = World::builder().section(relaxed).start().await;
    let envoy = Proxied::over_quic(&world).await;
    let token = world.issuer.token(&claims("auth0|viewer", &["viewer"]));
    let at = |host: &str, path: &str| request(["GET", "https", host, path], Some(&token));
    let get = |path: &str| at("api.example", path);
    let mut twice = get(ITEM);
    twice.push(("authorization", "Bearer x".to_owned()));
    let patch = request(["PATCH", "https", "api.example", ITEM], Some(&token));
    check(
        &envoy,
        vec![
            ("as it should be", get(ITEM), 200),
            ("public", request(["GET", "https", "api.example", "/healthz"], None), 200),
            ("no token", request(["GET", "https", "api.example", ITEM], None), 401),
            ("two tokens", twice, 400),
            ("not allowed", patch, 403),
            ("two slashes", get("//v1/orgs/acme/invoices/7"), 400),
            ("dots", get("/v1/orgs/acme/x/../invoices/7"), 400),
            ("encoded dots", get("/v1/orgs/acme/invoices/%2e%2e/invoices/7"), 400),
            ("encoded slash", get("/v1/orgs/acme%2Finvoices/7"), 400),
            ("parameters", get("/v1/orgs/acme/invoices/7;x=y"), 400),
            ("backslash", get("/v1/orgs/acme\\invoices/7"), 400),
            ("relaxed", at("relaxed.example", "/v1//orgs/globex/../acme/invoices/7"), 200),
        ],
    );
    world.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_request_of_http_3_gets_nowhere() {
    let world = World::builder().start().await;
    let envoy = Proxied::over_quic(&world).await;
    let token = world.issuer.token(&claims("auth0|viewer", &["viewer"]));
    let get = |path: &str| request(["GET", "https", "api.example", path], Some(&token));
    let and = |name: &'static str, value: &str, mut fields: Fields| {
        // Pseudo-headers come first.
        let end = if name.starts_with(':') { 0 } else { fields.len() };
        fields.insert(end, (name, value.to_owned()));
        fields
    };
    let connect = |path: &str| request(["CONNECT", "https", "api.example", path], Some(&token));
    let tunnel = request(["CONNECT", "", "api.example:443", ""], Some(&token));
    // Envoy resets most of these streams itself. It must go on doing so, or leave them to us.
    check(
        &envoy,
        vec![
            ("no slash", get("v1/orgs/acme/invoices/7"), 0),
            ("asterisk", get("*"), 0),
            ("empty path", and(":path", "", get("")), 0),
            ("a byte that is not UTF-8", get("/v1/orgs/acme\u{ff}/invoices/7"), 0),
            ("such a byte in the query", get(&format!("{ITEM}?q=\u{ff}")), 0),
            ("fragment", get(&format!("{ITEM}#x")), 400),
            ("no path", get(""), 0),
            ("no host", request(["GET", "https", "", ITEM], Some(&token)), 0),
            ("two paths", and(":path", "/healthz", get(ITEM)), 0),
            ("two hosts", and("host", "evil.example", get(ITEM)), 0),
            ("a tunnel, which has no path", tunnel, 400),
            ("a WebSocket to another path", and(":protocol", "websocket", connect("//x")), 400),
            ("a WebSocket", and(":protocol", "websocket", connect(ITEM)), 200),
        ],
    );
    world.stop().await.unwrap();
}
