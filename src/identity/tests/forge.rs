//! Makes keys, key sets and tokens: good ones, and any kind of bad one. It signs by itself, so that
//! what verifies a token and what makes it have nothing in common.

use std::{sync::OnceLock, time::Duration};

use aws_lc_rs::{
    digest::{SHA256, digest},
    encoding::{AsBigEndian, EcPublicKeyUncompressedBin},
    hmac,
    rand::SystemRandom,
    rsa::{KeyPair as RsaKeyPair, KeySize},
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair,
        Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512,
        RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512,
    },
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::identity::{
    Algorithm, ClaimMapping, ClaimPath, IssuerSpec, KeySet, TokenDialect, UserSubjects,
};
use crate::request::{Host, RawHeaders, RawRequest, RequestRules};

pub(crate) const ISSUER: &str = "https://brightpay.eu.auth0.com/";
pub(crate) const API: &str = "https://api.brightpay.example/v1";
pub(crate) const CLIENT: &str = "vL5rkEzEErGubI6JvtXKW3Mex47i0bXU";

/// What a proof is for.
pub(crate) const URL: &str = "https://api.brightpay.example/x";

/// The request for [`URL`] with these headers.
pub(crate) fn request(headers: &[(&str, &str)]) -> RawRequest<'static> {
    let header = |(name, value): &(&str, &str)| {
        ((*name).to_owned().into(), value.as_bytes().to_vec().into())
    };
    RawRequest {
        method: "GET".into(),
        scheme: "https".into(),
        host: "api.brightpay.example".into(),
        target: "/x?page=2".into(),
        headers: RawHeaders::Separate(headers.iter().map(header).collect()),
        ..RawRequest::default()
    }
}

/// The host of [`request`] is ours.
pub(crate) fn rules() -> RequestRules {
    let own_hosts = [Host::parse("api.brightpay.example").unwrap()].into();
    RequestRules { own_hosts, ..RequestRules::default() }
}

/// The moment at which tokens are looked at.
pub(crate) const NOW: i64 = 1_795_434_057;

pub(crate) fn now() -> Timestamp {
    Timestamp::from_second(NOW).unwrap()
}

pub(crate) fn spec() -> IssuerSpec {
    IssuerSpec {
        issuer: ISSUER.to_owned(),
        tenant: None,
        jwks_uri: None,
        ca_file: None,
        audiences: vec![API.to_owned()],
        logout_clients: vec![CLIENT.to_owned()],
        algorithms: vec![Algorithm::Rs256],
        dialect: TokenDialect::Any,
        user_subjects: UserSubjects::WithConnection,
        leeway: Duration::from_secs(30),
        max_lifetime: Duration::from_secs(30 * 86_400),
        max_token_age: None,
        claims: ClaimMapping {
            roles: None,
            attr: [].into(),
            scope: None,
            acr: ClaimPath::top("acr"),
            auth_time: ClaimPath::top("auth_time"),
            session: ClaimPath(["sid".into()].into()),
        },
    }
}

pub(crate) fn jwks(jwks: &[Value]) -> Vec<u8> {
    json!({ "keys": jwks }).to_string().into_bytes()
}

pub(crate) fn key_set(keys: &[Value]) -> KeySet {
    KeySet::parse(&jwks(keys)).unwrap()
}

