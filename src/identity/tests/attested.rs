//! Claims that Envoy's `jwt_authn` has verified: all but the signature is checked as of any token.

use jiff::Timestamp;
use serde_json::{Value as Json, json};

use super::forge;
use crate::engine::model::Value;
use crate::identity::{
    AttestedClaims, Credentials, Demands, Issued, Presentation, Revocable, Scheme, TokenPlace,
    TokenSource, Verifier,
};
use crate::request::{HttpRequest, RawRequest};

const KEY: &str = "auth0";

fn source() -> TokenSource {
    TokenSource { place: TokenPlace::EnvoyMetadata(KEY.into()), forward: false }
}

/// A request of which Envoy says this.
fn request(metadata: &Json) -> HttpRequest<'static> {
    let Value::Map(jwt_authn) = Value::from(metadata.clone()) else { panic!() };
    let raw = RawRequest { jwt_authn, ..forge::request(&[("authorization", "Bearer a.b.c")]) };
    HttpRequest::read(raw, &forge::rules()).unwrap()
}

fn claims() -> Json {
    json!({
        "iss": forge::ISSUER,
        "aud": forge::API,
        "sub": "auth0|1",
        "sid": "s1",
        "iat": forge::NOW - 10,
        "exp": forge::NOW + 60,
    })
}

fn changed(name: &str, value: Json) -> Json {
    let mut claims = claims();
    claims[name] = value;
    claims
}

fn found(metadata: &Json) -> AttestedClaims {
    match source().find(&request(metadata)).unwrap().unwrap() {
        Credentials::Attested(claims) => claims,
        Credentials::Token(_) => panic!(),
    }
}

#[test]
fn what_envoy_left_under_the_key_is_found_and_nothing_else() {
    assert_eq!(found(&json!({ KEY: claims() })).issuer(), forge::ISSUER);
    assert_eq!(found(&json!({ KEY: { "iss": 7 } })).issuer(), "");
    let printed = format!("{:?}", found(&json!({ KEY: claims() })));
    assert_eq!(printed, "AttestedClaims { .. }", "nothing of them");
    assert!(source().find(&request(&json!({}))).unwrap().is_none(), "another place is none");
    assert!(source().find(&request(&json!({ "other": claims() }))).unwrap().is_none());
    assert!(source().find(&request(&json!({ KEY: null }))).is_err());
    let text = source().find(&request(&json!({ KEY: "claims" })));
    assert_eq!(text.unwrap_err().to_string(), "malformed credentials");
    assert_eq!(source().carrier(&request(&json!({ KEY: claims() }))), Ok(None));
}

/// JSON has no such number, and the message of Envoy has.
#[test]
fn a_time_that_is_no_number_is_none() {
    for name in ["exp", "iat", "nbf"] {
        let Value::Map(claims) = Value::from(claims()) else { panic!() };
        let others = claims.iter().filter(|(other, _)| *other != name);
        let others = others.map(|(name, value)| (name, value.clone()));
        let claims = others.chain([(name, Value::from(f64::NAN))]).collect();
        let mut request = request(&json!({}));
        request.jwt_authn = [(KEY, Value::Map(claims))].into_iter().collect();
        let Some(Credentials::Attested(attested)) = source().find(&request).unwrap() else {
            panic!()
        };
        assert_eq!(answer(&attested), "invalid claims", "{name}");
    }
}

#[test]
fn claims_of_envoy_are_checked_as_those_of_a_token() {
    for (claims, expected) in [
        (claims(), "OK"),
        (changed("iss", json!("https://evil.example/")), "wrong issuer"),
        (changed("aud", json!("https://other.example")), "wrong audience"),
        (changed("exp", json!(forge::NOW - 30)), "expired"),
        (changed("sub", json!("")), "invalid claims"),
        (changed("nonce", json!("n")), "wrong token type"),
    ] {
        let attested = found(&json!({ KEY: claims }));
        assert_eq!(answer(&attested), expected, "{claims}");
    }
}

/// `OK`, or the text of the refusal.
fn answer(attested: &AttestedClaims) -> String {
    let [verifier] = &Verifier::for_issuers(vec![forge::spec()])[..] else { panic!() };
    let (demands, now) = (&Demands::default(), forge::now());
    let presentation = Presentation { scheme: Scheme::Bearer, demands, now, possession: None };
    let token = match verifier.verify_attested(attested, &presentation) {
        Ok(token) => token,
        Err(refusal) => return refusal.to_string(),
    };
    let (principal, _) = verifier.attested_principal(&token).unwrap();
    assert_eq!(&*principal.id, "auth0|1");
    let second = |second| Timestamp::from_second(second).unwrap();
    assert_eq!(token.expires_at(), second(forge::NOW + 60));
    let Issued { tenant, subject, session, at } = token.issued();
    assert_eq!((tenant, subject, session), (forge::ISSUER, "auth0|1", Some("s1")));
    assert_eq!(at, second(forge::NOW - 10));
    "OK".to_owned()
}
