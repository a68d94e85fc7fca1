//! Which keys of a key set are taken.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::{
    base, forge,
    forge::{TestKey, base64url},
    world,
};
use crate::identity::{Algorithm, KeySet, KeySetError, SkipReason};
use crate::request::json::JsonError;

fn changed(key: &str, name: &str, value: impl Into<Value>) -> Value {
    let mut jwk = TestKey::named(key).jwk();
    jwk["kid"] = json!("changed");
    jwk[name] = value.into();
    jwk
}

/// An RSA key with a modulus of so many bits, all of them ones.
fn rsa(bits: usize, exponent: &[u8]) -> Value {
    let mut modulus = vec![0xff; bits.div_ceil(8)];
    modulus[0] >>= bits.div_ceil(8) * 8 - bits;
    json!({"kty": "RSA", "kid": "changed", "n": base64url(modulus), "e": base64url(exponent)})
}

#[test]
fn keys_that_are_not_safe_are_left_out() {
    const E: &[u8] = &[1, 0, 1];
    let mut even = vec![0xff; 256];
    even[255] = 0xfe;
    let cases = [
        ("A13 1024 bits", rsa(1024, E), SkipReason::Weak),
        ("A13 2047 bits", rsa(2047, E), SkipReason::Weak),
        ("A14 16384 bits", rsa(16_384, E), SkipReason::Weak),
        ("A14 e=1", rsa(2048, &[1]), SkipReason::Weak),
        ("A14 e=0", rsa(2048, &[0]), SkipReason::Weak),
        ("A14 even e", rsa(2048, &[1, 0, 0]), SkipReason::Weak),
        ("A14 huge e", rsa(2048, &[1, 0, 0, 0, 1]), SkipReason::Weak),
        ("A14 even n", changed("k1", "n", base64url(even)), SkipReason::Weak),
        ("A14 private key", changed("k1", "d", "AQAB"), SkipReason::Private),
        ("A14 private prime", changed("k1", "p", "AQAB"), SkipReason::Private),
        ("A15 for encryption", changed("k1", "use", "enc"), SkipReason::NotForSignatures),
        (
            "A15 operations",
            changed("k1", "key_ops", json!(["encrypt"])),
            SkipReason::NotForSignatures,
        ),
        (
            "A15 operations are a text",
            changed("k1", "key_ops", "verify"),
            SkipReason::NotForSignatures,
        ),
    ];
    for (name, jwk, expected) in cases {
        check_left_out(name, jwk, expected);
    }
}

#[test]
fn keys_off_their_curve_and_of_other_kinds_are_left_out() {
    let p256 = TestKey::named("p256").jwk();
    let x = p256["x"].as_str().unwrap();
    let without_id = json!({"kty": "RSA", "n": "AQAB", "e": "AQAB"});
    let bytes = |name: &str| URL_SAFE_NO_PAD.decode(p256[name].as_str().unwrap()).unwrap();
    let (mut short, mut long) = (bytes("x"), bytes("y"));
    long.insert(0, short.pop().unwrap());
    let mut moved = changed("p256", "x", base64url(short));
    moved["y"] = json!(base64url(long));
    let mut zero = changed("p256", "x", base64url([0; 32]));
    zero["y"] = zero["x"].clone();
    let cases = [
        ("A20 y of another point", changed("p256", "y", x), SkipReason::Malformed),
        ("A20 (0,0)", zero, SkipReason::Malformed),
        ("A20 31 bytes", changed("p256", "x", base64url([1; 31])), SkipReason::Malformed),
        ("A20 33 bytes", changed("p256", "x", base64url([1; 33])), SkipReason::Malformed),
        ("A20 31 and 33 bytes, which are a point together", moved, SkipReason::Malformed),
        ("A20 another curve", changed("p256", "crv", "P-384"), SkipReason::Malformed),
        ("A20 Ed25519", changed("ed", "x", base64url([1; 31])), SkipReason::Malformed),
        ("unknown curve", changed("p256", "crv", "secp256k1"), SkipReason::UnsupportedType),
        ("shared secret", json!({"kty": "oct", "kid": "changed"}), SkipReason::UnsupportedType),
        ("alg of another kind", changed("k1", "alg", "ES256"), SkipReason::UnsupportedAlgorithm),
        ("HS256", changed("k1", "alg", "HS256"), SkipReason::UnsupportedAlgorithm),
        ("encryption", changed("k1", "alg", "RSA-OAEP-256"), SkipReason::UnsupportedAlgorithm),
        ("padded", changed("k1", "e", "AQAB="), SkipReason::Malformed),
        ("no modulus", changed("k1", "n", json!(null)), SkipReason::Malformed),
        ("no id", without_id, SkipReason::NoKeyId),
        ("id is a number", changed("k1", "kid", 7), SkipReason::NoKeyId),
        ("not an object", json!("k1"), SkipReason::NotAnObject),
    ];
    for (name, jwk, expected) in cases {
        check_left_out(name, jwk, expected);
    }
}

