//! An Envoy that lets pass what it has no answer to (`failure_mode_allow`): nothing that a client does
//! may leave it without one.

use std::{
    ffi::OsStr,
    io::Write,
    os::unix::ffi::OsStrExt,
    process::{Command, Stdio},
};

use tokio::{net::TcpListener, task::JoinHandle};

use crate::support::{Holder, Proxied, World, claims};
use crate::tools;

const INVOICE: &str = "/v1/orgs/acme/invoices/7";

/// What is answered to a request over TLS for a server of this name.
fn over_tls(envoy: &Proxied, server_name: &[u8], request: &str) -> String {
    let mut client = Command::new(tools::openssl())
        .args(["s_client", "-quiet", "-connect", &envoy.address, "-servername"])
        .arg(OsStr::from_bytes(server_name))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    client.stdin.take().unwrap().write_all(request.as_bytes()).unwrap();
    String::from_utf8_lossy(&client.wait_with_output().unwrap().stdout).into_owned()
}

fn head(request_line: &str) -> String {
    format!("{request_line} HTTP/1.1\r\nHost: api.example\r\nConnection: close\r\n\r\n")
}

/// It is ours if it has the id of a decision.
#[track_caller]
fn assert_ours(answer: &str, status: u16) {
    assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
    assert!(answer.contains("x-portcullis-decision-id: "), "{answer}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn threat_12_a_server_name_that_is_no_text_is_no_reason_to_have_no_answer() {
    let world = World::builder().start().await;
    let sni = (
        "encode_raw_headers: true",
        "encode_raw_headers: true\n                      include_tls_session: true",
    );
    let envoy = Proxied::failing_open_over_tls(&world, &[sni]).await;
    for name in [&b"api.example"[..], b"a\xffb.example", b"\xc3\x28", b"\xed\xa0\x80"] {
        assert_ours(&over_tls(&envoy, name, &head(&format!("GET {INVOICE}"))), 401);
        assert_ours(&over_tls(&envoy, name, &head("GET /healthz")), 200);
    }
    world.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn threat_12_a_request_that_is_too_long_for_us_has_an_answer() {
    let world = World::builder().start().await;
    let body = "encode_raw_headers: true\n                      \
                with_request_body: { max_request_bytes: 33554432, pack_as_bytes: true }";
    let envoy = Proxied::failing_open(&world, &[("encode_raw_headers: true", body)]).await;
    for (length, status) in [(1 << 20, 401), (17 << 20, 413)] {
        let head = format!("Host: api.example\r\nConnection: close\r\nContent-Length: {length}");
        let body = "a".repeat(length);
        let request = format!("PATCH {INVOICE} HTTP/1.1\r\n{head}\r\n\r\n{body}");
        assert_ours(&envoy.send(&request).await, status);
    }
    assert_ours(&envoy.send(&head("GET /healthz")).await, 200);
    world.stop().await.unwrap();
}

/// Where Envoy traces, its question to us has a header that a client wrote.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn threat_9_12_a_long_trace_state_is_no_reason_to_have_no_answer() {
    let world = World::builder().start().await;
    let tracing = r#"stat_prefix: api
                tracing:
                  provider:
                    name: envoy.tracers.opentelemetry
                    typed_config:
                      "@type": type.googleapis.com/envoy.config.trace.v3.OpenTelemetryConfig
                      grpc_service: { envoy_grpc: { cluster_name: grpc }, timeout: 0.25s }
                      service_name: api"#;
    let envoy = Proxied::failing_open(&world, &[("stat_prefix: api", tracing)]).await;
    for length in [10, 20 << 10, 50 << 10] {
        let parent = "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let state = format!("tracestate: x={}", "a".repeat(length));
        let head = format!("Host: api.example\r\nConnection: close\r\n{parent}\r\n{state}");
        assert_ours(&envoy.send(&format!("GET {INVOICE} HTTP/1.1\r\n{head}\r\n\r\n")).await, 401);
    }
    world.stop().await.unwrap();
}

/// Envoy waits for us no longer than that.
const IMPATIENT: (&str, &str) = ("timeout: 5s", "timeout: 0.2s");

/// Takes connections and never says a word.
async fn silent() -> (String, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let task = tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((connection, _)) = listener.accept().await {
            held.push(connection);
        }
    });
    (address, task)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn threat_12_while_a_pdp_is_silent_there_is_an_answer_in_time() {
    let (address, _held) = silent().await;
    let entries = format!("address: 'grpc://{address}', timeout: 20s, per_try_timeout: 20s");
    let world = World::builder().pdp(&entries).begin().await;
    let envoy = Proxied::failing_open(&world, &[IMPATIENT]).await;
    let token = world.issuer.token(&claims("auth0|viewer", &["viewer"]));
    let lines = format!("Host: api.example\r\nConnection: close\r\nAuthorization: Bearer {token}");
    let answer = envoy.send(&format!("GET {INVOICE} HTTP/1.1\r\n{lines}\r\n\r\n")).await;
    assert_ours(&answer, 503);
    let page = world.get("/metrics").await.1;
    assert!(page.contains(r#"{answer="fault",reason="fault.deadline"} 1"#), "{page}");
    world.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn threat_12_while_redis_is_silent_there_is_an_answer_in_time() {
    let (address, _held) = silent().await;
    let world = World::builder()
        .section(&format!("redis: {{ url: 'redis://{address}', timeout: 20s }}"))
        .section("revocation: { on_outage: continue }")
        .section("sender_constraints: { dpop: { hosts: [api.example] } }")
        .begin()
        .await;
    let envoy = Proxied::failing_open(&world, &[IMPATIENT]).await;
    let holder = Holder::new();
    let token = holder.token(&world);
    let proof = holder.proof(&token, "1", "GET", &format!("http://api.example{INVOICE}"));
    let credentials = format!("Authorization: DPoP {token}\r\nDPoP: {proof}");
    let lines = format!("Host: api.example\r\nConnection: close\r\n{credentials}");
    let answer = envoy.send(&format!("GET {INVOICE} HTTP/1.1\r\n{lines}\r\n\r\n")).await;
    assert_ours(&answer, 503);
    world.stop().await.unwrap();
}
