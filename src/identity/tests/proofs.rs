//! X: `DPoP` proofs, each with the text that refuses it.

use serde_json::{Value, json};

use super::{
    forge::{self, Forgery, NOW, TestKey},
    sender::{Sender, check_proofs, proof},
};
use crate::identity::{Algorithm, jwk};
use crate::request::json::{self as strict, JsonLimits};

fn signed(proof: &Forgery) -> String {
    proof.signed_by(TestKey::named("p256"))
}

fn with(claim: &str, value: impl Into<Value>) -> String {
    signed(&proof().claim(claim, value))
}

fn without(claim: &str) -> String {
    signed(&proof().without(claim))
}

#[test]
fn x1_a_thumbprint_is_that_of_rfc_9449() {
    // The key of RFC 9449, section 4.1, and its `jkt` of section 6.1.
    let key = br#"{"kty":"EC","x":"l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",
        "y":"9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA","crv":"P-256"}"#;
    let limits = JsonLimits { bytes: 1000, depth: 2, values: 10 };
    let key = crate::engine::model::Value::from(strict::parse(key, limits).unwrap());
    let crate::engine::model::Value::Map(key) = key else { panic!() };
    assert_eq!(jwk::thumbprint(&key), "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
}

#[test]
fn x3_x4_x5_a_proof_is_for_one_method_and_one_url() {
    let url = |url: &str| with("htu", url);
    check_proofs(&[
        ("X1", signed(&proof()), "OK"),
        ("X3 POST", with("htm", "POST"), "method"),
        ("X3 get", with("htm", "get"), "method"),
        ("X3 none", without("htm"), "method"),
        ("X4 query and fragment", url("https://api.brightpay.example/x?a=1#f"), "OK"),
        ("X4 fragment", url("https://api.brightpay.example/x#/y?z"), "OK"),
        ("X4 host in upper case", url("HTTPS://API.brightpay.EXAMPLE/x"), "OK"),
        ("X4 port", url("https://api.brightpay.example:443/x"), "OK"),
        ("X4 dots", url("https://api.brightpay.example/y/../x"), "OK"),
        ("X4 escape", url("https://api.brightpay.example/%78"), "OK"),
        ("X5 slash", url("https://api.brightpay.example/x/"), "uri"),
        ("X5 directory", url("https://api.brightpay.example/x/."), "uri"),
        ("X5 upper case", url("https://api.brightpay.example/X"), "uri"),
        ("X5 scheme", url("http://api.brightpay.example/x"), "uri"),
        ("X5 scheme with our port", url("http://api.brightpay.example:443/x"), "uri"),
        ("X5 other port", url("https://api.brightpay.example:8443/x"), "uri"),
        ("X5 other host", url("https://api.brightpay.example.evil.example/x"), "uri"),
        ("X5 user", url("https://u:p@api.brightpay.example/x"), "uri"),
        ("X5 user that looks like us", url("https://api.brightpay.example@evil.example/x"), "uri"),
        ("X5 relative", url("/x"), "uri"),
        ("X5 no host", url("https:///x"), "uri"),
        ("X5 empty", url(""), "uri"),
        ("X5 encoded slash", url("https://api.brightpay.example/%2Fx"), "uri"),
        ("X5 half an escape", url("https://api.brightpay.example/x%7"), "uri"),
        ("X5 escape with a sign", url("https://api.brightpay.example/%+7x"), "uri"),
        ("X5 beyond ASCII", url("https://api.brightpay.example/%é"), "uri"),
        ("X5 none", without("htu"), "uri"),
    ]);
}

#[test]
fn x4_the_root_and_a_port_are_compared_as_urls() {
    let answer = |target: &str, host: &str, url: &str| {
        let mut sender = Sender::with_proofs(&[&with("htu", url)]);
        sender.request.target = target.to_owned().into();
        sender.request.host = host.to_owned().into();
        sender.answer()
    };
    let name = "api.brightpay.example";
    assert_eq!(answer("/", name, "https://api.brightpay.example"), "OK");
    assert_eq!(answer("/", name, "https://api.brightpay.example?a"), "OK");
    assert_eq!(answer("/a%C3%A9", name, "https://api.brightpay.example/a%c3%a9"), "OK");
    let with_port = "api.brightpay.example:8443";
    assert_eq!(answer("/x", with_port, "https://api.brightpay.example:8443/x"), "OK");
    assert_eq!(answer("/x", with_port, forge::URL), "uri");
    assert_eq!(answer("/x", "evil.example", forge::URL), "uri");
}

