//! Bound tokens through the whole server, and through real Envoy with real client certificates.

use std::{
    fs,
    net::SocketAddr,
    process::{Child, Command, Stdio},
    time::Duration,
};

use aws_lc_rs::digest::{SHA256, digest};
use axum::{Router, routing::any};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use envoy_types::pb::envoy::service::auth::v3::CheckRequest;
use jiff::Timestamp;
use portcullis::identity::Nonces;
use rcgen::CertifiedKey;
use reqwest::{Client, Identity, Response};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{net::TcpListener, task::JoinHandle};

use crate::{
    support::{Holder, OWN_HOST, World, claims, presented},
    tools,
};

const HOST: &str = "api.invoices.example";
const INVOICE: &str = "/v1/orgs/acme/invoices/7";

fn bound(world: &World, confirmation: Value) -> String {
    let mut claims = claims("auth0|viewer", &["viewer"]);
    claims["cnf"] = confirmation;
    world.issuer.token(&claims)
}

const ROUTES: &str = "
routes:
  - { path: /any, resource: { kind: invoice, id: x }, actions: { GET: view } }
  - { path: /bound, resource: { kind: invoice, id: x }, actions: { GET: view }, token_binding: dpop }
  - { path: /scoped, resource: { kind: invoice, id: x }, actions: { GET: view }, demands: { scopes: [a] } }
";

/// The status of an answer and its challenge.
async fn told(world: &World, request: CheckRequest) -> (i32, String) {
    let told = world.ask(request).await;
    (told.status, told.header("www-authenticate").unwrap_or_default().to_owned())
}

