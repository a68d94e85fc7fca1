//! C: tokens that the issuer signed for another purpose.

use serde_json::json;

use super::{base, forge, world};
use crate::identity::TokenDialect;

const AUDIENCE: &str = "wrong audience";
const TYPE: &str = "wrong token type";

#[test]
fn only_an_access_token_is_one() {
    let id_token = base().without("scope").without("permissions").without("azp").claims(&json!({
        "aud": forge::CLIENT, "nonce": "pZ0mQf", "sid": "nT5cR0w6", "amr": ["mfa"],
    }));
    let logout = base().without("scope").claims(&json!({
        "aud": forge::CLIENT,
        "jti": "0d0c1c6e",
        "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
    }));
    let assertion = base().claims(&json!({
        "iss": forge::CLIENT, "sub": forge::CLIENT, "aud": forge::ISSUER,
    }));
    let typ = |typ: &str| base().header("typ", typ).token();
    let aud = |aud: &str| base().claim("aud", aud).token();
    world().check(&[
        ("C1 ID token", id_token.token(), AUDIENCE),
        ("C2 ID token with our audience", id_token.claim("aud", forge::API).token(), TYPE),
        ("C2 at_hash", base().claim("at_hash", "x").token(), TYPE),
        ("C3 logout token", logout.token(), AUDIENCE),
        ("C4 logout token with our audience", logout.claim("aud", forge::API).token(), TYPE),
        ("C5 proof", typ("dpop+jwt"), TYPE),
        ("C5 logout", typ("logout+jwt"), TYPE),
        ("C5 event", typ("secevent+jwt"), TYPE),
        ("C5 ID-JAG", typ("oauth-id-jag+jwt"), TYPE),
        ("C5 introspection", typ("token-introspection+jwt"), TYPE),
        ("C5 JWE", typ("JWE"), TYPE),
        ("C6 no typ", base().without_header("typ").token(), TYPE),
        ("C6 list", base().header("typ", json!(["at+jwt"])).token(), TYPE),
        ("C6 number", base().header("typ", 1).token(), TYPE),
        ("C7 JWT", typ("JWT"), "OK"),
        ("C7 jwt", typ("jwt"), "OK"),
        ("C7 at+jwt", typ("at+jwt"), "OK"),
        ("C7 AT+JWT", typ("AT+JWT"), "OK"),
        ("C7 media type", typ("application/at+jwt"), "OK"),
        (
            "C9 proof's claims",
            base().claims(&json!({"htm": "GET", "htu": "https://a/"})).token(),
            TYPE,
        ),
        ("C11 userinfo", aud("https://brightpay.eu.auth0.com/userinfo"), AUDIENCE),
        ("C11 management", aud("https://brightpay.eu.auth0.com/api/v2/"), AUDIENCE),
        ("C11 MFA", aud("https://brightpay.eu.auth0.com/mfa/"), AUDIENCE),
        ("C11 session transfer", aud("urn:brightpay.eu.auth0.com:session_transfer"), AUDIENCE),
        ("C12 client assertion", assertion.token(), "wrong issuer"),
        ("C13 another API of ours", aud("https://api.brightpay.example/v2"), AUDIENCE),
    ]);
}

#[test]
fn the_dialect_of_rfc_9068_is_the_only_one_where_it_is_configured() {
    let mut world = world();
    world.spec.dialect = TokenDialect::Rfc9068;
    let full = base().without("azp").claims(&json!({"client_id": forge::CLIENT, "jti": "8BV9Vp"}));
    let typ = |typ: &str| full.clone().header("typ", typ);
    world.check(&[
        ("C7 JWT", typ("JWT").token(), TYPE),
        ("C7 at+jwt", typ("at+jwt").token(), "OK"),
        ("C7 AT+JWT", typ("AT+JWT").token(), "OK"),
        ("C7 media type", typ("application/at+jwt").token(), "OK"),
        ("C8 no jti", typ("at+jwt").without("jti").token(), "invalid claims"),
        ("C8 no client_id", typ("at+jwt").without("client_id").token(), "invalid claims"),
        ("C8 jti is a number", typ("at+jwt").claim("jti", 5).token(), "invalid claims"),
    ]);
}
