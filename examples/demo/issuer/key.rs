//! A signing key, and the signed tokens that it makes.

use anyhow::{Context as _, anyhow};
use aws_lc_rs::{
    rand::{SecureRandom as _, SystemRandom},
    rsa::{KeyPair, KeySize},
    signature::{KeyPair as _, RSA_PKCS1_SHA256},
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};

#[derive(Debug)]
pub struct SigningKey {
    key_id: String,
    pair: KeyPair,
    modulus: String,
}

// === impl SigningKey ===

impl SigningKey {
    pub fn generate() -> anyhow::Result<Self> {
        let pair = KeyPair::generate(KeySize::Rsa2048).context("no RSA key could be made")?;
        // The public key is `RSAPublicKey` in DER (RFC 8017 appendix A.1.1). For 2048 bits its layout
        // is fixed: headers and a sign byte of 9 bytes, the modulus, and 65537 in 5 bytes.
        let modulus = pair.public_key().as_ref().get(9..9 + 256).context("not a 2048-bit key")?;
        let modulus = BASE64_URL_SAFE_NO_PAD.encode(modulus);
        // As long as Auth0's key ids, which are 21 characters of the same alphabet.
        let mut key_id = random_text(16)?;
        key_id.truncate(21);
        Ok(Self { key_id, pair, modulus })
    }

    /// The key as published (RFC 7517).
    pub fn jwk(&self) -> Value {
        json!({
            "kty": "RSA",
            "use": "sig",
            "alg": "RS256",
            "kid": self.key_id,
            "n": self.modulus,
            "e": "AQAB",
        })
    }

    /// The header of Auth0's access tokens and ID tokens.
    pub fn header(&self) -> Value {
        json!({ "alg": "RS256", "typ": "JWT", "kid": self.key_id })
    }

    /// Signs with RS256, whatever the header says.
    pub fn sign(&self, header: &Value, claims: &Value) -> anyhow::Result<String> {
        let message = message(header, claims);
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature)
            .map_err(|_unspecified| anyhow!("signing failed"))?;
        Ok(format!("{message}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature)))
    }
}

/// What is signed: header and claims, encoded (RFC 7515 section 5.1).
pub fn message(header: &Value, claims: &Value) -> String {
    let encode = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}", encode(header), encode(claims))
}

fn random_text(bytes: usize) -> anyhow::Result<String> {
    let mut random = vec![0; bytes];
    SystemRandom::new().fill(&mut random).map_err(|_unspecified| anyhow!("no randomness"))?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(random))
}
