//! Who a verified token is about.

use expect_test::{Expect, expect};
use serde_json::{Value, json};

use super::{World, base, forge, world};
use crate::engine::model::{AuxData, Principal, Role};
use crate::identity::{
    ClaimPath, Demands, Presentation, TokenLimits, UnverifiedToken, UserSubjects, Verifier, bearer,
};

fn path(names: &[&str]) -> ClaimPath {
    ClaimPath(names.iter().map(|name| (*name).into()).collect())
}

fn mapped() -> World {
    let mut world = world();
    world.spec.claims.roles = Some(path(&["https://gateway.example/roles"]));
    world.spec.claims.scope = Some(path(&["org_id"]));
    world.spec.claims.attr = [
        ("email".into(), path(&["email"])),
        ("plan".into(), path(&["https://gateway.example/meta", "plan"])),
        ("kind".into(), path(&["email"])),
        ("actor".into(), path(&["email"])),
    ]
    .into();
    world
}

fn principal(world: &World, claims: &Value) -> (Principal, AuxData) {
    let token = base().without("permissions").claims(claims).token();
    world.authorize(format!("Bearer {token}").as_bytes()).unwrap()
}

#[track_caller]
fn check(claims: &Value, expected: &Expect) {
    let (principal, _) = principal(&mapped(), claims);
    let roles = principal.roles.iter().map(Role::as_str).collect::<Vec<_>>().join(", ");
    let mut lines = vec![format!("{} [{roles}] scope `{}`", principal.id, principal.scope)];
    lines.extend(principal.attr.iter().map(|(name, value)| format!("{name}: {}", value.to_json())));
    expected.assert_eq(&(lines.join("\n") + "\n"));
}

