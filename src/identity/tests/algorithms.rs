//! A: which algorithm, which key, and does the signature hold.

use serde_json::json;

use super::{base, forge, forge::TestKey, world};
use crate::identity::{Algorithm, KeySet};

const ALGORITHM: &str = "unsupported algorithm";
const HEADER: &str = "unsupported header";
const UNKNOWN: &str = "unknown key";
const SIGNATURE: &str = "bad signature";

#[test]
fn threat_37_only_configured_algorithms_are_supported() {
    let alg = |alg: &str| base().header("alg", alg);
    let jwk = TestKey::named("k1").jwk();
    let modulus = jwk["n"].as_str().unwrap().as_bytes();
    world().check(&[
        ("A1 none", alg("none").with_signature(b""), ALGORITHM),
        ("A1 none, signed", alg("none").token(), ALGORITHM),
        ("A1 None", alg("None").token(), ALGORITHM),
        ("A1 nOnE", alg("nOnE").token(), ALGORITHM),
        ("A2 no alg", base().without_header("alg").token(), ALGORITHM),
        ("A2 list", base().header("alg", json!(["RS256"])).token(), ALGORITHM),
        ("A2 number", base().header("alg", 1).token(), ALGORITHM),
        ("A2 empty", alg("").token(), ALGORITHM),
        ("A2 lower case", alg("rs256").token(), ALGORITHM),
        ("A2 trailing space", alg("RS256 ").token(), ALGORITHM),
        ("A3 public key as a secret", alg("HS256").signed_by(&TestKey::hmac(modulus)), ALGORITHM),
        ("A4 secret of the API", alg("HS256").signed_by(&TestKey::hmac(b"secret")), ALGORITHM),
        ("A17 PS256", alg("PS256").token(), ALGORITHM),
        ("A18 key without alg", base().token(), "OK"),
    ]);
}

#[test]
fn threat_39_45_a_key_is_only_looked_up_and_never_taken_along() {
    let kid = |kid: &str| base().header("kid", kid).token();
    let evil = TestKey::named("evil");
    let with = |name: &str, value: &str| base().header(name, value);
    world().check(&[
        ("A5 path", kid("../../../../dev/null"), UNKNOWN),
        ("A5 SQL", kid("' OR '1'='1"), UNKNOWN),
        ("A5 URL", kid("https://evil.example/jwks.json"), UNKNOWN),
        ("A5 prototype", kid("__proto__"), UNKNOWN),
        ("A5 long", kid(&"k".repeat(5_000)), UNKNOWN),
        ("A5 number", base().header("kid", 1).token(), UNKNOWN),
        ("A5 empty", kid(""), UNKNOWN),
        ("A5 NUL", kid("k1\0"), UNKNOWN),
        ("A7 key of another tenant", kid("evil"), UNKNOWN),
        ("A8 no kid", base().without_header("kid").token(), "missing key id"),
        (
            "A10 jku, signed by its key",
            with("jku", "https://evil.example/").signed_by(evil),
            HEADER,
        ),
        ("A10 jku, signed by ours", with("jku", "https://evil.example/").token(), HEADER),
        ("A10 x5u", with("x5u", "https://evil.example/").token(), HEADER),
        ("A11 jwk, signed by it", base().header("jwk", evil.jwk()).signed_by(evil), HEADER),
        ("A11 jwk, signed by ours", base().header("jwk", evil.jwk()).token(), HEADER),
        ("A12 x5c", base().header("x5c", json!(["MII"])).token(), HEADER),
        ("A12 x5t", with("x5t", "AAAA").token(), HEADER),
        ("A12 x5t#S256", with("x5t#S256", "AAAA").token(), HEADER),
        ("A26 the next key", kid("k2"), "OK"),
    ]);
}

#[test]
fn a_signature_is_over_every_byte() {
    let token = base().token();
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let (first, rest) = signature.split_at(1);
    let flipped = format!("{signed}.{}{rest}", if first == "A" { "B" } else { "A" });
    let other = base().claim("sub", "auth0|somebody").signed_text();
    world().check(&[
        ("A25 signature", flipped, SIGNATURE),
        ("A25 payload", format!("{other}.{signature}"), SIGNATURE),
        ("A25 another key", base().signed_by(TestKey::named("evil")), SIGNATURE),
        ("A23 short", base().with_signature(&[1; 255]), SIGNATURE),
        ("A23 long", base().with_signature(&[1; 257]), SIGNATURE),
        ("A23 above the modulus", base().with_signature(&[0xff; 256]), SIGNATURE),
        ("A23 zero", base().with_signature(&[0; 256]), SIGNATURE),
    ]);
}

