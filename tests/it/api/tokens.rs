//! `auxData`: tokens of every bad kind, verified with the same key sets as the real PDP has.

use aws_lc_rs::{
    encoding::{AsBigEndian, EcPublicKeyUncompressedBin},
    hmac,
    rand::SystemRandom,
    rsa::{KeyPair as RsaKeyPair, KeySize},
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PKCS1_SHA512,
        RSA_PSS_SHA256, RsaEncoding,
    },
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use serde_json::{Value as Json, json};

use super::{Asked, Pair, Said};
use crate::support::publish;

/// The keys of the sets `one` (`rsa` and `ec`) and `two` (`other`).
struct Keys {
    rsa: RsaKeyPair,
    ec: EcdsaKeyPair,
    other: RsaKeyPair,
}

fn encoded(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn rsa_jwk(key: &RsaKeyPair, id: &str) -> Json {
    let key = key.public_key();
    let modulus = encoded(key.modulus().big_endian_without_leading_zero());
    let exponent = encoded(key.exponent().big_endian_without_leading_zero());
    json!({ "kty": "RSA", "use": "sig", "alg": "RS256", "kid": id, "n": modulus, "e": exponent })
}

fn signed_rsa(
    key: &RsaKeyPair,
    how: &'static dyn RsaEncoding,
    header: &Json,
    claims: &str,
) -> String {
    let message = format!("{}.{}", encoded(header.to_string()), encoded(claims));
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(how, &SystemRandom::new(), message.as_bytes(), &mut signature).unwrap();
    format!("{message}.{}", encoded(signature))
}

// === impl Keys ===

impl Keys {
    fn generate() -> Self {
        Self {
            rsa: RsaKeyPair::generate(KeySize::Rsa2048).unwrap(),
            ec: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap(),
            other: RsaKeyPair::generate(KeySize::Rsa2048).unwrap(),
        }
    }

    /// The two sets.
    fn sets(&self) -> [String; 2] {
        let point: EcPublicKeyUncompressedBin<'_> = self.ec.public_key().as_be_bytes().unwrap();
        let (x, y) = point.as_ref()[1..].split_at(32);
        let ec = json!({
            "kty": "EC", "use": "sig", "alg": "ES256", "kid": "ec", "crv": "P-256",
            "x": encoded(x), "y": encoded(y),
        });
        let one = json!({ "keys": [rsa_jwk(&self.rsa, "rsa"), ec] });
        let two = json!({ "keys": [rsa_jwk(&self.other, "rsa")] });
        [one, two].map(|set| set.to_string())
    }

    fn rs256(&self, header: &Json, claims: &str) -> String {
        signed_rsa(&self.rsa, &RSA_PKCS1_SHA256, header, claims)
    }

    fn es256(&self, claims: &str) -> String {
        let header = json!({ "alg": "ES256", "kid": "ec" });
        let message = format!("{}.{}", encoded(header.to_string()), encoded(claims));
        let signature = self.ec.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
        format!("{message}.{}", encoded(signature))
    }

    /// Signed, and yet not all good.
    fn tokens(&self) -> Vec<(&'static str, String)> {
        let header = json!({ "alg": "RS256", "kid": "rsa" });
        let claims = good_claims().to_string();
        vec![
            ("a good one", self.rs256(&header, &claims)),
            ("a good one of the other kind of key", self.es256(&claims)),
            ("of another key", signed_rsa(&self.other, &RSA_PKCS1_SHA256, &header, &claims)),
            (
                "RS512 for a key of RS256",
                signed_rsa(
                    &self.rsa,
                    &RSA_PKCS1_SHA512,
                    &json!({ "alg": "RS512", "kid": "rsa" }),
                    &claims,
                ),
            ),
            (
                "PS256 for a key of RS256",
                signed_rsa(
                    &self.rsa,
                    &RSA_PSS_SHA256,
                    &json!({ "alg": "PS256", "kid": "rsa" }),
                    &claims,
                ),
            ),
            (
                "the id of a key of another kind",
                self.rs256(&json!({ "alg": "RS256", "kid": "ec" }), &claims),
            ),
            (
                "the algorithm of a key of another kind",
                self.rs256(&json!({ "alg": "ES256", "kid": "rsa" }), &claims),
            ),
            ("no key id", self.rs256(&json!({ "alg": "RS256" }), &claims)),
            ("an empty key id", self.rs256(&json!({ "alg": "RS256", "kid": "" }), &claims)),
            ("a key id that is no text", self.rs256(&json!({ "alg": "RS256", "kid": 5 }), &claims)),
            ("an unknown key id", self.rs256(&json!({ "alg": "RS256", "kid": "nobody" }), &claims)),
            ("no algorithm", self.rs256(&json!({ "kid": "rsa" }), &claims)),
            ("an unknown algorithm", self.rs256(&json!({ "alg": "RS257", "kid": "rsa" }), &claims)),
            ("a header that is no object", self.rs256(&json!(["RS256"]), &claims)),
        ]
    }

    /// What has been made of a good one, or is none.
    fn forged(&self) -> Vec<(&'static str, String)> {
        let header = json!({ "alg": "RS256", "kid": "rsa" });
        let good = self.rs256(&header, &good_claims().to_string());
        let (head, rest) = good.split_once('.').unwrap();
        let (payload, signature) = rest.split_once('.').unwrap();
        let none = encoded(r#"{"alg":"none"}"#);
        let secret = hmac::Key::new(hmac::HMAC_SHA256, self.sets()[0].as_bytes());
        let hmac_head = encoded(r#"{"alg":"HS256","kid":"rsa"}"#);
        let mac = hmac::sign(&secret, format!("{hmac_head}.{payload}").as_bytes());
        let other_claims = encoded(r#"{"sub":"x","admin":true}"#);
        vec![
            ("none", format!("{none}.{payload}.")),
            ("none, with a signature", format!("{none}.{payload}.{signature}")),
            ("a public key as a secret", format!("{hmac_head}.{payload}.{}", encoded(mac))),
            ("other claims", format!("{head}.{other_claims}.{signature}")),
            ("no signature", format!("{head}.{payload}.")),
            ("no signature and no dot", format!("{head}.{payload}")),
            ("half a signature", format!("{head}.{payload}.{}", signature.split_at(40).0)),
            ("another part", format!("{good}.x")),
            ("five parts", format!("{head}.a.b.c.d")),
            ("padding", format!("{head}.{payload}.{signature}==")),
            ("bad base64", format!("{head}.{payload}!.{signature}")),
            ("a scheme", format!("Bearer {good}")),
            ("text", "not a token".to_owned()),
            ("dots", "..".to_owned()),
            (
                "a JWS in JSON",
                json!({ "protected": head, "payload": payload, "signature": signature })
                    .to_string(),
            ),
            ("claims that are no JSON", self.rs256(&header, "{")),
            ("claims that are a list", self.rs256(&header, "[]")),
            ("claims that are a text", self.rs256(&header, "\"x\"")),
            ("no claims", self.rs256(&header, "")),
        ]
    }

    /// Good but for a claim.
    fn dated(&self) -> Vec<(String, String)> {
        let now = Timestamp::now().as_second();
        let header = json!({ "alg": "RS256", "kid": "rsa" });
        let dates = [
            json!(now - 60),
            json!(now + 600),
            json!(now - 60).to_string().into(),
            json!("soon"),
            json!(1.5),
            json!(-1),
            json!(0),
            json!(null),
            json!(true),
            json!([now]),
        ];
        let mut tokens = Vec::new();
        for name in ["exp", "nbf", "iat"] {
            for date in &dates {
                let mut claims = good_claims();
                claims[name] = date.clone();
                tokens.push((format!("{name}: {date}"), self.rs256(&header, &claims.to_string())));
            }
        }
        for (name, value) in [
            ("aud", json!("a")),
            ("aud", json!(["a", "b"])),
            ("aud", json!(5)),
            ("aud", json!(null)),
            ("iss", json!(5)),
            ("jti", json!(null)),
            ("deep", json!({ "a": [{ "b": 1.5 }] })),
            ("aud", json!(["a", 5])),
            ("sub", json!(5)),
            ("sub", json!(null)),
        ] {
            let mut claims = good_claims();
            claims[name] = value.clone();
            tokens.push((format!("{name}: {value}"), self.rs256(&header, &claims.to_string())));
        }
        tokens
    }
}

fn good_claims() -> Json {
    let now = Timestamp::now().as_second();
    json!({ "sub": "x", "iat": now - 5, "exp": now + 600, "iss": "https://issuer.example" })
}

const PATH: &str = "/api/check/resources";

fn question(aux_data: &Json) -> String {
    json!({
        "principal": { "id": "p", "roles": ["user"] },
        "resources": [{ "actions": ["claim"], "resource": { "kind": "doc", "id": "1" } }],
        "auxData": aux_data,
    })
    .to_string()
}

async fn said(pair: &Pair, aux_data: &Json) -> (Said, Said) {
    let body = question(aux_data);
    pair.send(Asked { method: "POST", path: PATH, headers: &[], body: body.as_bytes() }).await
}

async fn pair(keys: &Keys, count: usize) -> Pair {
    let [one, two] = keys.sets();
    let settings = [
        "auxData.jwt.keySets[0].id=one",
        "auxData.jwt.keySets[0].local.file=one.json",
        "auxData.jwt.keySets[1].id=two",
        "auxData.jwt.keySets[1].local.file=two.json",
    ];
    let ours = ["{ id: one, file: one.json }", "{ id: two, file: two.json }"];
    let entries = format!("aux_data: {{ key_sets: [{}] }}", ours[..count].join(", "));
    let files = [("one.json", &*one), ("two.json", &*two)];
    Pair::with(&files, &settings[..2 * count], &entries).await
}

/// What Cerbos's library of tokens lets pass, and ours does not.
const STRICTER: [&str; 5] = [
    // It takes the algorithm of the key, whatever the token says.
    "the algorithm of a key of another kind",
    "no algorithm",
    "padding",
    // A time in quotes.
    "nbf: \"1",
    "iat: \"1",
];

#[tokio::test]
async fn a_token_is_believed_where_the_real_pdp_believes_it() {
    let keys = Keys::generate();
    let pair = pair(&keys, 2).await;
    compare(&pair, &keys).await;
    pair.ours.stop().await.unwrap();
}

/// Both fetch the same key sets from the same server.
#[tokio::test]
async fn keys_that_are_fetched_are_as_good_as_those_of_a_file() {
    let keys = Keys::generate();
    let (mut settings, mut entries) = (Vec::new(), Vec::new());
    for (at, (id, set)) in ["one", "two"].iter().zip(keys.sets()).enumerate() {
        let (site, _serving) = publish(serde_json::from_str(&set).unwrap()).await;
        let url = format!("{site}.well-known/jwks.json");
        settings.push(format!("auxData.jwt.keySets[{at}].id={id}"));
        settings.push(format!("auxData.jwt.keySets[{at}].remote.url={url}"));
        entries.push(format!("{{ id: {id}, url: '{url}' }}"));
    }
    let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
    let entries = format!("aux_data: {{ key_sets: [{}] }}", entries.join(", "));
    let pair = Pair::with(&[], &settings, &entries).await;
    compare(&pair, &keys).await;
    pair.ours.stop().await.unwrap();
}

async fn compare(pair: &Pair, keys: &Keys) {
    let tokens = keys
        .tokens()
        .into_iter()
        .chain(keys.forged())
        .map(|(kind, token)| (kind.to_owned(), token));
    let mut differing = Vec::new();
    for (kind, token) in tokens.chain(keys.dated()) {
        for set in ["one", "two", "", "three"] {
            let (ours, theirs) =
                said(pair, &json!({ "jwt": { "token": token, "keySetId": set } })).await;
            let name = format!("{kind}, of the set {set:?}: {} {}", ours.status, theirs.status);
            if ours != theirs {
                differing.push((name, ours, theirs));
            }
        }
    }
    let is_stricter = |kind: &str| STRICTER.iter().any(|known| kind.starts_with(known));
    let unknown: Vec<_> = differing.iter().filter(|(kind, ..)| !is_stricter(kind)).collect();
    let unknown: Vec<_> = unknown.iter().map(|(kind, ..)| kind).collect();
    assert!(unknown.is_empty(), "{unknown:#?}");
    for known in STRICTER {
        assert!(differing.iter().any(|(kind, ..)| kind.starts_with(known)), "{known} is no more");
    }
    for (_, ours, theirs) in &differing {
        assert_eq!((ours.status, theirs.status), (400, 200));
    }
}

#[tokio::test]
async fn key_sets_are_named_as_at_the_real_pdp() {
    let keys = Keys::generate();
    let header = json!({ "alg": "RS256", "kid": "rsa" });
    let good = keys.rs256(&header, &good_claims().to_string());
    let bad = format!("{good}x");
    for count in [1, 2] {
        let pair = pair(&keys, count).await;
        for aux_data in [
            json!({}),
            json!({ "jwt": { "token": good } }),
            json!({ "jwt": { "token": good, "keySetId": "" } }),
            json!({ "jwt": { "token": good, "keySetId": "one" } }),
            json!({ "jwt": { "token": good, "key_set_id": "one" } }),
            json!({ "jwt": { "token": good, "keySetId": "ONE" } }),
            json!({ "jwt": { "token": good, "keySetId": "one " } }),
            json!({ "jwts": { "a": { "token": good, "keySetId": "one" } } }),
            json!({ "jwts": { "a": { "token": good, "keySetId": "one" }, "b": { "token": bad, "keySetId": "one" } } }),
            json!({ "jwts": { "a": { "token": good, "keySetId": "two" } } }),
        ] {
            let (ours, theirs) = said(&pair, &aux_data).await;
            assert_eq!(ours, theirs, "{aux_data} with {count} key sets");
        }
        for jwt in [
            json!({ "token": good }),
            json!({ "token": good, "key_set_id": "one" }),
            json!({ "token": good, "keySetId": "one" }),
            json!({ "token": bad, "key_set_id": "one" }),
        ] {
            let body = json!({
                "subject": { "type": "user", "id": "p" },
                "resource": { "type": "doc", "id": "1" },
                "action": { "name": "claim" },
                "context": { "cerbos.auxData": { "jwt": jwt } },
            });
            pair.check("POST", "/access/v1/evaluation", &body.to_string()).await;
        }
        pair.ours.stop().await.unwrap();
    }
}