#[test]
fn a_user_with_roles_of_an_action() {
    let claims = json!({
        "https://gateway.example/roles": ["Accountant", "m2m", "Approver (EU)", "Accountant", "user"],
        "https://gateway.example/roles/": ["admin"],
        "https://gateway.example/meta": {"plan": "gold", "seats": 3},
        "email": "sam@brightpay.example",
        "permissions": ["read:invoices"],
        "org_id": "org_Z2DiagTc2ifkVFos",
        "org_name": "acme",
        "scope": "openid  read:invoices read:invoices\tx",
    });
    check(
        &claims,
        &expect![[r#"
        auth0|07780e7e03c5dfacfd6d55ad [user, Accountant, Approver (EU)] scope `org_Z2DiagTc2ifkVFos`
        bound: "none"
        client_id: "vL5rkEzEErGubI6JvtXKW3Mex47i0bXU"
        email: "sam@brightpay.example"
        kind: "user"
        org_id: "org_Z2DiagTc2ifkVFos"
        org_name: "acme"
        permissions: ["read:invoices"]
        plan: "gold"
        scope: ["openid","read:invoices","read:invoices\tx"]
    "#]],
    );
}

#[test]
fn a_user_for_whom_an_agent_acts() {
    let claims = json!({
        "sub_profile": "user",
        "act": {
            "sub": "agt_sJsP2T4rLopMQMWz2eEGmW",
            "sub_profile": "ai_agent",
            "act": {"sub": "i7SSZSotO09ih14OSaqFQ5dmP0IumhPc"},
        },
    });
    check(
        &claims,
        &expect![[r#"
        auth0|07780e7e03c5dfacfd6d55ad [user, delegated] scope ``
        actor: {"sub":"agt_sJsP2T4rLopMQMWz2eEGmW","sub_profile":"ai_agent"}
        bound: "none"
        client_id: "vL5rkEzEErGubI6JvtXKW3Mex47i0bXU"
        delegation_chain: ["agt_sJsP2T4rLopMQMWz2eEGmW","i7SSZSotO09ih14OSaqFQ5dmP0IumhPc"]
        kind: "user"
        scope: ["openid","profile","email","read:invoices"]
    "#]],
    );
}

#[test]
fn kinds_of_subjects() {
    let machine = format!("{}@clients", forge::CLIENT);
    let cases = [
        ("a user", json!({}), "user"),
        ("E3 a client", json!({"sub": machine, "gty": "client-credentials"}), "m2m"),
        ("E4 a client without gty", json!({"sub": machine}), "m2m"),
        ("a client's bare id", json!({"sub": forge::CLIENT}), "m2m"),
        ("gty in a list", json!({"sub": "x|y", "gty": ["client-credentials"]}), "m2m"),
        ("a refreshed user", json!({"gty": ["refresh_token", "password"]}), "user"),
        ("a user named like a client", json!({"sub": "samlp|acme|x@clients"}), "user"),
        ("E10 an agent", json!({"sub": "my-agent", "sub_profile": "ai_agent"}), "ai_agent"),
        ("an agent named like a user", json!({"sub_profile": "service ai_agent"}), "ai_agent"),
        ("E11 nobody", json!({"sub": "anon@0c6d63245b1398318ea6f2d9"}), "anonymous"),
        ("a service", json!({"sub": "billing", "sub_profile": "service"}), "m2m"),
        ("somebody else's client", json!({"sub": "another@clients"}), "invalid claims"),
        ("no connection", json!({"sub": "agent-42"}), "invalid claims"),
        ("unknown profile", json!({"sub_profile": "robot"}), "invalid claims"),
        ("two profiles", json!({"sub_profile": "user ai_agent"}), "invalid claims"),
        ("profile is a list", json!({"sub_profile": ["user"]}), "invalid claims"),
        (
            "a user by client credentials",
            json!({"sub_profile": "user", "gty": "client-credentials"}),
            "invalid claims",
        ),
        ("gty is a number", json!({"gty": 1}), "invalid claims"),
    ];
    let mut world = world();
    for (name, claims, expected) in &cases {
        let token = base().claims(claims).token();
        let answer = world.authorize(format!("Bearer {token}").as_bytes());
        let kind =
            answer.map_or_else(|refusal| refusal, |(principal, _)| principal.roles[0].to_string());
        assert_eq!(kind, *expected, "{name}");
    }
    world.spec.user_subjects = UserSubjects::Any;
    let (principal, _) = principal(&world, &json!({"sub": "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"}));
    assert_eq!(principal.roles[0].as_str(), "user");
}

#[test]
fn a_mapping_that_does_not_fit_refuses() {
    let refused = "invalid claims";
    let with = |claims: Value| base().claims(&claims).token();
    mapped().check(&[
        ("roles are a text", with(json!({"https://gateway.example/roles": "admin"})), refused),
        ("a role is a number", with(json!({"https://gateway.example/roles": [1]})), refused),
        ("a role is empty", with(json!({"https://gateway.example/roles": [""]})), refused),
        ("scope is no scope", with(json!({"org_id": "a b"})), refused),
        ("roles are null", with(json!({"https://gateway.example/roles": null})), "OK"),
    ]);
}

#[test]
fn claims_reach_policies_as_cerbos_gives_them() {
    let claims = json!({"aud": forge::API, "nbf": 0, "nickname": null, "x": {"y": [1, null]}});
    let (_, aux_data) = principal(&world(), &claims);
    expect![[r#"
        {
          "aud": [
            "https://api.brightpay.example/v1"
          ],
          "azp": "vL5rkEzEErGubI6JvtXKW3Mex47i0bXU",
          "exp": "2026-11-23T12:40:57Z",
          "iat": "2026-11-23T11:40:47Z",
          "iss": "https://brightpay.eu.auth0.com/",
          "nbf": "1970-01-01T00:00:00Z",
          "scope": "openid profile email read:invoices",
          "sub": "auth0|07780e7e03c5dfacfd6d55ad",
          "x": {
            "y": [
              1,
              null
            ]
          }
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(&aux_data.jwt.to_json()).unwrap());
    assert!(aux_data.jwts.is_empty());
}

#[test]
fn subjects_of_two_tenants_are_two_principals() {
    let other = "https://other.eu.auth0.com/";
    let spec = |issuer: &str, tenant: Option<&str>| {
        let mut spec = forge::spec();
        spec.issuer = issuer.to_owned();
        spec.tenant = tenant.map(Into::into);
        spec
    };
    let id = |tenants: [Option<&str>; 2]| {
        let verifiers =
            Verifier::for_issuers(vec![spec(forge::ISSUER, tenants[0]), spec(other, tenants[1])]);
        let ids = [forge::ISSUER, other].map(|issuer| {
            let text =
                format!("Bearer {}", base().claim("iss", issuer).claim("sub", "a|1").token());
            let token = bearer::find([text.as_bytes()]).unwrap().unwrap();
            let token = UnverifiedToken::parse(&token, TokenLimits::default()).unwrap();
            let verifier = verifiers.iter().find(|verifier| verifier.issuer() == issuer).unwrap();
            let signed = verifier.verify_signature(token, &world().keys).unwrap();
            let (scheme, demands) = (crate::identity::Scheme::Bearer, &Demands::default());
            let presentation =
                Presentation { scheme, demands, now: forge::now(), possession: None };
            let verified = verifier.verify(&signed, &presentation).unwrap();
            let stranger = verifiers.iter().find(|verifier| verifier.issuer() != issuer).unwrap();
            assert!(stranger.verify(&signed, &presentation).is_err(), "another issuer's token");
            verifier.principal(&verified).unwrap().0.id.into_string()
        });
        ids.join(" ")
    };
    let two = "https://brightpay.eu.auth0.com/#a|1 https://other.eu.auth0.com/#a|1";
    assert_eq!(id([None, None]), two, "R10");
    assert_eq!(
        id([Some("brightpay"), Some("brightpay")]),
        "a|1 a|1",
        "K3: two domains of one tenant"
    );
    assert_eq!(id([Some("a"), Some("b")]), "a#a|1 b#a|1");
}