pub(crate) fn base64url(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A key pair of this test process.
pub(crate) struct TestKey {
    pub(crate) id: &'static str,
    pair: Pair,
}

enum Pair {
    Rsa(RsaKeyPair),
    Ec { curve: &'static str, pair: EcdsaKeyPair },
    Ed25519(Ed25519KeyPair),
    Hmac(Vec<u8>),
}

impl TestKey {
    /// Keys are made once, as RSA keys take their time: `k1` and `k2` are the issuer's, `evil` is not.
    pub(crate) fn named(name: &str) -> &'static Self {
        static KEYS: OnceLock<Vec<TestKey>> = OnceLock::new();
        let keys = KEYS.get_or_init(|| {
            let rsa = || Pair::Rsa(RsaKeyPair::generate(KeySize::Rsa2048).unwrap());
            let p256 = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
            let p384 = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).unwrap();
            vec![
                Self { id: "k1", pair: rsa() },
                Self { id: "k2", pair: rsa() },
                Self { id: "evil", pair: rsa() },
                Self { id: "p256", pair: Pair::Ec { curve: "P-256", pair: p256 } },
                Self { id: "p384", pair: Pair::Ec { curve: "P-384", pair: p384 } },
                Self { id: "ed", pair: Pair::Ed25519(Ed25519KeyPair::generate().unwrap()) },
            ]
        });
        keys.iter().find(|key| key.id == name).unwrap()
    }

    pub(crate) fn hmac(secret: &[u8]) -> Self {
        Self { id: "k1", pair: Pair::Hmac(secret.to_vec()) }
    }

    /// The public key, as Auth0 publishes it.
    pub(crate) fn jwk(&self) -> Value {
        let mut jwk = json!({ "kid": self.id, "use": "sig" });
        let members = match &self.pair {
            Pair::Rsa(pair) => {
                let n = pair.public_key().modulus().big_endian_without_leading_zero().to_vec();
                let e = pair.public_key().exponent().big_endian_without_leading_zero().to_vec();
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
            Pair::Hmac(_) => panic!("a shared secret is not published"),
        };
        jwk.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        jwk
    }

    /// RFC 7638
    pub(crate) fn thumbprint(&self) -> String {
        let mut jwk = self.jwk().as_object().unwrap().clone();
        jwk.retain(|name, _| ["crv", "e", "kty", "n", "x", "y"].contains(&&**name));
        let sorted: std::collections::BTreeMap<_, _> = jwk.into_iter().collect();
        base64url(digest(&SHA256, serde_json::to_string(&sorted).unwrap().as_bytes()))
    }

    fn sign(&self, algorithm: &str, message: &[u8]) -> Vec<u8> {
        match &self.pair {
            Pair::Rsa(pair) => {
                let padding: &dyn aws_lc_rs::signature::RsaEncoding = match algorithm {
                    "RS384" => &RSA_PKCS1_SHA384,
                    "RS512" => &RSA_PKCS1_SHA512,
                    "PS256" => &RSA_PSS_SHA256,
                    "PS384" => &RSA_PSS_SHA384,
                    "PS512" => &RSA_PSS_SHA512,
                    // A token that lies about its algorithm is signed as Auth0 signs.
                    _ => &RSA_PKCS1_SHA256,
                };
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(padding, &SystemRandom::new(), message, &mut signature).unwrap();
                signature
            }
            Pair::Ec { pair, .. } => {
                pair.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec()
            }
            Pair::Ed25519(pair) => pair.sign(message).as_ref().to_vec(),
            Pair::Hmac(secret) => {
                let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
                hmac::sign(&key, message).as_ref().to_vec()
            }
        }
    }
}

/// A token in the making.
#[derive(Clone, Debug)]
pub(crate) struct Forgery {
    header: Map<String, Value>,
    claims: Map<String, Value>,
    raw_header: Option<Vec<u8>>,
    raw_payload: Option<Vec<u8>>,
}

impl Forgery {
    /// A user's token of the default profile, signed by `k1`.
    pub(crate) fn base() -> Self {
        let object = |value: Value| value.as_object().unwrap().clone();
        Self {
            header: object(json!({ "alg": "RS256", "typ": "JWT", "kid": "k1" })),
            claims: object(json!({
                "iss": ISSUER,
                "sub": "auth0|07780e7e03c5dfacfd6d55ad",
                "aud": [API, format!("{ISSUER}userinfo")],
                "iat": NOW - 10,
                "exp": NOW + 3600,
                "scope": "openid profile email read:invoices",
                "azp": CLIENT,
                "permissions": ["read:invoices", "update:invoices"],
            })),
            raw_header: None,
            raw_payload: None,
        }
    }

    /// A proof by `p256` for a GET of [`URL`] with `token`.
    pub(crate) fn proof(token: &str) -> Self {
        let object = |value: Value| value.as_object().unwrap().clone();
        let jwk = TestKey::named("p256").jwk();
        Self {
            header: object(json!({ "alg": "ES256", "typ": "dpop+jwt", "jwk": jwk })),
            claims: object(json!({
                "jti": "3f1c-9a", "htm": "GET", "htu": URL, "iat": NOW - 1,
                "ath": base64url(digest(&SHA256, token.as_bytes())),
            })),
            raw_header: None,
            raw_payload: None,
        }
    }

    /// Bound to the key, and to the certificate with the thumbprint.
    pub(crate) fn bound(self, key: Option<&TestKey>, certificate: Option<&str>) -> Self {
        let mut confirmation = Map::new();
        if let Some(key) = key {
            confirmation.insert("jkt".to_owned(), key.thumbprint().into());
        }
        if let Some(certificate) = certificate {
            confirmation.insert("x5t#S256".to_owned(), certificate.into());
        }
        self.claim("cnf", confirmation)
    }

    pub(crate) fn header(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.header.insert(name.to_owned(), value.into());
        self
    }

    pub(crate) fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims.insert(name.to_owned(), value.into());
        self
    }

    pub(crate) fn claims(mut self, claims: &Value) -> Self {
        self.claims.extend(claims.as_object().unwrap().clone());
        self
    }

    pub(crate) fn without_header(mut self, name: &str) -> Self {
        self.header.remove(name);
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.claims.remove(name);
        self
    }

    /// The header's text, changed in a way that no JSON value can be.
    pub(crate) fn header_text(mut self, change: impl Fn(&str) -> String) -> Self {
        self.raw_header = Some(change(&Value::from(self.header.clone()).to_string()).into());
        self
    }

    /// The payload's text, changed in a way that no JSON value can be.
    pub(crate) fn payload_text(self, change: impl Fn(&str) -> String) -> Self {
        let text = change(&Value::from(self.claims.clone()).to_string());
        self.payload(text)
    }

    pub(crate) fn payload(mut self, payload: impl Into<Vec<u8>>) -> Self {
        self.raw_payload = Some(payload.into());
        self
    }

    /// What is signed.
    pub(crate) fn signed_text(&self) -> String {
        let header = Value::from(self.header.clone()).to_string().into_bytes();
        let payload = Value::from(self.claims.clone()).to_string().into_bytes();
        let header = self.raw_header.clone().unwrap_or(header);
        let payload = self.raw_payload.clone().unwrap_or(payload);
        format!("{}.{}", base64url(header), base64url(payload))
    }

    /// Signed by the key that the header names, `k1` where it names none of ours.
    pub(crate) fn token(&self) -> String {
        let id = self.header.get("kid").and_then(Value::as_str).unwrap_or_default();
        let ours = ["k1", "k2", "evil", "p256", "p384", "ed"].contains(&id);
        self.signed_by(TestKey::named(if ours { id } else { "k1" }))
    }

    pub(crate) fn signed_by(&self, key: &TestKey) -> String {
        let text = self.signed_text();
        let algorithm = self.header.get("alg").and_then(Value::as_str).unwrap_or_default();
        let signature = key.sign(algorithm, text.as_bytes());
        format!("{text}.{}", base64url(signature))
    }

    pub(crate) fn with_signature(&self, signature: &[u8]) -> String {
        format!("{}.{}", self.signed_text(), base64url(signature))
    }
}

/// A signature as some algorithm makes it, whatever a header says.
pub(crate) fn sign_text(text: &str, key: &TestKey, algorithm: &str) -> Vec<u8> {
    key.sign(algorithm, text.as_bytes())
}
