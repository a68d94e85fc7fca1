//! K: issuer, audience, times, and the shapes of all the others.

use std::time::Duration;

use serde_json::{Value, json};

use super::{base, forge, forge::NOW, world};

const AUDIENCE: &str = "wrong audience";
const CLAIMS: &str = "invalid claims";
const ISSUER: &str = "wrong issuer";
const LIFETIME: &str = "invalid lifetime";
const EXPIRED: &str = "expired";

fn with(name: &str, value: impl Into<Value>) -> String {
    base().claim(name, value).token()
}

/// Numbers that JSON can write and a program cannot hold.
fn with_number(name: &str, number: &str) -> String {
    let number = format!("\"{name}\":{number}");
    base()
        .claim(name, "#")
        .payload_text(|text| text.replace(&format!("\"{name}\":\"#\""), &number))
        .token()
}

#[test]
fn threat_18_the_issuer_is_the_configured_text() {
    world().check(&[
        ("K1 no slash", with("iss", "https://brightpay.eu.auth0.com"), ISSUER),
        ("K1 two slashes", with("iss", "https://brightpay.eu.auth0.com//"), ISSUER),
        ("K1 upper case", with("iss", "https://BRIGHTPAY.eu.auth0.com/"), ISSUER),
        ("K1 http", with("iss", "http://brightpay.eu.auth0.com/"), ISSUER),
        ("K1 trailing space", with("iss", "https://brightpay.eu.auth0.com/ "), ISSUER),
        ("K1 port", with("iss", "https://brightpay.eu.auth0.com:443/"), ISSUER),
        ("K1 userinfo", with("iss", "https://brightpay.eu.auth0.com@evil.example/"), ISSUER),
        ("K1 twin", with("iss", "https://brіghtpay.eu.auth0.com/"), ISSUER),
        ("K1 list", with("iss", json!([forge::ISSUER])), ISSUER),
        ("K1 null", with("iss", json!(null)), ISSUER),
        ("K1 missing", base().without("iss").token(), ISSUER),
        ("K2 another tenant", with("iss", "https://evil.eu.auth0.com/"), ISSUER),
    ]);
}

#[test]
fn threat_42_the_audience_is_ours() {
    world().check(&[
        ("K5 slash", with("aud", format!("{}/", forge::API)), AUDIENCE),
        ("K5 longer", with("aud", format!("{}.evil.example", forge::API)), AUDIENCE),
        ("K5 upper case", with("aud", forge::API.to_uppercase()), AUDIENCE),
        ("K5 null", with("aud", json!(null)), AUDIENCE),
        ("K5 object", with("aud", json!({})), AUDIENCE),
        ("K5 empty", with("aud", json!([])), AUDIENCE),
        ("K5 nested", with("aud", json!([[forge::API]])), AUDIENCE),
        ("K5 missing", base().without("aud").token(), AUDIENCE),
        ("K6 number beside ours", with("aud", json!([forge::API, 42])), CLAIMS),
        ("K7 text", with("aud", forge::API), "OK"),
        ("K7 second", with("aud", json!(["x", forge::API])), "OK"),
        ("K7 twice", with("aud", json!([forge::API, forge::API])), "OK"),
    ]);
}

#[test]
fn threat_36_times_are_numbers_that_can_be_believed() {
    let (month, year) = (30 * 86_400, 365 * 86_400);
    world().check(&[
        ("K8 no exp", base().without("exp").token(), CLAIMS),
        ("K8 text", with("exp", (NOW + 60).to_string()), CLAIMS),
        ("K8 null", with("exp", json!(null)), CLAIMS),
        ("K8 true", with("exp", true), CLAIMS),
        ("K8 object", with("exp", json!({})), CLAIMS),
        ("K8 list", with("exp", json!([NOW + 60])), CLAIMS),
        ("K9 zero", with("exp", 0), EXPIRED),
        ("K9 minus one", with("exp", -1), EXPIRED),
        ("K9 very negative", with("exp", -1_000_000_000), EXPIRED),
        ("K10 1e18", with_number("exp", "1e18"), LIFETIME),
        ("K10 9.9e9", with_number("exp", "9.9e9"), LIFETIME),
        ("K10 30 years", with("exp", NOW + 30 * year), LIFETIME),
        ("K10 2^63", with_number("exp", "9223372036854775808"), LIFETIME),
        ("K10 2^64", with_number("exp", "18446744073709551616"), LIFETIME),
        ("K10 30 days", base().claim("iat", NOW).claim("exp", NOW + month).token(), "OK"),
        ("K10 longer", base().claim("iat", NOW).claim("exp", NOW + month + 1).token(), LIFETIME),
        ("K10 of 1970", with("iat", 0), LIFETIME),
        ("K10 issued long ago", with("iat", NOW - 31 * 86_400), LIFETIME),
        ("K11 fraction", with_number("exp", &format!("{}.5", NOW + 3600)), "OK"),
        ("K12 exp 29 s ago", base().claim("iat", NOW - 90).claim("exp", NOW - 29).token(), "OK"),
        ("K12 exp 31 s ago", base().claim("iat", NOW - 90).claim("exp", NOW - 31).token(), EXPIRED),
        ("K12 exp 30 s ago", base().claim("iat", NOW - 90).claim("exp", NOW - 30).token(), EXPIRED),
        ("K12 iat in 30 s", with("iat", NOW + 30), "OK"),
        ("K12 iat in 31 s", with("iat", NOW + 31), CLAIMS),
        ("K12 nbf in 30 s", with("nbf", NOW + 30), "OK"),
        ("K12 nbf in 29 s", with("nbf", NOW + 29), "OK"),
        ("K12 nbf in 31 s", with("nbf", NOW + 31), "not yet valid"),
        ("K13 nbf in an hour", with("nbf", NOW + 3600), "not yet valid"),
        ("K13 nbf is a text", with("nbf", "x"), CLAIMS),
        ("K13 nbf is null", with("nbf", json!(null)), CLAIMS),
        ("K14 no iat", base().without("iat").token(), CLAIMS),
        ("K14 text", with("iat", "x"), CLAIMS),
        ("K14 negative", with("iat", -5), CLAIMS),
        ("K14 in an hour", with("iat", NOW + 3600), CLAIMS),
        ("K14 after exp", base().claim("iat", NOW + 20).claim("exp", NOW + 20).token(), CLAIMS),
    ]);
    // A number that no double can hold is refused, here or by the reader of JSON.
    assert_ne!(world().answer(&with_number("exp", "1e400")), "OK");
}

