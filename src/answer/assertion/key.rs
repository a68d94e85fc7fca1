//! A key of ours: what signs, and what others need to know to check it.

use std::{fmt, sync::Arc};

use aws_lc_rs::{
    rand::SystemRandom,
    rsa,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256,
    },
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;

use crate::engine::model::Map;
use crate::identity::thumbprint;

/// A private key, and its public half as others read it (RFC 7517). A clone is another handle.
#[derive(Clone)]
pub struct SigningKey {
    pair: Arc<Pair>,
    jwk: Map,
    /// The JOSE header of everything that it signs, encoded.
    header: Arc<str>,
}

enum Pair {
    P256(EcdsaKeyPair),
    Rsa(rsa::KeyPair),
    Ed25519(Ed25519KeyPair),
}

/// A key that cannot sign assertions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a private key of P-256, Ed25519 or RSA (2048 to 8192 bits) in PKCS#8")]
pub struct NotASigningKey;

/// The library could not sign: it had no randomness, or no memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the assertion could not be signed")]
pub struct SigningError;

// === impl SigningKey ===

impl SigningKey {
    /// From the DER of PKCS#8 (RFC 5958).
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, NotASigningKey> {
        if let Ok(pair) = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der) {
            return Ok(Self::new(Pair::P256(pair)));
        }
        if let Ok(pair) = Ed25519KeyPair::from_pkcs8(der) {
            return Ok(Self::new(Pair::Ed25519(pair)));
        }
        let pair = rsa::KeyPair::from_pkcs8(der).map_err(|_rejected| NotASigningKey)?;
        Ok(Self::new(Pair::Rsa(pair)))
    }

    /// A new key, for as long as the process lives.
    pub fn generate() -> Result<Self, SigningError> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING);
        Ok(Self::new(Pair::P256(pair.map_err(|_unspecified| SigningError)?)))
    }

    fn new(pair: Pair) -> Self {
        let public = pair.public();
        // The thumbprint is the key's own: two keys never have one id, and nobody has to choose one.
        let id = thumbprint(&public);
        let header = json!({ "alg": pair.algorithm(), "kid": id, "typ": "JWT" });
        let about = [("kid", &*id), ("alg", pair.algorithm()), ("use", "sig")];
        let about = about.map(|(name, value)| (name, value.into()));
        let jwk = public.iter().map(|(name, value)| (name, value.clone())).chain(about).collect();
        let header = URL_SAFE_NO_PAD.encode(header.to_string()).into();
        Self { pair: Arc::new(pair), jwk, header }
    }

    /// The public half.
    pub(super) fn jwk(&self) -> &Map {
        &self.jwk
    }

    /// A JWT in its compact form (RFC 7515, 7.1).
    pub(super) fn sign(&self, claims: &serde_json::Value) -> Result<String, SigningError> {
        let mut token = format!("{}.", self.header);
        URL_SAFE_NO_PAD.encode_string(claims.to_string(), &mut token);
        let signature = self.pair.sign(token.as_bytes())?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        Ok(token)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("jwk", &self.jwk).finish_non_exhaustive()
    }
}

// === impl Pair ===

impl Pair {
    fn algorithm(&self) -> &'static str {
        match self {
            Self::P256(_) => "ES256",
            Self::Rsa(_) => "RS256",
            Self::Ed25519(_) => "EdDSA",
        }
    }

    /// The members that make the key (RFC 7518, 6; RFC 8037, 2).
    fn public(&self) -> Map {
        let members = match self {
            Self::P256(pair) => {
                // An uncompressed point (SEC 1, 2.3.3): a tag, and two coordinates of 32 bytes.
                let point = pair.public_key().as_ref().get(1..).unwrap_or_default();
                let (x, y) = point.split_at(point.len() / 2);
                vec![
                    ("kty", "EC".to_owned()),
                    ("crv", "P-256".to_owned()),
                    ("x", URL_SAFE_NO_PAD.encode(x)),
                    ("y", URL_SAFE_NO_PAD.encode(y)),
                ]
            }
            Self::Rsa(pair) => {
                let (modulus, exponent) =
                    (pair.public_key().modulus(), pair.public_key().exponent());
                let number = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
                vec![
                    ("kty", "RSA".to_owned()),
                    ("n", number(modulus.big_endian_without_leading_zero())),
                    ("e", number(exponent.big_endian_without_leading_zero())),
                ]
            }
            Self::Ed25519(pair) => vec![
                ("kty", "OKP".to_owned()),
                ("crv", "Ed25519".to_owned()),
                ("x", URL_SAFE_NO_PAD.encode(pair.public_key().as_ref())),
            ],
        };
        members.into_iter().map(|(name, value)| (name, value.into())).collect()
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SigningError> {
        let signature = match self {
            Self::P256(pair) => pair
                .sign(&SystemRandom::new(), message)
                .map(|signature| signature.as_ref().to_vec()),
            Self::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)
                    .map(|()| signature)
            }
            Self::Ed25519(pair) => {
                pair.try_sign(message).map(|signature| signature.as_ref().to_vec())
            }
        };
        signature.map_err(|_unspecified| SigningError)
    }
}
