//! What real Envoy makes of our answers, and we of what it lets through.

use bytes::Bytes;
use http::{HeaderValue, Method, Request, StatusCode, Version};
use http_body_util::{BodyExt, Collected, Empty};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::{TcpListener, TcpStream};
use tonic::transport::{Server, server::TcpIncoming};

use crate::support::{Proxied, World, claims, config};

const ROUTES: &str = r#"
routes:
  - path: /v1/orgs/{org}/invoices/{invoice}
    resource: { kind: invoice, id: "{invoice}", attr: { org: "{org}" } }
    public: [OPTIONS]
  - path: /v1/events
    resource: { kind: invoice, id: events, attr: { org: acme } }
    actions: { GET: view }
  - path: /grpc.health.v1.Health/Check
    resource: { kind: invoice, id: health, attr: { org: acme } }
    actions: { POST: view }
  - path: /verified/{invoice}
    resource: { kind: invoice, id: "{invoice}", attr: { org: acme } }
    token: { envoy_metadata: verified }
  - path: /files/{*rest}
    public: [GET]
"#;

const POLICY: &str = r#"
apiVersion: api.cerbos.dev/v1
resourcePolicy:
  resource: invoice
  version: default
  rules:
    - actions: [view]
      roles: [viewer]
      effect: EFFECT_ALLOW
      condition: { match: { expr: R.attr.org == "acme" } }
      output:
        when:
          conditionNotMet: |-
            {"denial": {"redirect": "https://app.example/plans?of=" + R.attr.org, "headers": {"x-reason": "plan"}, "metadata": {"rule": "plan"}}}
"#;

const OUTPUTS: &str =
    "denial_outputs: { headers: [x-reason], redirects: [https://app.example], metadata: true }\n";

const RELAXED: &str = "relaxed_paths: { relaxed.example: [double_slash, dot_segment, \
                       encoded_unreserved, parameters, trailing_dot_or_space, backslash] }\n";

struct House {
    world: World,
    envoy: Proxied,
    token: String,
}

impl House {
    async fn start() -> Self {
        let world = World::builder()
            .file("routes.yaml", ROUTES)
            .file("policies/invoice.yaml", POLICY)
            .start()
            .await;
        let file = config(&world.issuer.url, "{ address: '127.0.0.1:0' }", "127.0.0.1:0");
        std::fs::write(world.path("portcullis.yaml"), format!("{file}{RELAXED}{OUTPUTS}")).unwrap();
        let (status, page) = world.post("/reload").await;
        assert_eq!(status, 200, "{page}");
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let grpc = listener.local_addr().unwrap().to_string();
        let (_, health) = tonic_health::server::health_reporter();
        tokio::spawn(
            Server::builder().add_service(health).serve_with_incoming(TcpIncoming::from(listener)),
        );
        let envoy = Proxied::start(&world, &grpc).await;
        let token = world.issuer.token(&claims("auth0|viewer", &["viewer"]));
        Self { world, envoy, token }
    }

    /// The status and the rest of the answer to a request of HTTP/1.1. `lines` end in `\r\n`.
    async fn http1(&self, request_line: &str, host: &str, lines: &str) -> (u16, String) {
        let token = &self.token;
        let answer = self
            .envoy
            .send(&format!(
                "{request_line} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n{lines}\r\n"
            ))
            .await;
        let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
        (status.unwrap_or_default(), answer)
    }

    async fn http2(&self, request: http::request::Builder) -> http::Response<Bytes> {
        let stream = TcpStream::connect(&self.envoy.address).await.unwrap();
        let io = TokioIo::new(stream);
        let (mut client, connection) =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await.unwrap();
        tokio::spawn(connection);
        let request = request.version(Version::HTTP_2).body(Empty::<Bytes>::new()).unwrap();
        let (parts, body) = client.send_request(request).await.unwrap().into_parts();
        let body = body.collect().await.map(Collected::to_bytes).unwrap_or_default();
        http::Response::from_parts(parts, body)
    }
}