#[track_caller]
fn check_left_out(name: &str, jwk: Value, expected: SkipReason) {
    let keys = forge::key_set(&[TestKey::named("k1").jwk(), jwk]);
    let reasons: Vec<SkipReason> = keys.skipped().iter().map(|key| key.reason).collect();
    assert_eq!(reasons, [expected], "{name}");
    assert!(keys.find("k1", Algorithm::Rs256).is_some(), "{name}: the good key stays");
    let found = [Algorithm::Rs256, Algorithm::Es256].map(|alg| keys.find("changed", alg).is_some());
    assert_eq!(found, [false, false], "{name}");
}

#[test]
fn keys_that_are_unusual_are_taken() {
    let leading_zero = {
        let modulus = TestKey::named("k1").jwk()["n"].as_str().unwrap().to_owned();
        let modulus = URL_SAFE_NO_PAD.decode(modulus).unwrap();
        changed("k1", "n", base64url([vec![0], modulus].concat()))
    };
    let mut plain = TestKey::named("k1").jwk();
    plain.as_object_mut().unwrap().remove("use");
    plain["kid"] = json!("changed");
    let cases = [
        ("2048 bits", rsa(2048, &[3])),
        ("8192 bits", rsa(8192, &[1, 0, 1])),
        ("leading zero", leading_zero),
        ("no use", plain),
        ("with a certificate", changed("k1", "x5c", json!(["MII"]))),
        ("operations", changed("k1", "key_ops", json!(["verify"]))),
    ];
    for (name, jwk) in cases {
        let keys = forge::key_set(&[jwk]);
        assert!(keys.find("changed", Algorithm::Rs256).is_some(), "{name}: {:?}", keys.skipped());
    }
}

#[test]
fn two_keys_of_one_id_are_both_left_out() {
    let [mut first, mut second] = ["k1", "evil"].map(|name| TestKey::named(name).jwk());
    (first["kid"], second["kid"]) = (json!("k1"), json!("k1"));
    let mut world = world();
    world.keys = forge::key_set(&[first.clone(), TestKey::named("k2").jwk(), second.clone()]);
    assert_eq!(world.keys.skipped().len(), 2);
    world.check(&[("A9 either", base().token(), "unknown key")]);
    second["use"] = json!("enc");
    world.keys = forge::key_set(&[first, TestKey::named("k2").jwk(), second]);
    world.check(&[("A9 one is unusable", base().token(), "unknown key")]);
}

#[test]
fn what_is_no_key_set_is_an_error() {
    let parse = |text: &str| KeySet::parse(text.as_bytes()).unwrap_err();
    assert_eq!(parse("<html></html>"), KeySetError::NotJson(JsonError::Malformed));
    assert_eq!(parse(r#"{"keys":[],"keys":[]}"#), KeySetError::NotJson(JsonError::RepeatedKey));
    assert_eq!(parse("[]"), KeySetError::NoKeys);
    assert_eq!(parse("{}"), KeySetError::NoKeys);
    assert_eq!(parse(r#"{"keys":null}"#), KeySetError::NoKeys);
    assert_eq!(parse(r#"{"keys":[]}"#), KeySetError::NoUsableKey { skipped: vec![] });
    let many = vec![TestKey::named("k1").jwk(); 101];
    assert_eq!(KeySet::parse(&forge::jwks(&many)).unwrap_err(), KeySetError::TooManyKeys);
}
