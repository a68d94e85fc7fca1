//! Bytes that are not UTF-8, through real Envoy. It tells us `!` in their place, whatever its settings,
//! and sends the upstream what came.

use crate::support::{Proxied, World, claims, frames};

const ROUTES: &str = "routes: [{ path: '/files/{*rest}', public: [GET] }]";
const RELAXED: &str = "relaxed_paths: { relaxed.example: [exclamation_mark] }";

/// What Envoy can be told to tidy up, and whether it hands headers on as bytes.
const TIDY: (&str, &str) = (
    "normalize_path: false",
    "normalize_path: true\n                merge_slashes: true\n                \
     path_with_escaped_slashes_action: REJECT_REQUEST",
);
const JOINED: (&str, &str) = ("encode_raw_headers: true", "encode_raw_headers: false");

/// The request line that the upstream got over HTTP/2 for this target, if it got one.
async fn served(envoy: &Proxied, host: &str, target: &[u8]) -> Option<Vec<u8>> {
    let head = frames::headers([
        (":method", &b"GET"[..]),
        (":scheme", b"http"),
        (":path", target),
        (":authority", host.as_bytes()),
    ]);
    let body = envoy.send_frames(&[(1, 5, &head)]).await;
    assert!(!body.is_empty(), "{}", target.escape_ascii());
    let line = body.split(|byte| *byte == b'\r').next().unwrap_or_default();
    let target = line.strip_prefix(b"GET ")?.strip_suffix(b" HTTP/1.1")?;
    Some(target.to_vec())
}

#[tokio::test]
async fn threat_5_a_byte_that_envoy_does_not_show_us_does_not_reach_the_upstream() {
    let world = World::builder().file("routes.yaml", ROUTES).section(RELAXED).start().await;
    for (changes, is_joined) in
        [(&[][..], false), (&[TIDY], false), (&[JOINED], true), (&[JOINED, TIDY], true)]
    {
        let envoy = Proxied::changed(&world, changes).await;
        for target in
            [&b"/files/a\xffb"[..], b"/files/a?q=\xff", b"/files/..\xff/x", b"/files/\xc0\xaf"]
        {
            let served = served(&envoy, "a.example", target).await;
            assert_eq!(served, None, "{changes:?} {}", target.escape_ascii());
        }
        // The same with what Envoy says is there.
        for target in [&b"/files/a!b"[..], b"/files/a?q=!"] {
            let strict = served(&envoy, "a.example", target).await;
            assert_eq!(strict.as_deref(), (!is_joined).then_some(target), "{changes:?}");
            let relaxed = served(&envoy, "relaxed.example", target).await;
            assert_eq!(relaxed.as_deref(), Some(target), "{changes:?}");
        }
        let relaxed = served(&envoy, "relaxed.example", b"/files/a?q=\xff").await;
        assert_eq!(relaxed.as_deref(), is_joined.then_some(&b"/files/a?q=!"[..]), "{changes:?}");
    }
    world.stop().await.unwrap();
}

#[tokio::test]
async fn threat_2_a_path_without_its_slash_gets_nowhere() {
    const PUBLIC: &str = "routes: [{ path: '/{*rest}', public: [GET, POST] }, { path: '/files/{*rest}', public: [GET, POST] }]";
    let world = World::builder().file("routes.yaml", PUBLIC).start().await;
    let envoy = Proxied::changed(&world, &[]).await;
    for (method, target, passes) in [
        ("GET", "/files/a", true),
        ("POST", "/pkg.Svc/M", true),
        ("POST", "pkg.Svc/M", false),
        ("GET", "files/a", false),
        ("GET", "%2Ffiles/a", false),
        ("GET", "", false),
    ] {
        let head = frames::headers([
            (":method", method),
            (":scheme", "http"),
            (":path", target),
            (":authority", "a.example"),
        ]);
        let answer = envoy.send_frames(&[(1, 5, &head)]).await;
        let is_served = answer.starts_with(format!("{method} ").as_bytes());
        assert_eq!(is_served, passes, "{target}: {}", answer.escape_ascii());
    }
    world.stop().await.unwrap();
}

const READING: &str = r#"
routes:
  - path: /v1/orgs/{org}/invoices/{invoice}
    resource: { kind: invoice, id: "{invoice}", attr: { org: "{org}", note: { body: note, type: string } } }
    actions: { POST: view }
"#;

#[tokio::test]
async fn threat_5_a_byte_of_the_body_that_envoy_does_not_show_us_does_not_reach_the_upstream() {
    let world = World::builder().file("routes.yaml", READING).start().await;
    let token = world.issuer.token(&claims("auth0|viewer", &["viewer"]));
    let head = frames::headers([
        (":method", "POST"),
        (":scheme", "http"),
        (":path", "/v1/orgs/acme/invoices/7"),
        (":authority", "a.example"),
        ("content-type", "application/json"),
        ("authorization", &format!("Bearer {token}")),
    ]);
    for (packed, exclaimed) in [(true, true), (false, false)] {
        let sent = format!(
            "encode_raw_headers: true\n                      with_request_body: \
             {{ max_request_bytes: 1024, pack_as_bytes: {packed} }}"
        );
        let envoy = Proxied::changed(&world, &[("encode_raw_headers: true", &sent)]).await;
        for (body, expected) in [
            (&b"{\"note\": \"a\"}"[..], true),
            (b"{\"note\": \"\xff\"}", false),
            (b"{\"note\": \"!\"}", exclaimed),
        ] {
            let answer = envoy.send_frames(&[(1, 4, &head), (0, 1, body)]).await;
            let passed = answer.starts_with(b"POST ");
            let shown = answer.escape_ascii();
            assert_eq!(passed, expected, "{packed} {}: {shown}", body.escape_ascii());
            let status = String::from_utf8_lossy(&answer).contains("\"status\":400");
            assert!(passed || status, "{}", answer.escape_ascii());
        }
    }
    world.stop().await.unwrap();
}
