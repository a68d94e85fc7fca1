//! Pages of browsers, which ask only where they are let to: CORS beside the real PDP's.

use super::{Asked, Pair, Said};

const ORIGIN: &str = "https://app.example";
const METHOD: &str = "access-control-request-method";
const NAMES: &str = "access-control-request-headers";

/// What is asked, with the headers that a browser sends.
const REQUESTS: [(&str, &[(&str, &str)]); 26] = [
    ("GET", &[]),
    ("GET", &[("origin", ORIGIN)]),
    ("GET", &[("origin", "https://other.example")]),
    ("GET", &[("origin", "null")]),
    ("GET", &[("origin", "")]),
    ("HEAD", &[("origin", ORIGIN)]),
    ("PUT", &[("origin", ORIGIN)]),
    ("TRACE", &[("origin", ORIGIN)]),
    ("PROPFIND", &[("origin", ORIGIN)]),
    ("OPTIONS", &[("origin", ORIGIN)]),
    ("OPTIONS", &[(METHOD, "GET")]),
    ("OPTIONS", &[("origin", ORIGIN), (METHOD, "")]),
    ("OPTIONS", &[("origin", ORIGIN), (METHOD, "GET")]),
    ("OPTIONS", &[("origin", ORIGIN), (METHOD, "get")]),
    ("OPTIONS", &[("origin", ORIGIN), (METHOD, "OPTIONS")]),
    ("OPTIONS", &[("origin", ORIGIN), (METHOD, "TRACE")]),
    ("OPTIONS", &[("origin", "https://other.example"), (METHOD, "GET")]),
    ("OPTIONS", &[("origin", ORIGIN), (METHOD, "POST"), (NAMES, "content-type")]),
    ("OPTIONS", &[("origin", ORIGIN), (METHOD, "POST"), (NAMES, "Content-Type")]),
    ("OPTIONS", &[("origin", ORIGIN), (METHOD, "POST"), (NAMES, "accept, content-type")]),
    ("OPTIONS", &[("origin", ORIGIN), (METHOD, "POST"), (NAMES, "content-type,accept")]),
    ("OPTIONS", &[("origin", ORIGIN), (METHOD, "POST"), (NAMES, "accept,accept")]),
    ("OPTIONS", &[("origin", ORIGIN), (METHOD, "POST"), (NAMES, "x-team")]),
    ("OPTIONS", &[("origin", ORIGIN), (METHOD, "POST"), (NAMES, "authorization")]),
    ("OPTIONS", &[("origin", ORIGIN), (METHOD, "POST"), (NAMES, "")]),
    ("OPTIONS", &[("origin", ORIGIN), (METHOD, "POST"), (NAMES, "accept,")]),
];

async fn all(pair: &Pair) -> Vec<(String, Said, Said)> {
    let mut answers = Vec::new();
    for (method, headers) in REQUESTS {
        for path in ["/api/server_info", "/api/check/resources", "/nothing"] {
            let (ours, theirs) = pair.send(Asked { method, path, headers, body: b"" }).await;
            let kind = format!("{method} {path} {headers:?}");
            // Whose build it is differs.
            let [ours, theirs] = [ours, theirs].map(|mut said| {
                if said.status == 200 {
                    said.body = serde_json::Value::Null;
                }
                said
            });
            answers.push((kind, ours, theirs));
        }
    }
    answers
}

#[tokio::test]
async fn pages_are_let_to_ask_as_the_real_pdp_lets_them() {
    for (settings, entries) in [
        (&[][..], "cors: {}"),
        (
            &[
                "server.cors.allowedOrigins[0]=https://app.example",
                "server.cors.allowedHeaders[0]=x-team",
            ][..],
            "cors: { allowed_origins: ['https://app.example'], allowed_headers: [X-Team] }",
        ),
        (&["server.cors.disabled=true"], ""),
    ] {
        let pair = Pair::with(&[], settings, entries).await;
        for (kind, ours, theirs) in all(&pair).await {
            assert_eq!(ours, theirs, "{kind} with {entries}");
        }
        pair.ours.stop().await.unwrap();
    }
}
