//! What the upstream can check: a signed assertion with each allowed request, and the keys for it.

use std::{
    fs,
    io::{BufRead, BufReader},
    net::SocketAddr,
    process::{Child, Command, Stdio},
    time::Duration,
};

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair},
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::{Value, json};

use crate::{
    support::{Envoy, Told, World, check_request, claims},
    tools,
};

const INVOICE: &str = "/v1/orgs/acme/invoices/7";
const HEADER: &str = "x-portcullis-assertion";
const KEYS: &str = "/.well-known/jwks.json";

fn section(more: &str) -> String {
    format!("assertion: {{ issuer: https://gateway.example, {more} }}")
}

fn part(token: &str, index: usize) -> Value {
    let part = token.split('.').nth(index).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

/// The `kid` of the key that signs, as the next answer has it.
async fn signer(world: &World, token: &str) -> String {
    let told = world.ask(check_request("GET", INVOICE, Some(token))).await;
    let assertion = told.header(HEADER).unwrap_or_else(|| panic!("{told:?}"));
    part(assertion, 0)["kid"].as_str().unwrap().to_owned()
}

async fn published(world: &World) -> Vec<String> {
    let (status, page) = world.get(KEYS).await;
    assert_eq!(status, 200, "{page}");
    let set: Value = serde_json::from_str(&page).unwrap();
    let keys = set["keys"].as_array().unwrap().iter();
    keys.map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

fn pem() -> String {
    let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
    let text = STANDARD.encode(key.unwrap());
    format!("-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----\n")
}

#[tokio::test]
async fn each_allowed_request_has_an_assertion_of_its_own_and_no_other() {
    let world =
        World::builder().section(&section("audience: https://backend.example")).start().await;
    let token = world.issuer.token(&claims("auth0|viewer", &["viewer"]));
    let mut ids = Vec::new();
    // The second answer is a remembered one.
    for _ in 0..2 {
        let told = world.ask(check_request("GET", INVOICE, Some(&token))).await;
        let assertion = told.header(HEADER).unwrap();
        let said = part(assertion, 1);
        assert_eq!(said["aud"], "https://backend.example");
        assert_eq!(said["sub"], "auth0|viewer");
        assert_eq!(said["roles"], json!(["user", "viewer"]));
        assert_eq!(said["token_issuer"], json!(world.issuer.url));
        assert_eq!(said["scope"], "openid");
        assert_eq!(said["client_id"], "vL5rkEzEErGubI6JvtXKW3Mex47i0bXU");
        assert_eq!(
            said["request"],
            json!({ "method": "GET", "host": "api.invoices.example", "path": INVOICE })
        );
        ids.push(said["jti"].as_str().unwrap().to_owned());
    }
    assert!(ids[0] < ids[1], "decision ids sort by time: {ids:?}");
    let removed = |told: &Told| {
        let names = told.removed.iter().filter(|name| name.ends_with("assertion"));
        let mut names: Vec<String> = names.cloned().collect();
        names.sort();
        names
    };
    let aliases = ["x-portcullis_assertion", "x_portcullis-assertion", "x_portcullis_assertion"];
    let told = world.ask(check_request("GET", INVOICE, Some(&token))).await;
    assert_eq!(removed(&told), aliases);
    let told = world.ask(check_request("GET", "/healthz", Some(&token))).await;
    assert_eq!((told.status, told.header(HEADER)), (200, None));
    assert_eq!(removed(&told), [&[HEADER], &aliases[..]].concat());
    let told = world.ask(check_request("PATCH", INVOICE, Some(&token))).await;
    assert_eq!((told.status, told.header(HEADER)), (403, None));
    world.stop().await.unwrap();
}

#[tokio::test]
async fn keys_are_rotated_by_a_reload() {
    let world = World::builder().section(&section("")).start().await;
    let token = world.issuer.token(&claims("auth0|viewer", &["viewer"]));
    let generated = published(&world).await;
    assert_eq!(generated, [signer(&world, &token).await]);
    let file = fs::read_to_string(world.path("portcullis.yaml")).unwrap();
    let reload = async |key_files: &str| {
        let section = section(&format!("key_files: [{key_files}]"));
        let text = if key_files.is_empty() {
            file.clone()
        } else {
            file.replace(&self::section(""), &section)
        };
        fs::write(world.path("portcullis.yaml"), text).unwrap();
        world.post("/reload").await
    };
    let (status, page) = reload("").await;
    assert_eq!((status, published(&world).await), (200, generated.clone()), "{page}");
    for name in ["a.pem", "b.pem"] {
        fs::write(world.path(name), pem()).unwrap();
    }
    assert_eq!(reload("a.pem").await.0, 200);
    let a = published(&world).await;
    assert!(a.len() == 1 && a != generated, "{a:?}");
    assert_eq!(reload("a.pem, b.pem").await.0, 200);
    let both = published(&world).await;
    assert_eq!((&both[..1], both.len()), (&a[..], 2));
    assert_eq!(signer(&world, &token).await, both[0]);
    assert_eq!(reload("b.pem, a.pem").await.0, 200);
    assert_eq!(signer(&world, &token).await, both[1]);
    assert_eq!(published(&world).await, [&*both[1], &both[0]]);
    // What cannot sign leaves everything as it was.
    fs::write(
        world.path("c.pem"),
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
    )
    .unwrap();
    for (key_files, expected) in
        [("c.pem, b.pem", "not a private key of P-256"), ("d.pem", "No such file")]
    {
        let (status, page) = reload(key_files).await;
        assert!(status == 422 && page.contains(expected), "{page}");
        assert!(page.contains(key_files.split(',').next().unwrap()), "{page}");
        assert_eq!(signer(&world, &token).await, both[1]);
    }
    world.stop().await.unwrap();
}

#[tokio::test]
async fn a_listener_for_backends_has_the_keys_and_nothing_else() {
    let world =
        World::builder().section(&section("listen: { address: '127.0.0.1:0' }")).start().await;
    let client = reqwest::Client::new();
    let url = |path: &str| format!("http://{}{path}", world.published_keys);
    let response = client.get(url(KEYS)).send().await.unwrap();
    let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), "application/jwk-set+json");
    assert_eq!(header("cache-control"), "public, max-age=300");
    assert_eq!(response.text().await.unwrap(), world.get(KEYS).await.1);
    for (method, path, status) in [
        ("POST", KEYS, 405),
        ("POST", "/reload", 404),
        ("POST", "/revocations", 404),
        ("GET", "/metrics", 404),
    ] {
        let request = client.request(method.parse().unwrap(), url(path));
        assert_eq!(request.send().await.unwrap().status().as_u16(), status, "{method} {path}");
    }
    world.stop().await.unwrap();
    let without = World::builder().start().await;
    assert_eq!(without.get(KEYS).await.0, 404);
    without.stop().await.unwrap();
}

