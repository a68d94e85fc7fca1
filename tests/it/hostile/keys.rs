//! Keys of this run, and what is signed with them.

use aws_lc_rs::{
    encoding::{AsBigEndian, AsDer, EcPublicKeyUncompressedBin, PublicKeyX509Der},
    hmac,
    rand::SystemRandom,
    rsa::{KeyPair as RsaKeyPair, KeySize},
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair,
        EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PSS_SHA256,
        RsaEncoding,
    },
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::{Value, json};

pub(crate) struct Key {
    pub(crate) id: &'static str,
    pair: Pair,
}

enum Pair {
    Rsa(RsaKeyPair),
    Ec { curve: &'static str, pair: EcdsaKeyPair },
    Ed25519(Ed25519KeyPair),
}

/// Two good keys of each kind that the issuer may sign with, those that it may not, and foreign ones.
pub(crate) struct Ring(Vec<Key>);

pub(crate) fn base64url(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(crate) fn hs256(text: &str, secret: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    format!("{text}.{}", base64url(hmac::sign(&key, text.as_bytes())))
}

// === impl Ring ===

impl Ring {
    pub(crate) fn new() -> Self {
        let rsa = |id| Key { id, pair: Pair::Rsa(RsaKeyPair::generate(KeySize::Rsa2048).unwrap()) };
        let ec = |id, curve, algorithm: &'static EcdsaSigningAlgorithm| {
            let pair = EcdsaKeyPair::generate(algorithm).unwrap();
            Key { id, pair: Pair::Ec { curve, pair } }
        };
        let p256 = |id| ec(id, "P-256", &ECDSA_P256_SHA256_FIXED_SIGNING);
        Self(vec![
            rsa("r1"),
            rsa("r2"),
            p256("e1"),
            p256("e2"),
            p256("encrypts"),
            p256("twin"),
            p256("other twin"),
            ec("p384", "P-384", &ECDSA_P384_SHA384_FIXED_SIGNING),
            Key { id: "ed", pair: Pair::Ed25519(Ed25519KeyPair::generate().unwrap()) },
            p256("b1"),
            p256("evil"),
            rsa("evil rsa"),
        ])
    }

    pub(crate) fn get(&self, id: &str) -> &Key {
        self.0.iter().find(|key| key.id == id).unwrap()
    }

    /// What issuer A publishes: with traps in it.
    pub(crate) fn of_a(&self) -> Value {
        let mut keys: Vec<Value> =
            ["r1", "r2", "e1", "e2", "p384", "ed"].map(|id| self.get(id).jwk()).into();
        let mut encrypts = self.get("encrypts").jwk();
        encrypts["use"] = json!("enc");
        let mut twin = self.get("other twin").jwk();
        twin["kid"] = json!("twin");
        keys.extend([encrypts, self.get("twin").jwk(), twin]);
        json!({ "keys": keys })
    }

    pub(crate) fn of_b(&self) -> Value {
        json!({ "keys": [self.get("b1").jwk()] })
    }
}

// === impl Key ===

impl Key {
    /// The algorithm that the key is for.
    pub(crate) fn algorithm(&self) -> &'static str {
        match &self.pair {
            Pair::Rsa(_) => "RS256",
            Pair::Ec { curve: "P-384", .. } => "ES384",
            Pair::Ec { .. } => "ES256",
            Pair::Ed25519(_) => "EdDSA",
        }
    }

    pub(crate) fn jwk(&self) -> Value {
        let mut jwk = match &self.pair {
            Pair::Rsa(pair) => {
                let key = pair.public_key();
                let n = key.modulus().big_endian_without_leading_zero();
                let e = key.exponent().big_endian_without_leading_zero();
                json!({ "kty": "RSA", "n": base64url(n), "e": base64url(e) })
            }
            Pair::Ec { curve, pair } => {
                let point: EcPublicKeyUncompressedBin<'_> =
                    pair.public_key().as_be_bytes().unwrap();
                let (x, y) = point.as_ref()[1..].split_at((point.as_ref().len() - 1) / 2);
                json!({ "kty": "EC", "crv": curve, "x": base64url(x), "y": base64url(y) })
            }
            Pair::Ed25519(pair) => {
                json!({ "kty": "OKP", "crv": "Ed25519", "x": base64url(pair.public_key()) })
            }
        };
        jwk["kid"] = json!(self.id);
        jwk["use"] = json!("sig");
        jwk
    }

    /// The public key in the forms that a careless verifier might take for a shared secret.
    pub(crate) fn as_secrets(&self) -> Vec<Vec<u8>> {
        let der: PublicKeyX509Der<'_> = match &self.pair {
            Pair::Rsa(pair) => pair.public_key().as_der().unwrap(),
            Pair::Ec { pair, .. } => pair.public_key().as_der().unwrap(),
            Pair::Ed25519(pair) => pair.public_key().as_der().unwrap(),
        };
        let der = der.as_ref().to_vec();
        let text = STANDARD.encode(&der);
        let lines: Vec<&str> =
            text.as_bytes().chunks(64).map(|line| str::from_utf8(line).unwrap()).collect();
        let pem =
            format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----", lines.join("\n"));
        let jwk = self.jwk();
        let number = |name: &str| jwk[name].as_str().map(|n| URL_SAFE_NO_PAD.decode(n).unwrap());
        let mut secrets = vec![
            format!("{pem}\n").into_bytes(),
            pem.into_bytes(),
            der,
            jwk.to_string().into_bytes(),
            self.id.as_bytes().to_vec(),
            Vec::new(),
        ];
        secrets.extend(number("n").into_iter().chain(number("x")));
        secrets
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        match &self.pair {
            Pair::Rsa(pair) => rsa(pair, &RSA_PKCS1_SHA256, message),
            Pair::Ec { pair, .. } => {
                pair.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec()
            }
            Pair::Ed25519(pair) => pair.sign(message).as_ref().to_vec(),
        }
    }

    /// PS256 in place of RS256.
    pub(crate) fn sign_pss(&self, message: &[u8]) -> Vec<u8> {
        match &self.pair {
            Pair::Rsa(pair) => rsa(pair, &RSA_PSS_SHA256, message),
            Pair::Ec { .. } | Pair::Ed25519(_) => panic!("{} is no RSA key", self.id),
        }
    }
}

fn rsa(pair: &RsaKeyPair, padding: &'static dyn RsaEncoding, message: &[u8]) -> Vec<u8> {
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign(padding, &SystemRandom::new(), message, &mut signature).unwrap();
    signature
}