#[test]
fn a_token_can_be_too_old_whatever_it_says() {
    let mut world = world();
    world.spec.max_token_age = Some(Duration::from_secs(3600));
    world.check(&[
        ("K15 two hours", with("iat", NOW - 7200), "token too old"),
        ("K15 an hour", with("iat", NOW - 3600), "OK"),
        ("K15 an hour and the skew", with("iat", NOW - 3630), "OK"),
        ("K15 a second more", with("iat", NOW - 3631), "token too old"),
    ]);
    let token = base().token();
    super::world().later(3600 + 29).check(&[("K12 just not", token.clone(), "OK")]);
    super::world().later(3600 + 31).check(&[("K12 expired", token, EXPIRED)]);
}

#[test]
fn a_subject_is_a_short_printable_text() {
    world().check(&[
        ("K17 missing", base().without("sub").token(), CLAIMS),
        ("K17 empty", with("sub", ""), CLAIMS),
        ("K17 number", with("sub", 42), CLAIMS),
        ("K17 object", with("sub", json!({})), CLAIMS),
        ("K17 long", with("sub", format!("auth0|{}", "x".repeat(250))), CLAIMS),
        ("K17 blank", with("sub", " "), CLAIMS),
        ("K17 longest", with("sub", format!("auth0|{}", "x".repeat(249))), "OK"),
        ("K17 of an enterprise", with("sub", "samlp|acme okta|jané/doe@acme.example"), "OK"),
        ("K26 line break", with("sub", "auth0|1\r\nx-admin: 1"), CLAIMS),
        ("K26 NUL", with("sub", "auth0|1\0"), CLAIMS),
        ("K26 right to left", with("sub", "auth0|\u{202e}1"), CLAIMS),
        ("K26 line separator", with("sub", "auth0|\u{2028}1"), CLAIMS),
        ("K26 emoji", with("sub", "auth0|".to_owned() + &"😀".repeat(300)), CLAIMS),
    ]);
}

#[test]
fn other_claims_have_their_shape() {
    let act = |act: Value| with("act", act);
    let deep =
        |depth| (1..depth).fold(json!({"sub": "a"}), |act, _| json!({"sub": "a", "act": act}));
    world().check(&[
        ("K18 azp and client_id", with("client_id", "another"), CLAIMS),
        ("K18 the same", with("client_id", forge::CLIENT), "OK"),
        ("K18 number", with("azp", 1), CLAIMS),
        ("K19 list", with("scope", json!(["read:invoices"])), CLAIMS),
        ("K19 number", with("scope", 1), CLAIMS),
        ("K20 text", with("permissions", "read:invoices"), CLAIMS),
        ("K20 number", with("permissions", json!([1])), CLAIMS),
        ("K20 object", with("permissions", json!({})), CLAIMS),
        ("K20 null", with("permissions", json!(null)), CLAIMS),
        ("K20 empty", with("permissions", json!([])), "OK"),
        ("K21 organization", with("org_id", 1), CLAIMS),
        ("K22 text", act(json!("auth0|1")), CLAIMS),
        ("K22 list", act(json!([{"sub": "a"}])), CLAIMS),
        ("K22 no subject", act(json!({})), CLAIMS),
        ("K22 number", act(json!({"sub": 1})), CLAIMS),
        ("K22 no subject inside", act(json!({"sub": "a", "act": {}})), CLAIMS),
        ("K22 depth 5", act(deep(5)), "OK"),
        ("K22 depth 6", act(deep(6)), CLAIMS),
        (
            "X17 bound to a key",
            with("cnf", json!({"jkt": "x".repeat(43)})),
            "bound token requires DPoP",
        ),
        ("X20 42 characters", with("cnf", json!({"jkt": "x".repeat(42)})), CLAIMS),
        ("X20 number", with("cnf", json!({"jkt": 7})), CLAIMS),
        ("X20 empty", with("cnf", json!({"jkt": ""})), CLAIMS),
        ("X20 text", with("cnf", "x"), CLAIMS),
        ("X20 list", with("cnf", json!(["x"])), CLAIMS),
        ("X20 null", with("cnf", json!(null)), CLAIMS),
        ("X20 unknown", with("cnf", json!({"osc": 1})), CLAIMS),
        (
            "Y3 bound to a certificate",
            with("cnf", json!({"x5t#S256": "x".repeat(43)})),
            "certificate binding failed",
        ),
    ]);
}