#[test]
fn x7_x8_a_proof_names_its_token_and_itself() {
    let standard = "+/".repeat(21) + "+";
    check_proofs(&[
        ("X7 none", without("ath"), "ath"),
        ("X7 wrong", with("ath", "x".repeat(43)), "ath"),
        ("X7 another token", signed(&Forgery::proof("another")), "ath"),
        ("X7 base64", with("ath", standard), "ath"),
        ("X8 none", without("jti"), "jti"),
        ("X8 empty", with("jti", ""), "jti"),
        ("X8 number", with("jti", 5), "jti"),
        ("X8 256 bytes", with("jti", "j".repeat(256)), "OK"),
        ("X8 257 bytes", with("jti", "j".repeat(257)), "jti"),
        ("X8 10 KB", with("jti", "j".repeat(10_000)), "proof too large"),
    ]);
}

#[test]
fn x9_x18_a_proof_is_fresh() {
    let issued = |seconds: i64| with("iat", NOW + seconds);
    check_proofs(&[
        ("X9 -290", issued(-290), "OK"),
        ("X9 -310", issued(-310), "stale"),
        ("X9 +25", issued(25), "OK"),
        ("X9 +60", issued(60), "stale"),
        ("X9 at the far end", issued(-300), "OK"),
        ("X9 beyond it", issued(-301), "stale"),
        ("X9 at the near end", issued(30), "OK"),
        ("X9 ahead of it", issued(31), "stale"),
        ("X9 fraction", with("iat", 1_795_434_056.25), "OK"),
        ("X9 text", with("iat", NOW.to_string()), "stale"),
        ("X9 none", without("iat"), "stale"),
        ("X9 null", with("iat", Value::Null), "stale"),
        ("X9 negative", with("iat", -5), "stale"),
        ("X18 exp", with("exp", NOW - 60), "stale"),
        ("X18 exp now", with("exp", NOW), "stale"),
        ("X18 nbf", with("nbf", NOW + 60), "stale"),
        ("X18 nbf as far ahead as a clock may be", with("nbf", NOW + 30), "OK"),
        ("X18 nbf a second more", with("nbf", NOW + 31), "stale"),
        ("X18 exp text", with("exp", "x"), "stale"),
        ("X18 both hold", signed(&proof().claims(&json!({"exp": NOW + 60, "nbf": NOW}))), "OK"),
    ]);
}

#[test]
fn x10_x11_x12_a_proof_brings_a_strong_public_key() {
    let typ = |typ: &str| signed(&proof().header("typ", typ));
    let alg = |alg: &str| signed(&proof().header("alg", alg));
    let key = |jwk: Value| signed(&proof().header("jwk", jwk));
    let jwk = |name: &str, value: &str| {
        let mut jwk = TestKey::named("p256").jwk();
        jwk[name] = json!(value);
        jwk
    };
    let symmetric = Forgery::proof("").header("alg", "HS256");
    let symmetric = symmetric.header("jwk", json!({"kty": "oct", "k": "c2VjcmV0"}));
    check_proofs(&[
        ("X10 none", signed(&proof().without_header("typ")), "type"),
        ("X10 JWT", typ("JWT"), "type"),
        ("X10 at+jwt", typ("at+jwt"), "type"),
        ("X10 DPoP+JWT", typ("DPoP+JWT"), "OK"),
        ("X10 media type", typ("application/dpop+jwt"), "OK"),
        ("C10 access token", Forgery::base().token(), "type"),
        ("X11 none", alg("none"), "algorithm"),
        ("X11 no alg", signed(&proof().without_header("alg")), "algorithm"),
        ("X11 HS256", symmetric.signed_by(&TestKey::hmac(b"secret")), "algorithm"),
        ("X11 ES256K", alg("ES256K"), "algorithm"),
        ("X11 not configured", alg("RS256"), "algorithm"),
        ("X11 P-384", key(TestKey::named("p384").jwk()), "key"),
        ("X11 RSA", key(TestKey::named("k1").jwk()), "key"),
        ("X12 private", key(jwk("d", "AAAA")), "key"),
        ("X12 none", signed(&proof().without_header("jwk").header("kid", "p256")), "key"),
        ("X12 text", key(json!("p256")), "key"),
        ("A20 off the curve", key(jwk("y", &forge::base64url([1; 32]))), "key"),
        ("A20 short", key(jwk("x", &forge::base64url([1; 31]))), "key"),
        ("X12 other use", key(jwk("use", "enc")), "key"),
        ("X12 other alg", key(jwk("alg", "ES384")), "key"),
        ("X12 its alg", key(jwk("alg", "ES256")), "OK"),
        ("X12 more members", key(jwk("ext", "true")), "OK"),
        ("X12 kid is not read", signed(&proof().header("kid", json!(7))), "OK"),
        ("X12 jku", signed(&proof().header("jku", "https://evil.example/")), "unsupported header"),
        ("X12 x5c", signed(&proof().header("x5c", json!(["MII"]))), "unsupported header"),
        ("B11 crit", signed(&proof().header("crit", json!(["exp"]))), "unsupported header"),
    ]);
}