#[tokio::test]
async fn threat_29_the_upstream_gets_the_path_that_was_decided_about() {
    let house = House::start().await;
    let upstream = |answer: &str| {
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        body.lines().next().unwrap_or_default().to_owned()
    };
    for (target, expected) in [
        ("//v1//orgs/acme/invoices/7?a=//b", "/v1/orgs/acme/invoices/7?a=//b"),
        ("/v1/orgs/globex/../acme/./invoices/7", "/v1/orgs/acme/invoices/7"),
        ("/v1/orgs/%61cme/invoices/7", "/v1/orgs/acme/invoices/7"),
        ("/v1/orgs/acme;x=y/invoices/7;z", "/v1/orgs/acme/invoices/7"),
        ("/v1/orgs/acme./invoices/7%20", "/v1/orgs/acme/invoices/7"),
        ("/v1/orgs/acme/invoices/7?", "/v1/orgs/acme/invoices/7?"),
        ("/files/a/..//b", "/files/b"),
    ] {
        let line = format!("GET {target}");
        let (status, answer) = house.http1(&line, "relaxed.example", "").await;
        assert_eq!(status, 200, "{target}: {answer}");
        assert_eq!(upstream(&answer), format!("GET {expected} HTTP/1.1"), "{target}");
        if !target.ends_with("7?") {
            let (status, answer) = house.http1(&line, "strict.example", "").await;
            assert_eq!(status, 400, "{target}: {answer}");
        }
    }
    for target in ["/v1/orgs/acme%2Finvoices/7", "/files/../../x", "/files/%2e%2e%2fx"] {
        let (status, answer) = house.http1(&format!("GET {target}"), "relaxed.example", "").await;
        assert!([400, 403].contains(&status), "{target}: {answer}");
    }
    house.world.stop().await.unwrap();
}

/// `decoder_header_mutation_rules` that let no answer change a request make an allow of something else:
/// Envoy drops the change and goes on, unless it is told that this is an error.
#[tokio::test]
async fn an_envoy_that_takes_no_path_from_us_is_told_to_stop_there() {
    let house = House::start().await;
    let (sent, decided) = ("/v1/orgs/acme/x/../invoices/7", "/v1/orgs/acme/invoices/7");
    let none = "disallow_all: { value: true }";
    for (rules, status, expected) in [
        ("null", 200, Some(decided)),
        ("{}", 200, Some(decided)),
        (&*format!("{{ {none} }}"), 200, Some(sent)),
        (&*format!("{{ {none}, disallow_is_error: {{ value: true }} }}"), 500, None),
    ] {
        let envoy = Proxied::with_rules(&house.world, "127.0.0.1:1", rules).await;
        let head = format!("Host: relaxed.example\r\nAuthorization: Bearer {}", house.token);
        let request = format!("GET {sent} HTTP/1.1\r\n{head}\r\nConnection: close\r\n\r\n");
        let answer = envoy.send(&request).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{rules}: {answer}");
        let upstream = answer.lines().find_map(|line| line.strip_prefix("GET "));
        let upstream = upstream.and_then(|line| line.strip_suffix(" HTTP/1.1"));
        assert_eq!(upstream, expected, "{rules}");
    }
    house.world.stop().await.unwrap();
}