/// A backend of another language with another library.
struct Backend {
    address: SocketAddr,
    process: Child,
}

impl Backend {
    fn start(world: &World) -> Self {
        let mut process = Command::new("python3")
            .arg(tools::root().join("tests/backends/assertion.py"))
            .arg(tools::pyjwt())
            .arg(format!("http://{}{KEYS}", world.published_keys))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut port = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut port).unwrap();
        let address = format!("127.0.0.1:{}", port.trim()).parse().unwrap();
        Self { address, process }
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// The assertion about somebody else, with the signature that it had.
fn about_another(token: &str) -> String {
    let mut parts: Vec<String> = token.split('.').map(str::to_owned).collect();
    let mut said = part(token, 1);
    said["sub"] = json!("auth0|admin");
    parts[1] = URL_SAFE_NO_PAD.encode(said.to_string());
    parts.join(".")
}

#[tokio::test]
async fn through_envoy_a_backend_believes_our_assertion_and_no_other() {
    let world =
        World::builder().section(&section("listen: { address: '127.0.0.1:0' }")).start().await;
    let backend = Backend::start(&world);
    let ext_authz = world.ext_authz.parse().unwrap();
    let envoy = Envoy::start(world.folder.path(), ext_authz, backend.address);
    let token = world.issuer.token(&claims("auth0|viewer", &["viewer"]));
    let client = reqwest::Client::new();
    let ask = async |url: &str, path: &str, assertion: &str| {
        let request = client.get(format!("{url}{path}")).header("host", "api.invoices.example");
        let request = request.bearer_auth(&token).header(HEADER, assertion);
        let response = request.send().await.ok()?;
        let status = response.status().as_u16();
        let body = response.text().await.unwrap();
        Some((status, serde_json::from_str::<Value>(&body).unwrap_or(Value::String(body))))
    };
    let mut tries = 0;
    while ask(&envoy.url, "/healthz", "x").await.is_none_or(|(status, _)| status != 401) {
        tries += 1;
        assert!(tries < 500, "Envoy lets nothing through");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // The client's own header does not arrive: it is replaced, or on a public route removed.
    let (status, said) = ask(&envoy.url, &format!("{INVOICE}?page=2"), "x").await.unwrap();
    assert_eq!((status, &said["sub"]), (200, &json!("auth0|viewer")), "{said}");
    let (status, said) = ask(&envoy.url, "/healthz", "x").await.unwrap();
    assert_eq!((status, &said["detail"]), (401, &json!("no assertion")), "{said}");
    // Past Envoy, there is only what we have signed for this very request.
    let told = world.ask(check_request("GET", INVOICE, Some(&token))).await;
    let good = told.header(HEADER).unwrap().to_owned();
    let direct = format!("http://{}", backend.address);
    for (path, assertion, status, error) in [
        (INVOICE, good.clone(), 200, Value::Null),
        ("/v1/orgs/acme/invoices/8", good.clone(), 401, json!("LookupError")),
        (INVOICE, about_another(&good), 401, json!("InvalidSignatureError")),
        (INVOICE, token.clone(), 401, json!("PyJWKClientError")),
    ] {
        let (got, said) = ask(&direct, path, &assertion).await.unwrap();
        assert_eq!((got, &said["error"]), (status, &error), "{said}");
    }
    envoy.stop();
    world.stop().await.unwrap();
}