#[test]
fn x11_a24_other_algorithms_are_accepted_where_they_are_configured() {
    let answer = |alg: &str, key: &str, signing: &str| {
        let key = TestKey::named(key);
        let token = Forgery::base().bound(Some(key), None).token();
        let proof = Forgery::proof(&token).header("alg", alg).header("jwk", key.jwk());
        let signature = forge::sign_text(&proof.signed_text(), key, signing);
        let proof = proof.with_signature(&signature);
        let mut sender = Sender::new("DPoP", token, &[("dpop", &proof)]);
        sender.rules.proofs.algorithms =
            [Algorithm::Rs256, Algorithm::Ps256, Algorithm::Es384, Algorithm::EdDsa].into();
        sender.answer()
    };
    assert_eq!(answer("RS256", "k1", "RS256"), "OK");
    assert_eq!(answer("PS256", "k1", "PS256"), "OK");
    assert_eq!(answer("ES384", "p384", "ES384"), "OK");
    assert_eq!(answer("EdDSA", "ed", "EdDSA"), "OK");
    assert_eq!(answer("ES256", "p256", "ES256"), "algorithm");
    assert_eq!(answer("PS256", "k1", "RS256"), "bad signature");
    assert_eq!(answer("RS256", "k1", "PS256"), "bad signature");
}

#[test]
fn x11_a_weak_rsa_key_is_none() {
    let jwk = json!({"kty": "RSA", "n": forge::base64url([0xff; 128]), "e": "AQAB"});
    let proof = signed(&proof().header("alg", "RS256").header("jwk", jwk));
    let mut sender = Sender::with_proofs(&[&proof]);
    sender.rules.proofs.algorithms = [Algorithm::Rs256].into();
    assert_eq!(sender.answer(), "key");
}

#[test]
fn threat_38_x14_a21_a_signature_is_the_makers() {
    let proof = proof();
    let n = [
        0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc,
        0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
    ];
    let number = |last: u8| {
        let mut bytes = [0; 32];
        bytes[31] = last;
        bytes
    };
    let pair = |r: [u8; 32], s: [u8; 32]| proof.with_signature(&[r, s].concat());
    let (head, _) = signed(&proof).rsplit_once('.').map(|(h, s)| (h.to_owned(), s.len())).unwrap();
    check_proofs(&[
        ("X14 zeros", pair([0; 32], [0; 32]), "bad signature"),
        ("A21 r=0, s=1", pair(number(0), number(1)), "bad signature"),
        ("A21 r=1, s=0", pair(number(1), number(0)), "bad signature"),
        ("A21 r=s=n", pair(n, n), "bad signature"),
        ("A21 63 bytes", proof.with_signature(&[1; 63]), "bad signature"),
        ("A21 65 bytes", proof.with_signature(&[1; 65]), "bad signature"),
        ("X14 another key", proof.signed_by(TestKey::named("p384")), "bad signature"),
        ("B2 no signature", format!("{head}."), "malformed proof"),
        ("B2 two segments", head, "malformed proof"),
        ("B2 five segments", "a.b.c.d.e".to_owned(), "malformed proof"),
        ("B3 padding", format!("{}=", signed(&proof)), "malformed proof"),
    ]);
}