#[tokio::test]
async fn headers_that_mislead_do_not_reach_the_upstream() {
    let house = House::start().await;
    let lines = "X-Forwarded-Host: evil.example\r\nX-Forwarded-Prefix: /admin\r\nX_Portcullis_Subject: \
                 root\r\nForwarded: host=evil.example\r\nX-Real-Ip: 127.0.0.1\r\nX_User: root\r\nX-Kept: 1\r\n\
                 X.Portcullis.Subject: root\r\nX!Portcullis~Subject: root\r\nX-Portcullis.Roles: root\r\n\
                 ";
    let names = [
        "Cf-Connecting-Ip",
        "Client-Cert",
        "Client-Cert-Chain",
        "Client-Ip",
        "Fastly-Client-Ip",
        "Front-End-Https",
        "True-Client-Ip",
        "X-Client-Ip",
        "X-Cluster-Client-Ip",
        "X-Forwarded",
        "X-Host",
        "X-Middleware-Subrequest",
        "X-Original-Forwarded-For",
        "X-Original-Host",
        "X-Original-Proto",
        "X-Scheme",
        "X-Url-Scheme",
    ];
    let more: String = names.iter().map(|name| format!("{name}: evil\r\n")).collect();
    let lines = &format!("{lines}{more}");
    for path in ["/v1/orgs/acme/invoices/7", "/files/a"] {
        let (status, answer) = house.http1(&format!("GET {path}"), "a.example", lines).await;
        assert_eq!(status, 200, "{answer}");
        assert!(!answer.contains("evil") && !answer.contains("root"), "{answer}");
        assert!(!answer.contains("/admin") && !answer.contains("x-real-ip"), "{answer}");
        assert!(answer.contains("x-kept: 1"), "{answer}");
    }
    for line in ["X-HTTP-Method-Override: DELETE\r\n", "X-Original-URL: /x\r\n"] {
        let (status, answer) = house.http1("GET /files/a", "a.example", line).await;
        assert_eq!(status, 400, "{answer}");
    }
    house.world.stop().await.unwrap();
}

#[tokio::test]
async fn a_token_that_envoy_verified_is_not_verified_again() {
    let house = House::start().await;
    let (status, answer) = house.http1("GET /verified/7", "a.example", "").await;
    assert_eq!(status, 200, "{answer}");
    assert!(answer.contains("x-portcullis-subject: auth0|viewer"), "{answer}");
    let get = async |claims: &serde_json::Value| {
        let token = house.world.issuer.token(claims);
        let lines =
            format!("Host: a.example\r\nConnection: close\r\nAuthorization: Bearer {token}");
        house.envoy.send(&format!("GET /verified/7 HTTP/1.1\r\n{lines}\r\n\r\n")).await
    };
    // Envoy was not told which audience is ours, and accepts the token.
    let mut foreign = claims("auth0|viewer", &["viewer"]);
    foreign["aud"] = "https://other.example".into();
    let answer = get(&foreign).await;
    assert!(answer.starts_with("HTTP/1.1 401") && answer.contains("wrong audience"), "{answer}");
    let answer = get(&claims("auth0|viewer", &["nobody"])).await;
    assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
    house.world.stop().await.unwrap();
}

#[tokio::test]
async fn a_denial_is_told_as_the_policy_wants_and_both_have_one_decision_id() {
    let house = House::start().await;
    let value = |answer: &str, name: &str| {
        let lines = answer.lines().map(str::to_ascii_lowercase);
        let mut values = lines.filter_map(|line| Some(line.strip_prefix(name)?.to_owned()));
        values.next().unwrap_or_else(|| panic!("{name} in {answer}"))
    };
    let line = "GET /v1/orgs/globex/invoices/7";
    let (status, answer) = house.http1(line, "a.example", "").await;
    assert_eq!(status, 303, "{answer}");
    assert_eq!(value(&answer, "location: "), "https://app.example/plans?of=globex");
    assert_eq!(value(&answer, "x-reason: "), "plan");
    assert_eq!(value(&answer, "x-seen-rule: "), "plan");
    let (status, allowed) = house.http1("GET /v1/orgs/acme/invoices/7", "a.example", "").await;
    assert_eq!(status, 200, "{allowed}");
    for answer in [answer, allowed] {
        let decision = value(&answer, "x-portcullis-decision-id: ");
        assert_eq!(decision.len(), 36);
        assert_eq!(value(&answer, "x-seen-decision: "), decision);
    }
    house.world.stop().await.unwrap();
}

