//! Tokens for `auxData`, with a key that both sides know.

use std::sync::Arc;

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Map as JsonMap, Value as Json, json};

/// A clone has the same key.
#[derive(Clone)]
pub(super) struct Signer(Arc<EcdsaKeyPair>);

// === impl Signer ===

impl Signer {
    pub(super) fn generate() -> Self {
        Self(Arc::new(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap()))
    }

    pub(super) fn keys(&self) -> Json {
        // One byte says that both coordinates follow, of 32 bytes each.
        let (x, y) = self.0.public_key().as_ref()[1..].split_at(32);
        let number = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        let names =
            json!({ "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": "k" });
        let mut key = names;
        key["x"] = number(x).into();
        key["y"] = number(y).into();
        json!({ "keys": [key] })
    }

    pub(super) fn token(&self, claims: &JsonMap<String, Json>) -> String {
        let header = json!({ "alg": "ES256", "typ": "JWT", "kid": "k" });
        let encode = |text: String| BASE64_URL_SAFE_NO_PAD.encode(text);
        let payload = Json::Object(claims.clone()).to_string();
        let message = format!("{}.{}", encode(header.to_string()), encode(payload));
        let signature = self.0.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
        format!("{message}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
    }
}