#[test]
fn b4_b7_a_proof_is_strict_json() {
    let twice = |text: &str| text.replacen('{', r#"{"htm":"POST","#, 1);
    let nested = |text: &str| {
        let deep = format!(r#"{{"deep":{}{},"#, "[".repeat(40), "]".repeat(40));
        text.replacen('{', &deep, 1)
    };
    check_proofs(&[
        ("B4 claims", signed(&proof().payload_text(twice)), "malformed proof"),
        (
            "B4 header",
            signed(&proof().header_text(|text| text.replacen('{', r#"{"alg":"none","#, 1))),
            "malformed proof",
        ),
        (
            "B4 inside of the key",
            signed(
                &proof()
                    .header_text(|text| text.replacen(r#""crv":"#, r#""crv":"P-384","crv":"#, 1)),
            ),
            "malformed proof",
        ),
        ("B5 list", signed(&proof().payload(*b"[]")), "malformed proof"),
        (
            "B6 byte order mark",
            signed(&proof().payload_text(|t| format!("\u{feff}{t}"))),
            "malformed proof",
        ),
        ("B7 nested", signed(&proof().payload_text(nested)), "malformed proof"),
    ]);
}

#[test]
fn x15_x16_there_is_one_proof() {
    let proof = signed(&proof());
    let joined = format!("{proof},{proof}");
    assert_eq!(Sender::with_proofs(&[&proof, &proof]).answer(), "multiple proofs");
    assert_eq!(Sender::with_proofs(&[&joined]).answer(), "multiple proofs");
    assert_eq!(Sender::with_proofs(&[]).answer(), "proof missing");
    assert_eq!(Sender::with_proofs(&[""]).answer(), "malformed proof");
    let of_size = |bytes| Sender::with_proofs(&[&"a".repeat(bytes)]).answer();
    assert_eq!(of_size(8 * 1024), "malformed proof");
    assert_eq!(of_size(8 * 1024 + 1), "proof too large");
}

#[test]
fn x5_a_request_in_clear_has_a_proof_for_it() {
    let answer = |scheme: &str, host: &str, url: &str| {
        let mut sender = Sender::with_proofs(&[&with("htu", url)]);
        sender.request.scheme = scheme.to_owned().into();
        sender.request.host = host.to_owned().into();
        sender.answer()
    };
    let host = "api.brightpay.example";
    for (scheme, port, url, expected) in [
        ("http", "", "http://api.brightpay.example/x", "OK"),
        ("http", "", "http://api.brightpay.example:80/x", "OK"),
        ("http", ":8080", "http://api.brightpay.example:8080/x", "OK"),
        ("http", ":8080", "http://api.brightpay.example/x", "uri"),
        ("http", "", "http://api.brightpay.example:443/x", "uri"),
        ("http", "", "https://api.brightpay.example/x", "uri"),
        ("https", "", "http://api.brightpay.example/x", "uri"),
        ("https", "", "ftp://api.brightpay.example/x", "uri"),
    ] {
        assert_eq!(
            answer(scheme, &format!("{host}{port}"), url),
            expected,
            "{scheme} {port} {url}"
        );
    }
}

#[test]
fn no_bit_of_a_proof_can_be_changed() {
    let proof = signed(&proof());
    assert_eq!(Sender::with_proofs(&[&proof]).answer(), "OK");
    for index in 0..proof.len() {
        for bit in 0..7 {
            let mut bytes = proof.clone().into_bytes();
            bytes[index] ^= 1 << bit;
            let changed = String::from_utf8(bytes).unwrap();
            let answer = Sender::with_proofs(&[&changed]).answer();
            assert_ne!(answer, "OK", "byte {index}, bit {bit}");
        }
    }
}
