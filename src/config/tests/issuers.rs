//! `auth0:` and `issuers:`.

use std::{collections::BTreeMap, time::Duration};

use super::read;
use crate::identity::{Algorithm, ClaimPath, TokenDialect, UserSubjects};

const REST: &str = "policies: policies\nroutes: routes.yaml\n";

fn path(segments: &[&str]) -> ClaimPath {
    ClaimPath(segments.iter().map(|segment| (*segment).into()).collect())
}

#[test]
fn k3_a_custom_domain_is_an_issuer_of_its_own() {
    let config = read(&format!(
        "{REST}\
auth0:
  domain: acme.eu.auth0.com
  custom_domains: [login.acme.example, auth.acme.example:8443]
  audience: [https://api.acme.example, urn:acme:api]
  roles: [https://acme.example/app, roles]
  claims:
    scope: org_id
    attr: {{ region: \"https://acme.example/region\", tier: [plan, tier] }}
  leeway: 0s
  max_lifetime: 1d
  max_token_age: 10m
  ca_file: ca.pem
"
    ))
    .unwrap();
    let issuers: Vec<&str> = config.issuers.iter().map(|issuer| issuer.issuer.as_str()).collect();
    assert_eq!(
        issuers,
        [
            "https://acme.eu.auth0.com/",
            "https://login.acme.example/",
            "https://auth.acme.example:8443/"
        ]
    );
    for issuer in &config.issuers {
        assert_eq!(issuer.tenant(), "acme.eu.auth0.com");
        assert_eq!(issuer.user_subjects, UserSubjects::WithConnection);
        assert_eq!(issuer.audiences, ["https://api.acme.example", "urn:acme:api"]);
        assert_eq!(issuer.claims.roles, Some(path(&["https://acme.example/app", "roles"])));
        assert_eq!(issuer.claims.scope, Some(path(&["org_id"])));
        let attr = [
            ("region".into(), path(&["https://acme.example/region"])),
            ("tier".into(), path(&["plan", "tier"])),
        ];
        assert_eq!(issuer.claims.attr, BTreeMap::from(attr));
        assert_eq!(issuer.leeway, Duration::ZERO);
        assert_eq!(issuer.max_lifetime, Duration::from_hours(24));
        assert_eq!(issuer.max_token_age, Some(Duration::from_mins(10)));
        assert!(issuer.ca_file.as_ref().unwrap().ends_with("ca.pem"));
    }
}

#[test]
fn several_tenants_are_as_strict_as_one() {
    let config = read(&format!(
        "{REST}\
auth0:
  - {{ domain: acme.eu.auth0.com, custom_domains: [login.acme.example], audience: api }}
  - {{ domain: globex.us.auth0.com, audience: [api, urn:globex:auth0], max_token_age: 10m }}
"
    ))
    .unwrap();
    let issuers: Vec<(&str, &str)> =
        config.issuers.iter().map(|issuer| (issuer.issuer.as_str(), issuer.tenant())).collect();
    assert_eq!(
        issuers,
        [
            ("https://acme.eu.auth0.com/", "acme.eu.auth0.com"),
            ("https://login.acme.example/", "acme.eu.auth0.com"),
            ("https://globex.us.auth0.com/", "globex.us.auth0.com"),
        ]
    );
    for issuer in &config.issuers {
        assert_eq!(issuer.user_subjects, UserSubjects::WithConnection);
        assert_eq!(issuer.algorithms, [Algorithm::Rs256, Algorithm::Ps256]);
        assert_eq!(issuer.dialect, TokenDialect::Any);
    }
    assert_eq!(config.issuers[2].max_token_age, Some(Duration::from_mins(10)));
}

/// K4: the issuer as it is written here is the one that a token must name.
#[test]
fn k4_the_slash_of_an_issuer_is_its_own() {
    let with = |issuer: &str| {
        let file = format!("{REST}issuers: [{{ issuer: '{issuer}', audience: a }}]\n");
        read(&file).map(|config| config.issuers[0].issuer.clone())
    };
    for issuer in ["https://a.eu.auth0.com/", "https://id.example", "https://id.example/"] {
        assert_eq!(with(issuer).as_deref(), Ok(issuer));
    }
    assert!(with("https://a.eu.auth0.com").unwrap_err().contains("`https://a.eu.auth0.com/`"));
}

#[test]
fn other_issuers_are_spelled_out() {
    let config = read(&format!(
        "{REST}\
auth0: {{ domain: acme.eu.auth0.com, audience: api }}
issuers:
  - issuer: http://127.0.0.1:8080/realms/one
    audience: api
  - issuer: https://issuer.example
    audience: api
    jwks_uri: https://keys.example/jwks.json?tenant=7
    algorithms: [ES384, EdDSA]
    dialect: rfc9068
    tenant: one
    user_subjects: with_connection
"
    ))
    .unwrap();
    let [auth0, local, other] = config.issuers.as_slice() else { panic!("three issuers") };
    assert_eq!(auth0.issuer, "https://acme.eu.auth0.com/");
    assert_eq!(local.issuer, "http://127.0.0.1:8080/realms/one");
    assert_eq!(local.algorithms, [Algorithm::Rs256, Algorithm::Ps256, Algorithm::Es256]);
    assert_eq!((local.dialect, &local.jwks_uri), (TokenDialect::Any, &None));
    assert_eq!(other.issuer, "https://issuer.example");
    assert_eq!(other.algorithms, [Algorithm::Es384, Algorithm::EdDsa]);
    assert_eq!(other.dialect, TokenDialect::Rfc9068);
    assert_eq!((local.tenant(), other.tenant()), (local.issuer.as_str(), "one"));
    assert_eq!(local.user_subjects, UserSubjects::Any);
    assert_eq!(other.user_subjects, UserSubjects::WithConnection);
    assert_eq!(other.jwks_uri.as_deref(), Some("https://keys.example/jwks.json?tenant=7"));
}

#[test]
fn issuers_that_are_not_to_be_trusted() {
    let url = "expected an https URL without query and fragment (http on loopback only)";
    let own = "tokens for Auth0's own APIs are not for a gateway; expected the identifier of your own API";
    let audience = "expected the identifier of your API, or a list of them";
    for (issuers, expected) in [
        ("", "1:1: there is no issuer whose tokens are accepted; expected `auth0` with `domain` and `audience`, or `issuers`".to_owned()),
        ("issuers: []", "3:10: `issuers` is an empty list; expected a list of issuers".to_owned()),
        ("issuers: [{ issuer: http://issuer.example, audience: a }]", format!("3:21: `issuers[0].issuer` is `http://issuer.example`; {url}")),
        ("issuers: [{ issuer: https://i.example/?a=b, audience: a }]", format!("3:21: `issuers[0].issuer` is `https://i.example/?a=b`; {url}")),
        ("issuers: [{ issuer: https://i.example, audience: a, jwks_uri: http://i.example/k }]", "3:63: `issuers[0].jwks_uri` is `http://i.example/k`; expected an https URL (http on loopback only)".to_owned()),
        ("issuers: [{ issuer: https://i.example }]", format!("3:11: `issuers[0].audience` is missing; {audience}")),
        ("issuers: [{ issuer: https://i.example, audience: [] }]", format!("3:50: `issuers[0].audience` is an empty list; {audience}")),
        ("issuers: [{ issuer: https://i.example, audience: a, algorithms: [HS256] }]", "3:66: `issuers[0].algorithms[0]` is `HS256`; expected one of `RS256`, `RS384`, `RS512`, `PS256`, `PS384`, `PS512`, `ES256`, `ES384`, `EdDSA`".to_owned()),
        ("issuers: [{ issuer: https://i.example, audience: a, leeway: 1h }]", "3:61: `issuers[0].leeway` is `1h`; expected a duration from 0s to 5m, such as `30s` or `5m`".to_owned()),
        ("issuers: [{ issuer: https://i.example, audience: a, roles: { a: b } }]", "3:60: `issuers[0].roles` is a mapping; expected the name of a claim, or a list of names that leads to it".to_owned()),
        ("issuers: [{ issuer: https://i.example, audience: a }, { issuer: https://i.example, audience: b }]", "1:1: the issuer `https://i.example` is named twice; expected each issuer once, with all its audiences".to_owned()),
        (
            "auth0: { domain: a.auth0.com, audience: a, claims: { attr: { tier: t, kind: k } } }",
            "3:71: `kind` means the same for every token, whoever issued it; expected another name for the attribute".to_owned(),
        ),
        ("auth0: { domain: a.auth0.com, audience: https://a.auth0.com/api/v2/ }", format!("3:8: `auth0.audience` is `https://a.auth0.com/api/v2/`: {own}")),
        ("auth0: { domain: a.auth0.com, custom_domains: [login.a.example], audience: [x, https://login.a.example/userinfo] }", format!("3:8: `auth0.audience` is `https://login.a.example/userinfo`: {own}")),
        ("auth0: { domain: a.auth0.com, audience: urn:a.auth0.com:session_transfer }", format!("3:8: `auth0.audience` is `urn:a.auth0.com:session_transfer`: {own}")),
        ("auth0: { domain: a.auth0.com, audience: https://A.auth0.com:443/api/v2/ }", format!("3:8: `auth0.audience` is `https://A.auth0.com:443/api/v2/`: {own}")),
        ("auth0: { domain: a.auth0.com, audience: https://a.auth0.com./userinfo }", format!("3:8: `auth0.audience` is `https://a.auth0.com./userinfo`: {own}")),
        ("auth0: [{ domain: a.auth0.com, audience: x }, { domain: b.auth0.com, custom_domains: [login.b.example], audience: https://login.b.example/me/ }]", format!("3:47: `auth0[1].audience` is `https://login.b.example/me/`: {own}")),
        ("auth0: [{ domain: a.auth0.com, audience: x }, { domain: a.auth0.com, audience: y }]", "1:1: the issuer `https://a.auth0.com/` is named twice; expected each issuer once, with all its audiences".to_owned()),
        ("auth0: []", "3:8: `auth0` is an empty list; expected a tenant, or a list of tenants".to_owned()),
        ("issuers: [{ issuer: https://a.eu.auth0.com, audience: a }]", "3:11: `issuers[0].issuer` is `https://a.eu.auth0.com`, which no token of Auth0 names; expected `https://a.eu.auth0.com/`, or the section `auth0`, which is stricter".to_owned()),
        ("auth0: { domain: a.auth0.com, audience: urn:auth0:x }", format!("3:8: `auth0.audience` is `urn:auth0:x`: {own}")),
    ] {
        let errors = read(&format!("{REST}{issuers}\n")).unwrap_err();
        assert_eq!(errors, format!("portcullis.yaml:{expected}"), "{issuers}");
    }
}