#[test]
fn every_algorithm_that_can_be_configured_verifies() {
    let all = [
        ("RS256", "k1", Algorithm::Rs256),
        ("RS384", "k1", Algorithm::Rs384),
        ("RS512", "k1", Algorithm::Rs512),
        ("PS256", "k1", Algorithm::Ps256),
        ("PS384", "k1", Algorithm::Ps384),
        ("PS512", "k1", Algorithm::Ps512),
        ("ES256", "p256", Algorithm::Es256),
        ("ES384", "p384", Algorithm::Es384),
        ("EdDSA", "ed", Algorithm::EdDsa),
    ];
    let mut world = world_of_all_keys();
    for (name, key, algorithm) in all {
        world.spec.algorithms = vec![algorithm];
        let token = base().header("alg", name).header("kid", key);
        world.check(&[
            (name, token.token(), "OK"),
            (name, token.with_signature(&[0; 64]), SIGNATURE),
            ("A17 RS1", base().header("alg", "RS1").token(), ALGORITHM),
        ]);
    }
}

fn world_of_all_keys() -> super::World {
    let keys = ["k1", "k2", "p256", "p384", "ed"].map(|name| TestKey::named(name).jwk());
    let mut world = world();
    world.keys = forge::key_set(&keys);
    world
}

#[test]
fn a_key_is_used_with_the_algorithms_of_its_kind() {
    let mut world = world_of_all_keys();
    world.spec.algorithms = vec![
        Algorithm::Rs256,
        Algorithm::Ps256,
        Algorithm::Es256,
        Algorithm::Es384,
        Algorithm::EdDsa,
    ];
    let token = |alg: &str, kid: &str| base().header("alg", alg).header("kid", kid).token();
    let es256 = |signature: &[u8]| {
        base().header("alg", "ES256").header("kid", "p256").with_signature(signature)
    };
    let half = |end: u8| [vec![0; 31], vec![end]].concat();
    let order = [
        0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc,
        0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
    ];
    world.check(&[
        ("A19 ES256 with P-384", token("ES256", "p384"), UNKNOWN),
        ("A19 ES384 with P-256", token("ES384", "p256"), UNKNOWN),
        ("A21 zeros", es256(&[0; 64]), SIGNATURE),
        ("A21 r=0 s=1", es256(&[half(0), half(1)].concat()), SIGNATURE),
        ("A21 r=1 s=0", es256(&[half(1), half(0)].concat()), SIGNATURE),
        ("A21 r=s=n", es256(&[order, order].concat()), SIGNATURE),
        ("A21 63 bytes", es256(&[1; 63]), SIGNATURE),
        ("A21 65 bytes", es256(&[1; 65]), SIGNATURE),
        ("A21 96 bytes", es256(&[1; 96]), SIGNATURE),
        ("A21 DER", es256(&[0x30, 6, 2, 1, 1, 2, 1, 1]), SIGNATURE),
        ("A22 ES256 with an RSA key", token("ES256", "k1"), UNKNOWN),
        ("A22 RS256 with an EC key", token("RS256", "p256"), UNKNOWN),
        ("A22 EdDSA with an EC key", token("EdDSA", "p256"), UNKNOWN),
        ("A24 PS256 with a PKCS #1 signature", pkcs1_as_pss(), SIGNATURE),
    ]);
    let mut jwk = TestKey::named("k1").jwk();
    jwk["alg"] = json!("RS256");
    world.keys = forge::key_set(&[jwk]);
    world.check(&[
        ("A16 PS256 with a key for RS256", token("PS256", "k1"), UNKNOWN),
        ("A16 RS256 with a key for RS256", token("RS256", "k1"), "OK"),
    ]);
}

fn pkcs1_as_pss() -> String {
    let signed = base().header("alg", "PS256").header("kid", "k1");
    let text = signed.signed_text();
    let as_rs256 = forge::sign_text(&text, TestKey::named("k1"), "RS256");
    signed.with_signature(&as_rs256)
}

#[test]
fn a_key_that_was_removed_is_unknown() {
    let mut world = world();
    let token = base().token();
    world.check(&[("A26 before", token.clone(), "OK")]);
    world.keys = KeySet::parse(&forge::jwks(&[TestKey::named("k2").jwk()])).unwrap();
    world.check(&[("A26 after", token, UNKNOWN)]);
}
