//! What a route demands beyond a valid token: scopes, permissions, and a strong or recent login.

use std::time::Duration;

use serde_json::{Value, json};

use super::{World, base, forge, forge::NOW, world};
use crate::identity::{ClaimPath, Demands, InvalidWord, Word};

const CLAIMS: &str = "invalid claims";
const SCOPE: &str = "insufficient scope";
const PERMISSION: &str = "missing permission";
const STEP_UP: &str = "a more recent or stronger login is required";
const LOGIN: &str = "a login is required";
const MFA: &str = "urn:gateway:mfa";

fn demanding(demands: Demands) -> World {
    World { demands, ..world() }
}

fn with(name: &str, value: impl Into<Value>) -> String {
    base().claim(name, value).token()
}

fn words(words: &[&str]) -> impl Iterator<Item = Word> {
    words.iter().map(|word| word.parse().unwrap())
}

/// An Auth0 token of a client that acts for itself.
fn machine() -> forge::Forgery {
    base().claim("sub", format!("{}@clients", forge::CLIENT)).claim("gty", "client-credentials")
}

#[test]
fn all_scopes_are_demanded_by_byte() {
    let scopes = words(&["read:invoices", "openid"]).collect();
    demanding(Demands { scopes, ..Demands::default() }).check(&[
        ("both", base().token(), "OK"),
        ("one", with("scope", "read:invoices"), SCOPE),
        ("none", base().without("scope").token(), SCOPE),
        ("K19 longer", with("scope", "openid read:invoices-all"), SCOPE),
        ("K19 upper case", with("scope", "openid READ:invoices"), SCOPE),
        ("K19 tab", with("scope", "openid\tread:invoices"), SCOPE),
        ("K19 no-break space", with("scope", "openid\u{a0}read:invoices"), SCOPE),
        ("K19 list", with("scope", json!(["openid", "read:invoices"])), CLAIMS),
        ("permissions are no scopes", with("scope", "openid"), SCOPE),
        (
            "an expired token",
            base().without("scope").claim("exp", NOW - 31).claim("iat", NOW - 90).token(),
            "expired",
        ),
        ("a machine has scopes too", machine().token(), "OK"),
    ]);
}

#[test]
fn all_permissions_are_demanded_by_byte() {
    let permissions = ["read:invoices".into(), "update:invoices".into()].into();
    demanding(Demands { permissions, ..Demands::default() }).check(&[
        ("both", base().token(), "OK"),
        ("one", with("permissions", json!(["read:invoices"])), PERMISSION),
        ("absent", base().without("permissions").token(), PERMISSION),
        ("scopes are no permissions", with("permissions", json!([])), PERMISSION),
        (
            "upper case",
            with("permissions", json!(["READ:invoices", "update:invoices"])),
            PERMISSION,
        ),
        ("K20 text", with("permissions", "read:invoices update:invoices"), CLAIMS),
    ]);
}

#[test]
fn a_login_is_as_strong_as_the_token_says() {
    let acr = words(&["urn:gateway:hardware", MFA]).collect();
    let mut world = demanding(Demands { acr, ..Demands::default() });
    world.check(&[
        ("one of two", with("acr", MFA), "OK"),
        ("another", with("acr", "urn:gateway:password"), STEP_UP),
        ("longer", with("acr", format!("{MFA}2")), STEP_UP),
        ("absent", base().token(), STEP_UP),
        ("null, as an Action writes it", with("acr", json!(null)), STEP_UP),
        ("list", with("acr", json!([MFA])), CLAIMS),
        ("number", with("acr", 2), CLAIMS),
        ("a machine", machine().token(), LOGIN),
        ("an unknown kind", with("sub", "somebody"), CLAIMS),
    ]);
    world.spec.claims.acr = ClaimPath::top("https://gateway.example/acr");
    world.check(&[
        ("named by the operator", with("https://gateway.example/acr", MFA), "OK"),
        ("and by nobody else", with("acr", MFA), STEP_UP),
    ]);
}

#[test]
fn a_login_is_as_recent_as_the_token_says() {
    let max_age = Some(Duration::from_secs(300));
    demanding(Demands { max_age, ..Demands::default() }).check(&[
        ("just now", with("auth_time", NOW), "OK"),
        ("within the skew", with("auth_time", NOW - 330), "OK"),
        ("too long ago", with("auth_time", NOW - 331), STEP_UP),
        ("1970", with("auth_time", 0), STEP_UP),
        ("a new token of an old login", base().token(), STEP_UP),
        ("in a minute", with("auth_time", NOW + 60), CLAIMS),
        ("before 1970", with("auth_time", -1), CLAIMS),
        ("text", with("auth_time", NOW.to_string()), CLAIMS),
        ("list", with("auth_time", json!([NOW])), CLAIMS),
        ("a machine", machine().token(), LOGIN),
    ]);
}

#[test]
fn what_no_login_can_mend_is_said_first() {
    let demands = Demands {
        permissions: ["delete:invoices".into()].into(),
        scopes: words(&["delete:invoices"]).collect(),
        acr: words(&[MFA]).collect(),
        ..Demands::default()
    };
    let permitted = || base().claim("permissions", json!(["delete:invoices"]));
    demanding(demands).check(&[
        ("nothing", base().token(), PERMISSION),
        ("permission", permitted().token(), SCOPE),
        ("and scope", permitted().claim("scope", "delete:invoices").token(), STEP_UP),
    ]);
}

#[test]
fn a_word_can_be_told_in_quotes() {
    for text in ["", "a b", "a\"b", "a\\b", "a\r\nb", "é", "a\0"] {
        assert_eq!(text.parse::<Word>(), Err(InvalidWord), "{text:?}");
    }
    assert_eq!(
        "https://acme.example/mfa#1".parse::<Word>().unwrap().as_str(),
        "https://acme.example/mfa#1"
    );
}