#[tokio::test]
async fn threat_6_targets_without_a_path_are_refused() {
    let house = House::start().await;
    for (line, host) in [
        ("CONNECT a.example:443", "a.example:443"),
        ("OPTIONS *", "a.example"),
        ("GET a.example", "a.example"),
        ("GET v1/orgs/acme/invoices/7", "a.example"),
        ("GET http://other.example/v1/orgs/acme/invoices/7#x", "a.example"),
    ] {
        let (status, answer) = house.http1(line, host, "").await;
        assert!([400, 403, 404].contains(&status), "{line}: {answer}");
    }
    // Envoy takes the host of an absolute form for the host, and so do we.
    let line = "GET http://other.example/v1/orgs/acme/invoices/7";
    let (status, answer) = house.http1(line, "a.example", "").await;
    assert_eq!(status, 200, "{answer}");
    assert!(answer.contains("host: other.example"), "{answer}");
    let bearer = format!("Bearer {}", house.token);
    let request = |method: Method, uri: &str| {
        Request::builder().method(method).uri(uri).header("authorization", &bearer)
    };
    for (method, uri, expected) in [
        (Method::GET, "http://a.example/v1/orgs/acme/invoices/7", 200),
        (Method::GET, "http://a.example//v1/orgs/acme/invoices/7", 400),
        (Method::GET, "http://a.example/v1/orgs/acme/../acme/invoices/7", 400),
        (Method::GET, "http://relaxed.example//v1/orgs/acme/invoices/7", 200),
        (Method::CONNECT, "a.example:443", 400),
    ] {
        let response = house.http2(request(method.clone(), uri)).await;
        assert_eq!(response.status().as_u16(), expected, "{method} {uri}: {response:?}");
    }
    house.world.stop().await.unwrap();
}

#[tokio::test]
async fn h19_a_grpc_method_is_a_route() {
    let house = House::start().await;
    let call = |token: Option<&str>| {
        let request = Request::builder()
            .method(Method::POST)
            .uri("http://a.example/grpc.health.v1.Health/Check")
            .header("content-type", "application/grpc")
            .header("te", "trailers");
        match token {
            Some(token) => request.header("authorization", format!("Bearer {token}")),
            None => request,
        }
    };
    let anonymous = house.http2(call(None)).await;
    assert_eq!(anonymous.status(), StatusCode::OK, "a refusal of gRPC is in its trailers");
    assert_eq!(anonymous.headers()["grpc-status"], "16");
    let other = house.world.issuer.token(&claims("auth0|x", &["nobody"]));
    assert_eq!(house.http2(call(Some(&other))).await.headers()["grpc-status"], "7");
    // No message was sent, so the service itself complains: the call has arrived.
    let viewer = house.http2(call(Some(&house.token))).await;
    let status = viewer.headers().get("grpc-status").map(HeaderValue::as_bytes);
    assert!(![Some(&b"16"[..]), Some(b"7")].contains(&status), "{viewer:?}");
    house.world.stop().await.unwrap();
}

#[tokio::test]
async fn h15_a_websocket_is_a_get_and_a_preflight_is_public_where_the_route_says_so() {
    let house = House::start().await;
    let upgrade = |token: &str| {
        format!(
            "GET /v1/events HTTP/1.1\r\nHost: a.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: Bearer {token}\r\n\r\n"
        )
    };
    let opened = house.envoy.send(&upgrade(&house.token)).await;
    assert!(opened.starts_with("HTTP/1.1 101"), "{opened}");
    let refused = house
        .envoy
        .send(&upgrade("x").replace("Connection: Upgrade", "Connection: Upgrade, close"))
        .await;
    assert!(refused.starts_with("HTTP/1.1 401"), "{refused}");
    let preflight = |path: &str| {
        format!(
            "OPTIONS {path} HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\nOrigin: https://app.example\r\n\
             Access-Control-Request-Method: PATCH\r\n\r\n"
        )
    };
    let public = house.envoy.send(&preflight("/v1/orgs/acme/invoices/7")).await;
    assert!(public.starts_with("HTTP/1.1 200"), "{public}");
    let closed = house.envoy.send(&preflight("/v1/events")).await;
    assert!(closed.starts_with("HTTP/1.1 403"), "{closed}");
    house.world.stop().await.unwrap();
}
