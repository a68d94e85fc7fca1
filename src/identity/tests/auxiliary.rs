//! Tokens that are no login: signature and times, and what they say.

use std::time::Duration;

use serde_json::{Value as Json, json};

use super::{base, forge, forge::Forgery, forge::TestKey, world};
use crate::identity::{AuxiliaryToken, TokenLimits};

const NOW: i64 = forge::NOW;

fn claims(token: &str, leeway: u64) -> Result<Json, String> {
    let token = AuxiliaryToken::parse(token.as_bytes(), TokenLimits::default());
    let claims = token.and_then(|token| {
        assert_eq!(token.key_id(), "k1");
        token.claims(&world().keys, Duration::from_secs(leeway), forge::now())
    });
    claims.map(|claims| claims.to_json()).map_err(|refusal| refusal.to_string())
}

fn answer(token: &str, leeway: u64) -> String {
    claims(token, leeway).map_or_else(|refusal| refusal, |_| "OK".to_owned())
}

/// Nothing but what it says.
fn token(claims: &Json) -> Forgery {
    base().payload(claims.to_string())
}

#[test]
fn what_it_says_is_told_in_cerboss_form() {
    let said = json!({ "a": "b", "exp": NOW + 1, "aud": "x", "no": null });
    let told = json!({ "a": "b", "exp": "2026-11-23T11:40:58Z", "aud": ["x"] });
    assert_eq!(claims(&token(&said).token(), 0), Ok(told));
    assert_eq!(claims(&token(&json!({})).token(), 0), Ok(json!({})));
}

#[test]
fn its_times_hold_and_its_signature() {
    let at = |name: &str, offset: i64| token(&json!({ name: NOW + offset })).token();
    for (token, leeway, expected) in [
        (at("exp", 1), 0, "OK"),
        (at("exp", 0), 0, "expired"),
        (at("exp", -29), 30, "OK"),
        (at("exp", -30), 30, "expired"),
        (at("nbf", 0), 0, "OK"),
        (at("nbf", 1), 0, "not yet valid"),
        (at("nbf", 30), 30, "OK"),
        (at("nbf", 31), 30, "not yet valid"),
        (at("iat", 30), 30, "OK"),
        (at("iat", 31), 30, "not yet valid"),
        (token(&json!({ "exp": "later" })).token(), 0, "invalid claims"),
        (token(&json!({})).signed_by(TestKey::named("k2")), 0, "bad signature"),
        (token(&json!({})).header("alg", "none").token(), 0, "unsupported algorithm"),
        (token(&json!({})).header("crit", json!(["exp"])).token(), 0, "unsupported header"),
        (token(&json!({})).without_header("kid").token(), 0, "missing key id"),
        (format!("{}=", token(&json!({})).token()), 0, "malformed token"),
    ] {
        assert_eq!(answer(&token, leeway), expected, "{token}");
    }
}

#[test]
fn it_is_never_printed() {
    let token = token(&json!({ "a": "secret" })).token();
    let token = AuxiliaryToken::parse(token.as_bytes(), TokenLimits::default()).unwrap();
    assert_eq!(format!("{token:?}"), r#"AuxiliaryToken { key_id: "k1", .. }"#);
}
