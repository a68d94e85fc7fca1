//! R9: what is taken for a logout token, and what is not.

use serde_json::{Value, json};

use super::{base, forge, forge::Forgery, world};
use crate::identity::{
    IssuerSpec, LoggedOut, Logout, TokenError, TokenLimits, UnverifiedToken, Verifier,
};

const SUBJECT: &str = "auth0|07780e7e03c5dfacfd6d55ad";

/// As Auth0 sends it.
fn logout() -> Forgery {
    let events = json!({ "http://schemas.openid.net/event/backchannel-logout": {} });
    let other =
        ["scope", "permissions", "azp"].iter().fold(base(), |token, name| token.without(name));
    other.claims(&json!({
        "aud": forge::CLIENT,
        "iat": forge::NOW - 1,
        "exp": forge::NOW + 119,
        "jti": "0d0c1c6e-51b1-4a2e-9bb5-8a2a5f0f7c11",
        "sid": "nT5cR0w6cW1pWk2kqZ0x9hYB3dXo4sQv",
        "trace_id": "8f3a",
        "events": events,
    }))
}

fn verify_for(spec: &IssuerSpec, token: &str) -> Result<Logout, TokenError> {
    let world = world();
    let [verifier] = &Verifier::for_issuers(vec![spec.clone()])[..] else { panic!() };
    let token = UnverifiedToken::parse_bytes(token.as_bytes(), TokenLimits::default())?;
    verifier.verify_logout(&token, &world.keys, world.now)
}

fn verify(token: &Forgery) -> Result<Logout, TokenError> {
    verify_for(&forge::spec(), &token.token())
}

#[test]
fn an_issuers_logout_token_says_who_has_left() {
    let session: Box<str> = "nT5cR0w6cW1pWk2kqZ0x9hYB3dXo4sQv".into();
    let at = jiff::Timestamp::from_second(forge::NOW - 1).unwrap();
    let of = |who| Logout {
        tenant: forge::ISSUER.into(),
        who,
        at,
        id: "0d0c1c6e-51b1-4a2e-9bb5-8a2a5f0f7c11".into(),
    };
    let both = of(LoggedOut::Session { session: session.clone(), subject: Some(SUBJECT.into()) });
    for (token, expected) in [
        (logout(), &both),
        (logout().header("typ", "logout+jwt"), &both),
        (logout().header("typ", "application/Logout+JWT"), &both),
        (logout().claim("aud", json!(["other", forge::CLIENT])), &both),
        (logout().claim("iat", forge::NOW - 1 + 30).claim("exp", forge::NOW + 60), &{
            let later = jiff::Timestamp::from_second(forge::NOW + 29).unwrap();
            Logout { at: later, ..both.clone() }
        }),
        (logout().claim("iat", forge::NOW - 330).claim("exp", forge::NOW + 60), &{
            let earlier = jiff::Timestamp::from_second(forge::NOW - 330).unwrap();
            Logout { at: earlier, ..both.clone() }
        }),
        (logout().without("sub"), &of(LoggedOut::Session { session, subject: None })),
        (logout().without("sid"), &of(LoggedOut::Subject(SUBJECT.into()))),
    ] {
        assert_eq!(verify(&token).as_ref(), Ok(expected), "{token:?}");
    }
    // Domains of one tenant speak of the same users.
    let spec = IssuerSpec { tenant: Some("brightpay".into()), ..forge::spec() };
    assert_eq!(*verify_for(&spec, &logout().token()).unwrap().tenant, *"brightpay");
}

#[test]
fn r9_nobody_is_logged_out_by_anything_else() {
    let event = "http://schemas.openid.net/event/backchannel-logout";
    let events = |events: Value| logout().claim("events", events);
    let times = |iat: i64, exp: i64| {
        logout().claims(&json!({ "iat": forge::NOW + iat, "exp": forge::NOW + exp }))
    };
    let claim = TokenError::InvalidClaim;
    for (name, token, expected) in [
        ("an access token", base(), TokenError::WrongType),
        ("an ID token", logout().without("events").claim("nonce", "n"), TokenError::WrongType),
        ("at+jwt", logout().header("typ", "at+jwt"), TokenError::WrongType),
        ("secevent+jwt", logout().header("typ", "secevent+jwt"), TokenError::WrongType),
        ("nonce", logout().claim("nonce", "n"), TokenError::WrongType),
        ("nonce null", logout().claim("nonce", Value::Null), TokenError::WrongType),
        ("no events", logout().without("events"), TokenError::WrongType),
        ("another event", events(json!({ "https://e.example": {} })), TokenError::WrongType),
        ("an event that is no object", events(json!({ event: true })), TokenError::WrongType),
        ("events that are a list", events(json!([event])), claim("events")),
        ("our API", logout().claim("aud", forge::API), TokenError::WrongAudience),
        ("another client", logout().claim("aud", "other"), TokenError::WrongAudience),
        ("no audience", logout().without("aud"), TokenError::WrongAudience),
        ("audience of numbers", logout().claim("aud", json!([forge::CLIENT, 7])), claim("aud")),
        ("another issuer", logout().claim("iss", "https://evil.example/"), TokenError::WrongIssuer),
        ("another algorithm", logout().header("alg", "PS256"), TokenError::UnsupportedAlgorithm),
        ("another's key", logout().header("kid", "evil"), TokenError::UnknownKey),
        ("expired", times(-200, -31), TokenError::Expired),
        ("old", times(-331, 60), TokenError::TooOld),
        ("of the future", times(31, 90), claim("iat")),
        ("no iat", logout().without("iat"), claim("iat")),
        ("no exp", logout().without("exp"), claim("exp")),
        ("no jti", logout().without("jti"), claim("jti")),
        ("empty jti", logout().claim("jti", ""), claim("jti")),
        ("neither sid nor sub", logout().without("sid").without("sub"), claim("sid")),
        ("empty sid", logout().claim("sid", ""), claim("sid")),
        ("sid null", logout().claim("sid", Value::Null), claim("sid")),
        ("sub a number", logout().claim("sub", 7), claim("sub")),
    ] {
        assert_eq!(verify(&token).unwrap_err(), expected, "{name}");
    }
    let forged = logout().signed_by(forge::TestKey::named("evil"));
    assert_eq!(verify_for(&forge::spec(), &forged).unwrap_err(), TokenError::BadSignature);
    let mute = IssuerSpec { logout_clients: Vec::new(), ..forge::spec() };
    let unheard = verify_for(&mute, &logout().token()).unwrap_err();
    assert_eq!(unheard, TokenError::WrongAudience, "nobody's logout tokens are believed");
}

#[test]
fn c3_c4_a_logout_token_never_opens_a_door() {
    world().check(&[
        ("C3", logout().token(), "wrong audience"),
        ("C4", logout().claim("aud", forge::API).token(), "wrong token type"),
        (
            "C5",
            logout().claim("aud", forge::API).header("typ", "logout+jwt").token(),
            "wrong token type",
        ),
    ]);
}

#[test]
fn a_session_that_cannot_be_read_could_not_be_ended() {
    let sid = |value: Value| base().claim("sid", value).token();
    world().check(&[
        ("text", sid(json!("s1")), "OK"),
        ("null", sid(Value::Null), "OK"),
        ("empty", sid(json!("")), "invalid claims"),
        ("number", sid(json!(7)), "invalid claims"),
        ("list", sid(json!(["s1"])), "invalid claims"),
    ]);
}
