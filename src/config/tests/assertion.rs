//! `assertion:`

use std::time::Duration;

use super::read_with;
use crate::answer::HeaderSource;

const ISSUER: &str = "issuer: https://gateway.example";

#[test]
fn an_issuer_is_enough() {
    let config = read_with(&format!("assertion: {{ {ISSUER} }}\n")).unwrap();
    let assertion = config.assertion.unwrap();
    assert!(assertion.key_files.is_empty() && assertion.listen.is_none());
    let rules = assertion.rules;
    assert_eq!((rules.header.as_str(), rules.audience), ("x-portcullis-assertion", None));
    assert_eq!(rules.lifetime, Duration::from_mins(1));
    assert_eq!(rules.claims["roles"], HeaderSource::Roles);
    let names: Vec<&str> = rules.claims.keys().map(|name| &**name).collect();
    assert_eq!(names, ["client_id", "org_id", "permissions", "roles", "scope", "token_issuer"]);
    assert!(read_with("").unwrap().assertion.is_none());
}

#[test]
fn what_is_wrong_with_an_assertion_is_said_with_its_place() {
    let own = "expected a header of your own, such as `x-portcullis-subject`";
    for (more, expected) in [
        (
            "assertion: {}\n".to_owned(),
            "7:12: `assertion.issuer` is missing; expected what backends expect as `iss`, such as `https://gateway.example`".to_owned(),
        ),
        (
            format!("assertion: {{ {ISSUER}, header: cookie }}\n"),
            format!("7:55: the header `cookie` may not be written by an answer; {own}"),
        ),
        (
            format!("assertion: {{ {ISSUER}, header: X-Portcullis-Subject }}\n"),
            "1:1: `x-portcullis-subject` is in `upstream_headers` and carries the assertion, too; expected two headers with two names".to_owned(),
        ),
        (
            format!("assertion: {{ {ISSUER}, lifetime: 2h }}\n"),
            "7:57: `assertion.lifetime` is `2h`; expected a duration from 1s to 1h, such as `30s` or `5m`".to_owned(),
        ),
        (
            format!("assertion: {{ {ISSUER}, key_files: [] }}\n"),
            "7:58: `assertion.key_files` is an empty list; expected a list of PEM files, the one that signs first".to_owned(),
        ),
        (
            format!("assertion: {{ {ISSUER}, claims: {{ sub: id }} }}\n"),
            "7:57: every assertion has a claim `sub` of its own; expected another name".to_owned(),
        ),
        (
            format!("assertion: {{ {ISSUER}, claims: {{ who: email }} }}\n"),
            "7:62: `assertion.claims.who` is `email`; expected `id`, `roles`, `{ claim: NAME }` or `{ attr: NAME }` (an attribute of the principal)".to_owned(),
        ),
        (
            format!("assertion: {{ {ISSUER}, listen: {{ address: 0.0.0.0:9194 }} }}\n"),
            "7:55: keys would cross a network on which others could replace them; expected `tls`, or `without_tls: proxy_encrypts`".to_owned(),
        ),
    ] {
        assert_eq!(read_with(&more).unwrap_err(), format!("portcullis.yaml:{expected}"), "{more}");
    }
}
