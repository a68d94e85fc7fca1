//! Assertions as a backend checks them: with another library, and with what was published.

use std::time::Duration;

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rand::SystemRandom,
    rsa::{self, KeySize},
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair,
        Ed25519KeyPair,
    },
};
use jiff::Timestamp;
use jsonwebtoken::{
    DecodingKey, Validation, decode, decode_header,
    jwk::{Jwk, JwkSet, ThumbprintHash},
};
use serde_json::{Value as Json, json};

use super::upstream::principal;
use crate::answer::{
    Asserted, Asserter, AssertionRules, HeaderSource, Reason, SigningKey, SigningKeys,
    UpstreamHeaders, UpstreamMutation,
};
use crate::engine::model::{Map, Value};
use crate::identity::{Carrier, ClaimPath};
use crate::request::{HttpRequest, RawRequest, RequestRules};

fn p256() -> Vec<u8> {
    let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
    EcdsaKeyPair::generate_pkcs8(algorithm, &SystemRandom::new()).unwrap().as_ref().to_vec()
}

fn ed25519() -> Vec<u8> {
    Ed25519KeyPair::generate_pkcs8v1(&SystemRandom::new()).unwrap().as_ref().to_vec()
}

fn rsa() -> Vec<u8> {
    let pair = rsa::KeyPair::generate(KeySize::Rsa2048).unwrap();
    AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).unwrap().as_ref().to_vec()
}

fn keys(ders: &[Vec<u8>]) -> SigningKeys {
    let keys = ders.iter().map(|der| SigningKey::from_pkcs8(der).unwrap());
    SigningKeys::given(keys.collect()).unwrap()
}

fn rules() -> AssertionRules {
    AssertionRules {
        header: "x-assertion".parse().unwrap(),
        issuer: "https://gateway.example".into(),
        audience: None,
        lifetime: Duration::from_mins(1),
        claims: [
            ("roles".into(), HeaderSource::Roles),
            ("who".into(), HeaderSource::Id),
            ("token_issuer".into(), HeaderSource::Claim(ClaimPath::top("iss"))),
            ("level".into(), HeaderSource::Attribute("level".into())),
            ("org_id".into(), HeaderSource::Attribute("org_id".into())),
            ("absent".into(), HeaderSource::Claim(ClaimPath::top("absent"))),
        ]
        .into(),
    }
}

const NOW: i64 = 1_900_000_000;

/// About a request of a user to an invoice.
fn sign(asserter: &Asserter, mutation: UpstreamMutation) -> UpstreamMutation {
    let raw = RawRequest {
        method: "PATCH".into(),
        host: "Api.Acme.example.:8443".into(),
        target: "/v1/invoices/7?page=2".into(),
        ..RawRequest::default()
    };
    let request = HttpRequest::read(raw, &RequestRules::default()).unwrap();
    let attr = [("level", Value::from(3.0)), ("org_id", Value::from("org_1"))];
    let claims: Map = [("iss", Value::from("https://issuer.example/"))].into_iter().collect();
    let about = Asserted {
        principal: &principal("auth0|jörg", &["viewer", "a,b"], &attr),
        claims: &claims,
        request: &request,
        now: Timestamp::new(NOW, 999_999_999).unwrap(),
        decision_id: "0195",
    };
    asserter.sign(mutation, about).unwrap()
}

fn nothing() -> UpstreamMutation {
    UpstreamMutation { reason: Reason::POLICY_ALLOWED, set: Vec::new(), remove: Vec::new() }
}

fn token(asserter: &Asserter) -> String {
    let UpstreamMutation { mut set, .. } = sign(asserter, nothing());
    let (name, token) = set.pop().unwrap();
    assert_eq!(&*name, "x-assertion");
    token
}

fn published(asserter: &Asserter) -> Vec<Jwk> {
    serde_json::from_value::<JwkSet>(asserter.published_keys()).unwrap().keys
}

/// The claims, if the key that the token names has signed it.
fn check(token: &str, asserter: &Asserter) -> Json {
    let header = decode_header(token).unwrap();
    let id = header.kid.clone().unwrap();
    let jwk = published(asserter);
    let jwk = jwk.iter().find(|jwk| jwk.common.key_id.as_ref() == Some(&id)).unwrap();
    assert_eq!(jwk.thumbprint(ThumbprintHash::SHA256).unwrap(), id);
    assert_eq!(header.typ.as_deref(), Some("JWT"));
    let mut validation = Validation::new(header.alg);
    validation.set_audience(&["api.acme.example", "https://backend.example"]);
    validation.set_issuer(&["https://gateway.example"]);
    let key = DecodingKey::from_jwk(jwk).unwrap();
    decode::<Json>(token, &key, &validation).unwrap().claims
}

#[test]
fn what_is_signed_with_a_key_of_any_kind_is_verified_with_what_is_published() {
    for (der, algorithm, members) in [
        (p256(), "ES256", vec!["alg", "crv", "kid", "kty", "use", "x", "y"]),
        (ed25519(), "EdDSA", vec!["alg", "crv", "kid", "kty", "use", "x"]),
        (rsa(), "RS256", vec!["alg", "e", "kid", "kty", "n", "use"]),
    ] {
        let asserter = Asserter::new(rules(), keys(&[der]));
        let token = token(&asserter);
        assert_eq!(check(&token, &asserter)["sub"], "auth0|jörg");
        let set = asserter.published_keys();
        let mut names: Vec<&String> = set["keys"][0].as_object().unwrap().keys().collect();
        names.sort();
        assert_eq!(names, members, "and nothing that is secret");
        for coordinate in ["x", "y"].iter().filter_map(|name| set["keys"][0].get(name)) {
            assert_eq!(coordinate.as_str().unwrap().len(), 43, "32 bytes in base64url");
        }
        assert_eq!(
            (&set["keys"][0]["alg"], &set["keys"][0]["use"]),
            (&algorithm.into(), &"sig".into())
        );
        assert_eq!(decode_header(&token).unwrap().alg, algorithm.parse().unwrap());
    }
}

