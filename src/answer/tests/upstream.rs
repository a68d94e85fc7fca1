use std::collections::BTreeSet;

use crate::answer::{HeaderSource, IdentityHeader, Reason, UpstreamHeaders};
use crate::engine::model::{Map, PolicyVersion, Principal, Scope, Value};
use crate::identity::{Carrier, ClaimPath};

pub(super) fn principal(id: &str, roles: &[&str], attr: &[(&str, Value)]) -> Principal {
    Principal {
        id: id.into(),
        roles: roles.iter().map(|role| role.parse().unwrap()).collect(),
        policy_version: PolicyVersion::unset(),
        scope: Scope::unset(),
        attr: attr.iter().map(|(name, value)| (*name, value.clone())).collect::<Map>(),
    }
}

fn headers() -> UpstreamHeaders {
    UpstreamHeaders(vec![
        ("x-user".parse().unwrap(), HeaderSource::Id),
        ("x-user-roles".parse().unwrap(), HeaderSource::Roles),
        ("X-Org".parse().unwrap(), HeaderSource::Attribute("org_id".into())),
    ])
}

#[test]
fn threat_19_h14_without_a_caller_every_spelling_of_every_name_is_removed() {
    let mutation = headers().anonymous(Reason::PUBLIC_ROUTE);
    let mut removed: Vec<&str> = mutation.remove.iter().map(|name| &**name).collect();
    removed.sort_unstable();
    assert_eq!(
        removed,
        [
            "x-org",
            "x-user",
            "x-user-roles",
            "x-user_roles",
            "x_org",
            "x_user",
            "x_user-roles",
            "x_user_roles"
        ]
    );
    assert!(mutation.set.is_empty());
}

#[test]
fn no_name_is_both_set_and_removed() {
    for attr in [vec![], vec![("org_id", Value::from("org_1"))], vec![("org_id", Value::Null)]] {
        let mutation = headers().known(
            Reason::POLICY_ALLOWED,
            &principal("u", &["a"], &attr),
            &Map::default(),
        );
        for (name, _) in &mutation.set {
            assert!(!mutation.remove.contains(name), "{name}");
        }
        let known = mutation.set.len() + mutation.remove.len();
        assert_eq!(known, 8, "every spelling of every name is set or removed");
    }
}

#[test]
fn values_cannot_break_out_of_a_header() {
    for (id, expected) in [
        ("auth0|07780e7e", "auth0|07780e7e"),
        ("samlp|a okta|jane", "samlp|a okta|jane"),
        ("evil\r\nx-admin: 1", "evil%0D%0Ax-admin: 1"),
        ("nul\0", "nul%00"),
        ("50%", "50%25"),
        ("jörg", "j%C3%B6rg"),
    ] {
        let mutation =
            headers().known(Reason::POLICY_ALLOWED, &principal(id, &["a"], &[]), &Map::default());
        assert_eq!(mutation.set[0].1, expected);
    }
}

#[test]
fn a_comma_inside_a_role_does_not_make_two() {
    let roles = ["Approver, EU", "viewer"];
    let mutation =
        headers().known(Reason::POLICY_ALLOWED, &principal("u", &roles, &[]), &Map::default());
    assert_eq!(mutation.set[1].1, "Approver%2C%20EU,viewer");
}

#[test]
fn names_that_belong_to_others_are_refused() {
    for name in [
        "host",
        "Authorization",
        ":path",
        "x-envoy-original-path",
        "x-forwarded-for",
        "x user",
        "",
        "x_user",
        "a-b-c-d-e-f-g-h",
    ] {
        assert!(name.parse::<IdentityHeader>().is_err(), "{name}");
    }
}

#[test]
fn a_name_may_have_six_dashes_and_every_spelling_of_it_is_removed() {
    let name = "x-b-c-d-e-f-g".parse::<IdentityHeader>().unwrap();
    assert_eq!(name.as_str(), "x-b-c-d-e-f-g");
    let headers = UpstreamHeaders(vec![(name, HeaderSource::Id)]);
    let removed = headers.anonymous(Reason::PUBLIC_ROUTE).remove;
    assert_eq!(BTreeSet::from_iter(&removed).len(), 64);
}

#[test]
fn a_header_says_what_a_header_can_and_else_is_removed() {
    let org = Value::Map([("name", Value::from("Acme"))].into_iter().collect());
    let texts = |items: &[Value]| Value::List(items.to_vec().into());
    let claims: Map = [
        ("org", org),
        ("text", Value::from("a b,c%")),
        ("yes", Value::Bool(true)),
        ("whole", Value::from(3.0)),
        ("part", Value::from(-0.5)),
        ("list", texts(&[Value::from("a,b"), Value::from("c d")])),
        ("mixed", texts(&[Value::from("a"), Value::from(1.0)])),
        ("nothing", Value::Null),
    ]
    .into_iter()
    .collect();
    for (path, expected) in [
        (&["org", "name"][..], Some("Acme")),
        (&["org", "other"], None),
        (&["org"], None),
        (&["text", "name"], None),
        (&["text"], Some("a b,c%25")),
        (&["yes"], Some("true")),
        (&["whole"], Some("3")),
        (&["part"], Some("-0.5")),
        (&["list"], Some("a%2Cb,c%20d")),
        (&["mixed"], None),
        (&["nothing"], None),
        (&["absent"], None),
    ] {
        let path = ClaimPath(path.iter().map(|name| Box::from(*name)).collect());
        let name = "x-claim".parse().unwrap();
        let headers = UpstreamHeaders(vec![(name, HeaderSource::Claim(path.clone()))]);
        let principal = principal("u", &["a"], &[]);
        let mutation = headers.known(Reason::POLICY_ALLOWED, &principal, &claims);
        let set: Vec<&str> = mutation.set.iter().map(|(_, value)| &**value).collect();
        assert_eq!(set, expected.into_iter().collect::<Vec<_>>(), "{path:?}");
        let is_removed = mutation.remove.iter().any(|name| &**name == "x-claim");
        assert_eq!(is_removed, expected.is_none(), "{path:?}");
    }
}

#[test]
fn the_upstream_gets_the_target_that_was_decided_about() {
    let mutation = || headers().anonymous(Reason::PUBLIC_ROUTE);
    assert_eq!(mutation().to(None), mutation());
    assert_eq!(mutation().to(Some("/a?b")).set, [(":path".into(), "/a?b".to_owned())]);
}

#[test]
fn the_upstream_does_not_get_what_carried_the_token() {
    let nothing = || UpstreamHeaders::default().anonymous(Reason::PUBLIC_ROUTE);
    assert_eq!(nothing().without(None), nothing());
    for (carrier, set, removed) in [
        (
            Carrier::Header("x-api-token".into()),
            vec![],
            vec!["x-api-token", "x-api_token", "x_api-token", "x_api_token"],
        ),
        (Carrier::Cookie(None), vec![], vec!["cookie"]),
        (Carrier::Cookie(Some("a=b".to_owned())), vec![("cookie", "a=b")], vec![]),
    ] {
        // A second time changes nothing: no name is removed twice.
        let mutation = nothing().without(Some(carrier.clone()));
        let names: Vec<&str> = mutation.remove.iter().map(|name| &**name).collect();
        let again = mutation.clone().without_headers(names.into_iter());
        assert_eq!(again, mutation);
        let values: Vec<_> =
            mutation.set.iter().map(|(name, value)| (&**name, value.as_str())).collect();
        let mut names: Vec<&str> = mutation.remove.iter().map(|name| &**name).collect();
        names.sort_unstable();
        assert_eq!((values, names), (set, removed), "{carrier:?}");
    }
}
