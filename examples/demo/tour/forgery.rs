//! Tokens that the issuer never signed, made of one that it did.

use anyhow::Context as _;
use aws_lc_rs::hmac;
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::issuer::{SigningKey, message};
use crate::people::GLOBEX;

#[derive(Clone, Copy, Debug)]
pub enum Forgery {
    /// `alg: none`, and no signature (RFC 8725 section 2.1).
    NoAlgorithm,
    /// `alg: HS256`, keyed with the issuer's public key (RFC 8725 section 2.1).
    PublicKeyAsSecret,
    /// Signed with a key of our own, which the header brings along (`jwk`).
    KeyInHeader,
    /// Signed with a key of our own, under the issuer's key id.
    OtherKey,
    /// A good token of an issuer of our own.
    OtherIssuer,
    /// Another organization in the claims, under the old signature.
    ChangedClaims,
}

// === impl Forgery ===

impl Forgery {
    pub fn label(self) -> &'static str {
        match self {
            Self::NoAlgorithm => "forger: alg none",
            Self::PublicKeyAsSecret => "forger: alg HS256",
            Self::KeyInHeader => "forger: key in header",
            Self::OtherKey => "forger: own key",
            Self::OtherIssuer => "forger: own issuer",
            Self::ChangedClaims => "forger: changed org",
        }
    }

    /// Makes the forgery out of an honest token and the issuer's key set.
    pub fn make(self, honest: &str, key_set: &Value) -> anyhow::Result<String> {
        let (message_part, signature) = honest.rsplit_once('.').context("not a token")?;
        let (header, claims) = message_part.split_once('.').context("not a token")?;
        let (mut header, mut claims) = (decode(header)?, decode(claims)?);
        match self {
            Self::NoAlgorithm => {
                set(&mut header, "alg", "none".into());
                Ok(format!("{}.", message(&header, &claims)))
            }
            Self::PublicKeyAsSecret => {
                set(&mut header, "alg", "HS256".into());
                let key = key_set.pointer("/keys/0/n").and_then(Value::as_str);
                let secret = BASE64_URL_SAFE_NO_PAD.decode(key.context("no key")?)?;
                let message = message(&header, &claims);
                let tag =
                    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &secret), message.as_bytes());
                Ok(format!("{message}.{}", BASE64_URL_SAFE_NO_PAD.encode(tag)))
            }
            Self::KeyInHeader => {
                let key = SigningKey::generate()?;
                set(&mut header, "jwk", key.jwk());
                key.sign(&header, &claims)
            }
            Self::OtherKey => SigningKey::generate()?.sign(&header, &claims),
            Self::OtherIssuer => {
                let key = SigningKey::generate()?;
                set(&mut claims, "iss", "https://invoicing.example.attacker.example/".into());
                key.sign(&key.header(), &claims)
            }
            Self::ChangedClaims => {
                set(&mut claims, "org_id", json!(GLOBEX.id));
                Ok(format!("{}.{signature}", message(&header, &claims)))
            }
        }
    }
}

fn decode(part: &str) -> anyhow::Result<Value> {
    Ok(serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part)?)?)
}

fn set(object: &mut Value, name: &str, value: Value) {
    if let Some(members) = object.as_object_mut() {
        members.insert(name.to_owned(), value);
    }
}