#[test]
fn an_assertion_says_who_asked_for_what_and_for_whom_it_is() {
    let asserter = Asserter::new(rules(), SigningKeys::generate().unwrap());
    let mut expected = json!({
        "iss": "https://gateway.example",
        "aud": "api.acme.example",
        "sub": "auth0|jörg",
        "iat": NOW,
        "exp": NOW + 60,
        "jti": "0195",
        "request": { "method": "PATCH", "host": "api.acme.example", "path": "/v1/invoices/7" },
        "roles": ["viewer", "a,b"],
        "who": "auth0|jörg",
        "token_issuer": "https://issuer.example/",
        "level": 3,
        "org_id": "org_1",
    });
    assert_eq!(check(&token(&asserter), &asserter), expected);
    let audience = Some("https://backend.example".into());
    let asserter = Asserter::new(AssertionRules { audience, ..rules() }, keys(&[p256()]));
    expected["aud"] = json!("https://backend.example");
    assert_eq!(check(&token(&asserter), &asserter), expected);
}

#[test]
fn the_first_key_signs_and_all_are_published() {
    let (old, new) = (p256(), rsa());
    let before = Asserter::new(rules(), keys(&[old.clone(), new.clone()]));
    let after = Asserter::new(rules(), keys(&[new, old]));
    let ids = |asserter: &Asserter| -> Vec<String> {
        published(asserter).into_iter().map(|jwk| jwk.common.key_id.unwrap()).collect()
    };
    let (ids_before, mut ids_after) = (ids(&before), ids(&after));
    ids_after.reverse();
    assert_eq!(ids_before, ids_after);
    assert_ne!(ids_before[0], ids_before[1]);
    for (asserter, signs) in [(&before, &ids_before[0]), (&after, &ids_before[1])] {
        let token = token(asserter);
        assert_eq!(decode_header(&token).unwrap().kid.as_ref(), Some(signs));
        // Whoever has fetched the keys of the other replica knows it, too.
        check(&token, &before);
        check(&token, &after);
    }
    assert!(SigningKeys::given(Vec::new()).is_none());
}

#[test]
fn a_generated_key_outlives_the_rules_and_a_given_one_does_not() {
    let given = || Asserter::new(rules(), keys(&[p256()]));
    let generated = || Asserter::new(rules(), SigningKeys::generate().unwrap());
    for (mut next, previous, goes_on) in [
        (generated(), generated(), true),
        (generated(), given(), false),
        (given(), generated(), false),
        (given(), given(), false),
    ] {
        let own = next.published_keys();
        assert_ne!(own, previous.published_keys());
        next.go_on_with_keys_of(&previous);
        let expected = if goes_on { previous.published_keys() } else { own };
        assert_eq!(next.published_keys(), expected);
        check(&token(&next), &next);
    }
}

#[test]
fn what_cannot_sign_is_not_a_key() {
    let p384 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, &SystemRandom::new())
        .unwrap();
    let good = p256();
    assert!(SigningKey::from_pkcs8(&good).is_ok());
    for der in [p384.as_ref(), &good[..good.len() - 1], b"", b"0"] {
        assert!(SigningKey::from_pkcs8(der).is_err(), "{} bytes", der.len());
    }
}

#[test]
fn a_private_key_is_not_printed() {
    let der = ed25519();
    let printed = format!("{:?}", Asserter::new(rules(), keys(std::slice::from_ref(&der))));
    let seed = &der[der.len() - 32..];
    assert!(printed.contains("Ed25519") && !printed.contains(&format!("{seed:?}")), "{printed}");
}

#[test]
fn no_assertion_of_the_clients_own_gets_through() {
    let asserter = Asserter::new(rules(), keys(&[p256()]));
    let removed = |mutation: &UpstreamMutation| -> Vec<String> {
        let mut removed: Vec<String> = mutation.remove.iter().map(ToString::to_string).collect();
        removed.sort();
        removed
    };
    let public = UpstreamHeaders::default().anonymous(Reason::PUBLIC_ROUTE);
    assert_eq!(removed(&asserter.guard(public)), ["x-assertion", "x_assertion"]);
    // A header that is set and removed is lost.
    let signed = asserter.guard(sign(&asserter, nothing()));
    assert_eq!(removed(&signed), ["x_assertion"]);
    assert_eq!(signed.set.len(), 1);
}

#[test]
fn the_assertion_may_take_the_place_of_the_token_that_came() {
    let asserter = Asserter::new(rules(), keys(&[p256()]));
    let carrier = Some(Carrier::Header("x-assertion".into()));
    let signed = asserter.guard(sign(&asserter, nothing()).without(carrier));
    let removed: Vec<&str> = signed.remove.iter().map(|name| &**name).collect();
    assert_eq!((signed.set.len(), removed), (1, vec!["x_assertion"]));
}