/// A 401 in the scheme `DPoP`.
fn say(error: &str, text: &str) -> (i32, String) {
    let error = format!(r#"error="{error}", error_description="{text}""#);
    (401, format!(r#"DPoP realm="api", {error}, algs="ES256""#))
}

#[tokio::test]
async fn what_is_said_to_bad_proofs_names_the_scheme_and_its_algorithms() {
    let world = World::builder().file("routes.yaml", ROUTES).section(OWN_HOST).start().await;
    let holder = Holder::new();
    let token = holder.token(&world);
    let plain = world.issuer.token(&claims("auth0|viewer", &["viewer"]));
    let url = |path: &str| format!("http://{HOST}{path}");
    let [good, wrong] = [("1", "GET"), ("2", "POST")]
        .map(|(id, method)| holder.proof(&token, id, method, &url("/any")));
    let ask = async |path: &str, authorization: &str, proof: Option<&str>| {
        told(&world, presented(path, authorization, proof)).await
    };
    let (dpop, bearer) = (format!("DPoP {token}"), format!("Bearer {token}"));
    assert_eq!(ask("/any", &dpop, None).await, say("invalid_dpop_proof", "proof missing"));
    assert_eq!(ask("/any", &dpop, Some(&wrong)).await, say("invalid_dpop_proof", "method"));
    assert_eq!(ask("/any", &dpop, Some(&good)).await, (200, String::new()));
    assert_eq!(ask("/any", &dpop, Some(&good)).await, say("invalid_dpop_proof", "replayed"));
    let unbound = say("invalid_token", "bound token requires DPoP");
    assert_eq!(ask("/any", &bearer, Some(&good)).await, unbound);
    let plain = format!("Bearer {plain}");
    assert_eq!(ask("/any", &plain, None).await, (200, String::new()));
    assert_eq!(ask("/bound", &plain, None).await, say("invalid_token", "bound token required"));
    let challenge = (401, r#"DPoP realm="api", algs="ES256""#.to_owned());
    assert_eq!(ask("/bound", "", None).await, challenge, "nobody is known");
    let bound = holder.proof(&token, "3", "GET", &url("/bound"));
    assert_eq!(ask("/bound", &dpop, Some(&bound)).await, (200, String::new()));
    let scoped = holder.proof(&token, "4", "GET", &url("/scoped"));
    let (status, challenge) = ask("/scoped", &dpop, Some(&scoped)).await;
    let expected = r#"DPoP realm="api", error="insufficient_scope", error_description="insufficient scope", scope="a", algs="ES256""#;
    assert_eq!((status, &*challenge), (403, expected));
    let (status, challenge) = ask("/scoped", &plain, None).await;
    assert!(status == 403 && challenge.starts_with("Bearer"), "{challenge}");
    let (_, page) = world.get("/metrics").await;
    let replayed = r#"portcullis_decisions_total{answer="challenge",reason="dpop.replayed"} 1"#;
    assert!(page.contains(replayed), "{page}");
    world.stop().await.unwrap();
}

#[tokio::test]
async fn a_remembered_token_is_bound_to_what_it_was_bound_to() {
    let headers = "upstream_headers: { x-bound: { attr: bound } }\n";
    let sections = format!("{OWN_HOST}\n{headers}");
    let world = World::builder().file("routes.yaml", ROUTES).section(&sections).start().await;
    let holder = Holder::new();
    let token = holder.token(&world);
    let plain = world.issuer.token(&claims("auth0|viewer", &["viewer"]));
    for id in ["1", "2"] {
        let proof = holder.proof(&token, id, "GET", &format!("http://{HOST}/any"));
        for (authorization, proof, expected) in [
            (format!("DPoP {token}"), Some(&*proof), "dpop"),
            (format!("Bearer {plain}"), None, "none"),
        ] {
            let told = world.ask(presented("/any", &authorization, proof)).await;
            assert_eq!((told.status, told.header("x-bound")), (200, Some(expected)), "{told:?}");
        }
    }
    world.stop().await.unwrap();
}

#[tokio::test]
async fn a_forwarded_certificate_reaches_the_upstream_where_somebody_has_written_it() {
    const NAME: &str = "x-forwarded-client-cert";
    for (section, is_removed) in [
        ("", true),
        ("sender_constraints: { client_certificates: { from: x_forwarded_client_cert } }", false),
        ("kept_headers: [x-forwarded-client-cert]", false),
    ] {
        let world = World::builder().section(section).start().await;
        let token = world.issuer.token(&claims("auth0|viewer", &["viewer"]));
        let mut request = presented(INVOICE, &format!("Bearer {token}"), None);
        let http = request.attributes.as_mut().unwrap().request.as_mut().unwrap().http.as_mut();
        http.unwrap().headers.insert(NAME.to_owned(), "Hash=00".to_owned());
        let told = world.ask(request).await;
        assert_eq!(told.status, 200, "{told:?}");
        assert_eq!(told.removed.iter().any(|name| name == NAME), is_removed, "{section}");
        world.stop().await.unwrap();
    }
}

#[tokio::test]
async fn h18_x6_a_proof_is_for_a_bound_token_and_for_a_host_of_ours() {
    let world = World::builder().file("routes.yaml", ROUTES).section(OWN_HOST).start().await;
    let holder = Holder::new();
    let token = holder.token(&world);
    let plain = world.issuer.token(&claims("auth0|viewer", &["viewer"]));
    let proof = holder.proof(&plain, "1", "GET", &format!("http://{HOST}/any"));
    let stray = r#"Bearer realm="api", error="invalid_request", error_description="proof beside a token that is not bound to a key""#;
    let request = presented("/any", &format!("Bearer {plain}"), Some(&proof));
    assert_eq!(told(&world, request).await, (400, stray.to_owned()));
    let proof = holder.proof(&token, "2", "GET", "http://evil.example/any");
    let mut request = presented("/any", &format!("DPoP {token}"), Some(&proof));
    let http = request.attributes.as_mut().unwrap().request.as_mut().unwrap().http.as_mut();
    let http = http.unwrap();
    http.host = "evil.example".to_owned();
    http.headers.insert(":authority".to_owned(), "evil.example".to_owned());
    assert_eq!(told(&world, request).await, say("invalid_dpop_proof", "uri"));
    world.stop().await.unwrap();
}

/// Real Envoy, which ends TLS and asks clients for a certificate.
struct Envoy {
    port: u16,
    process: Child,
    upstream: JoinHandle<()>,
    _folder: TempDir,
}

// === impl Envoy ===

impl Envoy {
    async fn start(ext_authz: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let application = listener.local_addr().unwrap().to_string();
        let router = Router::new().fallback(any(async || "served"));
        let upstream = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let CertifiedKey { cert, signing_key } =
            rcgen::generate_simple_self_signed([HOST.to_owned()]).unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("cert.pem"), cert.pem()).unwrap();
        fs::write(path("key.pem"), signing_key.serialize_pem()).unwrap();
        let mut config =
            include_str!("senders.yaml").replace("FOLDER", folder.path().to_str().unwrap());
        for (name, address) in [("PORTCULLIS", ext_authz), ("APPLICATION", &*application)] {
            let (host, port) = address.rsplit_once(':').unwrap();
            let address =
                format!("{{ socket_address: {{ address: {host}, port_value: {port} }} }}");
            config = config.replace(name, &address);
        }
        fs::write(path("envoy.yaml"), config).unwrap();
        let process = Command::new(tools::envoy())
            .args(["--disable-hot-restart", "--concurrency", "1", "--log-level", "error"])
            .arg("--config-path")
            .arg(path("envoy.yaml"))
            .arg("--admin-address-path")
            .arg(path("admin"))
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let mut envoy = Self { port: 0, process, upstream, _folder: folder };
        for _ in 0..500 {
            if let Ok(admin) = fs::read_to_string(envoy._folder.path().join("admin"))
                && let Some(port) = listening(&admin).await
            {
                envoy.port = port;
                return envoy;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("Envoy did not start");
    }

    fn url(&self, path: &str) -> String {
        format!("https://{HOST}:{}{path}", self.port)
    }

    fn client(&self, identity: Option<Identity>) -> Client {
        let address = SocketAddr::from(([127, 0, 0, 1], self.port));
        let client = Client::builder().tls_danger_accept_invalid_certs(true);
        let client = client.resolve(HOST, address);
        identity.into_iter().fold(client, reqwest::ClientBuilder::identity).build().unwrap()
    }
}

impl Drop for Envoy {
    fn drop(&mut self) {
        let _gone = self.process.kill();
        let _gone = self.process.wait();
        self.upstream.abort();
    }
}

async fn listening(admin: &str) -> Option<u16> {
    let url = format!("http://{admin}/listeners?format=json");
    let page = reqwest::get(url).await.ok()?.text().await.ok()?;
    let page: Value = serde_json::from_str(&page).ok()?;
    let port = page.pointer("/listener_statuses/0/local_address/socket_address/port_value")?;
    u16::try_from(port.as_u64()?).ok()
}

fn said(response: &Response) -> (u16, String) {
    let challenge = response.headers().get("www-authenticate");
    let challenge = challenge.map_or("", |challenge| challenge.to_str().unwrap());
    (response.status().as_u16(), challenge.to_owned())
}

#[tokio::test]
async fn through_envoy_a_proof_is_for_one_request_and_one_url() {
    let world = World::builder().section(OWN_HOST).start().await;
    let envoy = Envoy::start(&world.ext_authz).await;
    let client = envoy.client(None);
    let holder = Holder::new();
    let token = holder.token(&world);
    let send = async |scheme: &str, proofs: &[&str]| {
        let mut request = client.get(format!("{}?page=2", envoy.url(INVOICE)));
        request = request.header("authorization", format!("{scheme} {token}"));
        for proof in proofs {
            request = request.header("dpop", *proof);
        }
        said(&request.send().await.unwrap())
    };
    let proof = |id: &str, path: &str| holder.proof(&token, id, "GET", &envoy.url(path));
    let good = proof("1", INVOICE);
    assert_eq!(send("DPoP", &[&good]).await.0, 200);
    let (status, challenge) = send("DPoP", &[&good]).await;
    assert!(status == 401 && challenge.contains(r#""replayed""#), "{status} {challenge}");
    let (status, challenge) = send("DPoP", &[&proof("2", "/v1/orgs/acme/invoices/8")]).await;
    assert!(status == 401 && challenge.contains(r#""uri""#), "{status} {challenge}");
    let (status, challenge) = send("Bearer", &[&proof("3", INVOICE)]).await;
    assert!(status == 401 && challenge.contains("requires DPoP"), "{status} {challenge}");
    let (status, challenge) = send("DPoP", &[&proof("4", INVOICE), &proof("5", INVOICE)]).await;
    assert!(status == 401 && challenge.contains("multiple proofs"), "{status} {challenge}");
    assert_eq!(send("DPoP", &[&proof("6", INVOICE)]).await.0, 200, "the token is remembered");
    world.stop().await.unwrap();
}

#[tokio::test]
async fn x19_through_envoy_a_proof_has_the_nonce_that_the_answer_before_it_gave() {
    let section = "sender_constraints: { dpop: { hosts: [api.invoices.example], nonce: {} } }";
    let world = World::builder().section(section).start().await;
    let envoy = Envoy::start(&world.ext_authz).await;
    let client = envoy.client(None);
    let holder = Holder::new();
    let token = holder.token(&world);
    let send = async |path: &str, claims: Value| {
        let mut claims = claims;
        claims["htm"] = json!("GET");
        claims["htu"] = json!(envoy.url(path));
        let request = client.get(envoy.url(path)).header("authorization", format!("DPoP {token}"));
        let request = request.header("dpop", holder.proof_with(&token, &claims));
        let response = request.send().await.unwrap();
        let nonces: Vec<String> = response
            .headers()
            .get_all("dpop-nonce")
            .iter()
            .map(|nonce| nonce.to_str().unwrap().to_owned())
            .collect();
        (said(&response), nonces)
    };
    let wanted = r#"DPoP realm="api", error="use_dpop_nonce", error_description="nonce required", algs="ES256""#;
    let (answer, nonces) = send(INVOICE, json!({ "jti": "1" })).await;
    assert_eq!(answer, (401, wanted.to_owned()));
    let [nonce] = &nonces[..] else { panic!("{nonces:?}") };
    // No use was made of the proof, so even its id can be the same.
    let (answer, nonces) = send(INVOICE, json!({ "jti": "1", "nonce": nonce })).await;
    assert_eq!(answer, (200, String::new()));
    let [next] = &nonces[..] else { panic!("{nonces:?}") };
    // A denial of the policies gives one, too.
    let other = "/v1/orgs/nobody/invoices/7/x";
    let (answer, _) = send(other, json!({ "jti": "2", "nonce": next })).await;
    assert_eq!(answer.0, 403);
    let foreign = Nonces::new(b"another", Duration::from_secs(60)).give(Timestamp::now());
    let (answer, nonces) = send(INVOICE, json!({ "jti": "3", "nonce": foreign })).await;
    assert_eq!(answer, (401, wanted.to_owned()));
    let (answer, _) = send(INVOICE, json!({ "jti": "4", "nonce": nonces[0] })).await;
    assert_eq!(answer.0, 200);
    // Who sends no proof is told none.
    let plain = world.issuer.token(&claims("auth0|viewer", &["viewer"]));
    let response = client.get(envoy.url(INVOICE)).bearer_auth(plain).send().await.unwrap();
    assert_eq!((response.status().as_u16(), response.headers().get("dpop-nonce")), (200, None));
    world.stop().await.unwrap();
}

#[tokio::test]
async fn through_envoy_a_token_is_good_over_the_connection_of_its_certificate() {
    let world = World::builder().start().await;
    let envoy = Envoy::start(&world.ext_authz).await;
    let certificate = || rcgen::generate_simple_self_signed(["client.example".to_owned()]).unwrap();
    let (own, other) = (certificate(), certificate());
    let identity = |certificate: &CertifiedKey<rcgen::KeyPair>| {
        let CertifiedKey { cert, signing_key } = certificate;
        let pem = format!("{}{}", cert.pem(), signing_key.serialize_pem());
        Identity::from_pem(pem.as_bytes()).unwrap()
    };
    let hash = digest(&SHA256, own.cert.der());
    let token = bound(&world, json!({ "x5t#S256": URL_SAFE_NO_PAD.encode(hash) }));
    let hex: String = hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    let send = async |scheme: &str, identity: Option<Identity>| {
        let request = envoy.client(identity).get(envoy.url(INVOICE));
        let request = request.header("authorization", format!("{scheme} {token}"));
        let request = request.header("x-forwarded-client-cert", format!("Hash={hex}"));
        said(&request.send().await.unwrap())
    };
    assert_eq!(send("Bearer", Some(identity(&own))).await.0, 200);
    assert_eq!(send("DPoP", Some(identity(&own))).await.0, 200, "as Auth0 tells its clients");
    for identity in [None, Some(identity(&other))] {
        let (status, challenge) = send("Bearer", identity).await;
        let text = r#"error="invalid_token", error_description="certificate binding failed""#;
        assert!(status == 401 && challenge.contains(text), "{status} {challenge}");
    }
    world.stop().await.unwrap();
}

#[tokio::test]
async fn h1_through_envoy_each_scheme_that_would_do_has_a_line_of_its_own() {
    let world = World::builder().section(OWN_HOST).start().await;
    let envoy = Envoy::start(&world.ext_authz).await;
    let client = envoy.client(None);
    let (bearer, dpop) = (r#"Bearer realm="api""#, r#"DPoP realm="api", algs="ES256""#);
    let lines = async |request: reqwest::RequestBuilder| {
        let response = request.send().await.unwrap();
        let lines = response.headers().get_all("www-authenticate").iter();
        lines.map(|line| line.to_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(lines(client.get(envoy.url(INVOICE))).await, [bearer, dpop]);
    let elsewhere = client.get(envoy.url(INVOICE)).header("host", "other.example");
    assert_eq!(lines(elsewhere).await, [bearer], "no proof is good there");
    let holder = Holder::new();
    let token = format!("DPoP {}", holder.token(&world));
    let unproved = client.get(envoy.url(INVOICE)).header("authorization", token);
    let (_, challenge) = say("invalid_dpop_proof", "proof missing");
    assert_eq!(lines(unproved).await, [&*challenge, bearer]);
    world.stop().await.unwrap();
}
