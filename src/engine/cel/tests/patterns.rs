//! Regular expressions mean what they mean in Go, and what Go refuses is refused.

use bumpalo::Bump;
use jiff::Timestamp;

use crate::engine::cel::{Budget, Frame, Globals, Horizon, Names, compile};
use crate::engine::model::{
    AuxData, CheckInput, Limits, Map, PolicyVersion, Principal, Resource, Scope,
};

/// Whether a text has a match; `None` where the pattern is refused.
fn is_match(text: &str, pattern: &str) -> Option<bool> {
    let expression = format!("P.id.matches(r'''{pattern}''')");
    let compiled = compile(&expression, &Names::default()).ok()?;
    let principal = Principal {
        id: text.into(),
        roles: vec!["user".parse().unwrap()],
        policy_version: PolicyVersion::unset(),
        scope: Scope::unset(),
        attr: Map::default(),
    };
    let resource = Resource {
        kind: "r".parse().unwrap(),
        id: "1".into(),
        policy_version: PolicyVersion::unset(),
        scope: Scope::unset(),
        attr: Map::default(),
    };
    let input = CheckInput {
        principal: &principal,
        resource: &resource,
        actions: &["view".parse().unwrap()],
        aux_data: &AuxData::default(),
        now: Timestamp::UNIX_EPOCH,
        now_attributes: &[],
    };
    let frame = Frame {
        input: &input,
        variables: &[],
        globals: &Globals::default(),
        effective_derived_roles: &[],
        arena: &Bump::new(),
        budget: &Budget::new(&Limits::default()),
        horizon: &Horizon::default(),
    };
    Some(compiled.holds(&frame).unwrap())
}

#[test]
fn patterns_are_read_as_go_reads_them() {
    for (text, pattern, expected) in [
        ("order-17", r"^order-\d+$", true),
        ("٣", r"^\d$", false),
        ("\u{b}", r"\s", false),
        ("ſ", r"(?i)\w", true),
        ("b]", "[a-z&&[^b]]", true),
        ("-", r"[\d-z]", true),
        ("x{,2}", r"^x{,2}$", true),
        ("a.b", r"^a\Q.\Eb$", true),
        ("axb", r"^a\Q.\Eb$", false),
        ("<b", r"\<b", true),
        ("\n", r"\012", true),
        ("aa", "(?P<n>a)(?P<n>a)", true),
        ("λ", r"\p{greek}", true),
        ("line\nend", "(?m)^end$", true),
        ("line\nend", "^end$", false),
    ] {
        assert_eq!(is_match(text, pattern), Some(expected), "{text:?} =~ {pattern}");
    }
}

#[test]
fn what_go_refuses_is_refused() {
    for pattern in [
        "[",
        "(",
        "a)",
        "*",
        r"\1",
        r"\u0041",
        "(?x)a",
        "(?=a)",
        "(?<=a)b",
        "a++",
        "a{2}{3}",
        "x{1001}",
        "(x{100}){11}",
        "[z-a]",
        r"a\",
        r"\pX",
    ] {
        assert_eq!(is_match("a", pattern), None, "{pattern}");
    }
}
