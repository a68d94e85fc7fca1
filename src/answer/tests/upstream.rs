use crate::answer::{HeaderSource, IdentityHeader, Reason, UpstreamHeaders};
use crate::engine::model::{Map, PolicyVersion, Principal, Scope, Value};

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
