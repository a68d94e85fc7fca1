//! Whoever holds the key that a token is bound to, and what is sent with a proof of it.

use aws_lc_rs::{
    digest::{SHA256, digest},
    encoding::{AsBigEndian, EcPublicKeyUncompressedBin},
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use envoy_types::pb::envoy::service::auth::v3::CheckRequest;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{World, check_request, claims};

/// The host of [`check_request`], and so that of a proof.
pub(crate) const OWN_HOST: &str = "sender_constraints: { dpop: { hosts: [api.invoices.example] } }";

pub(crate) struct Holder {
    key: EcdsaKeyPair,
}

// === impl Holder ===

impl Holder {
    pub(crate) fn new() -> Self {
        Self { key: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap() }
    }

    fn jwk(&self) -> Value {
        let point: EcPublicKeyUncompressedBin<'_> = self.key.public_key().as_be_bytes().unwrap();
        let (x, y) = point.as_ref()[1..].split_at(32);
        let [x, y] = [x, y].map(|number| URL_SAFE_NO_PAD.encode(number));
        json!({ "crv": "P-256", "kty": "EC", "x": x, "y": y })
    }

    /// A token of a viewer that is bound to the key.
    pub(crate) fn token(&self, world: &World) -> String {
        // The members of this JSON are in the order of RFC 7638.
        let thumbprint = digest(&SHA256, self.jwk().to_string().as_bytes());
        let mut claims = claims("auth0|viewer", &["viewer"]);
        claims["cnf"] = json!({ "jkt": URL_SAFE_NO_PAD.encode(thumbprint) });
        world.issuer.token(&claims)
    }

    pub(crate) fn proof(&self, token: &str, id: &str, method: &str, url: &str) -> String {
        self.proof_with(token, &json!({ "jti": id, "htm": method, "htu": url }))
    }

    /// `more`: the claims that are not the same for all proofs of a token.
    pub(crate) fn proof_with(&self, token: &str, more: &Value) -> String {
        let header = json!({ "alg": "ES256", "typ": "dpop+jwt", "jwk": self.jwk() });
        let hash = URL_SAFE_NO_PAD.encode(digest(&SHA256, token.as_bytes()));
        let mut claims = json!({ "iat": Timestamp::now().as_second(), "ath": hash });
        claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let encode = |json: &Value| URL_SAFE_NO_PAD.encode(json.to_string());
        let message = format!("{}.{}", encode(&header), encode(&claims));
        let signature = self.key.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// A GET with these credentials, as Envoy describes it.
pub(crate) fn presented(path: &str, authorization: &str, proof: Option<&str>) -> CheckRequest {
    let mut request = check_request("GET", path, None);
    let http = request.attributes.as_mut().unwrap().request.as_mut().unwrap();
    let headers = &mut http.http.as_mut().unwrap().headers;
    if !authorization.is_empty() {
        headers.insert("authorization".to_owned(), authorization.to_owned());
    }
    headers.extend(proof.map(|proof| ("dpop".to_owned(), proof.to_owned())));
    request
}
