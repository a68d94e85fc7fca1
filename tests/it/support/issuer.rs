//! A small issuer over real HTTP: discovery, a key set, and tokens of Auth0's default shape.

use std::net::SocketAddr;

use aws_lc_rs::{
    rand::SystemRandom,
    rsa::{KeyPair, KeySize},
    signature::{KeyPair as _, RSA_PKCS1_SHA256},
};
use axum::{Json, Router, routing::get};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle};

pub(crate) const AUDIENCE: &str = "https://api.invoices.example/v1";

/// Serves until it is dropped.
pub(crate) struct Issuer {
    /// With its slash, as in `iss`.
    pub(crate) url: String,
    signing: KeyPair,
    task: JoinHandle<()>,
}

/// Claims of a user's access token: Auth0's default profile with roles from an Action.
pub(crate) fn claims(subject: &str, roles: &[&str]) -> Value {
    let now = Timestamp::now().as_second();
    json!({
        "sub": subject,
        "aud": AUDIENCE,
        "iat": now - 5,
        "exp": now + 600,
        "azp": "vL5rkEzEErGubI6JvtXKW3Mex47i0bXU",
        "scope": "openid",
        "https://invoices.example/roles": roles,
    })
}

/// A new issuer with these keys: its URL, and the task that serves it.
pub(crate) async fn publish(keys: Value) -> (String, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address: SocketAddr = listener.local_addr().unwrap();
    let url = format!("http://{address}/");
    let discovery = json!({ "issuer": url, "jwks_uri": format!("{url}.well-known/jwks.json") });
    let router = Router::new()
        .route("/.well-known/openid-configuration", get(async move || Json(discovery)))
        .route("/.well-known/jwks.json", get(async move || Json(keys)));
    let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (url, task)
}

// === impl Issuer ===

impl Issuer {
    pub(crate) async fn start() -> Self {
        let signing = KeyPair::generate(KeySize::Rsa2048).unwrap();
        let (url, task) = publish(key_set(&signing)).await;
        Self { url, signing, task }
    }

    /// The key set that it publishes.
    pub(crate) fn keys(&self) -> Value {
        key_set(&self.signing)
    }

    /// Answers nobody from now on.
    pub(crate) fn stop(&self) {
        self.task.abort();
    }

    /// A token with these claims and this issuer's `iss`.
    pub(crate) fn token(&self, claims: &Value) -> String {
        let mut claims = claims.clone();
        claims["iss"] = json!(self.url);
        let header = json!({ "alg": "RS256", "typ": "JWT", "kid": "k1" });
        let encode = |json: &Value| URL_SAFE_NO_PAD.encode(json.to_string());
        let message = format!("{}.{}", encode(&header), encode(&claims));
        let mut signature = vec![0; self.signing.public_modulus_len()];
        self.signing
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature)
            .unwrap();
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

impl Drop for Issuer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn key_set(key: &KeyPair) -> Value {
    json!({ "keys": [jwk(key)] })
}

fn jwk(key: &KeyPair) -> Value {
    let key = key.public_key();
    let number = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    json!({
        "kty": "RSA",
        "use": "sig",
        "alg": "RS256",
        "kid": "k1",
        "n": number(key.modulus().big_endian_without_leading_zero()),
        "e": number(key.exponent().big_endian_without_leading_zero()),
    })
}
