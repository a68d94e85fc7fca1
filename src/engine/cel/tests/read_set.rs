//! An expression knows which inputs it can read.

use std::collections::BTreeSet;

use crate::engine::cel::{Names, Read, compile};

fn attribute(path: &[&str]) -> Read {
    Read::PrincipalAttribute(path.iter().map(|key| (*key).into()).collect())
}

fn of_resource(path: &[&str]) -> Read {
    Read::ResourceAttribute(path.iter().map(|key| (*key).into()).collect())
}

#[track_caller]
fn check(expression: &str, reads: &[Read]) {
    let names = Names { variables: [("v".into(), 3)].into(), ..Names::default() };
    let compiled = compile(expression, &names).unwrap();
    let wanted: BTreeSet<Read> = reads.iter().cloned().collect();
    assert_eq!(*compiled.reads(), wanted, "{expression}");
}

#[test]
fn paths_go_as_deep_as_they_are_constant() {
    check("R.attr.owner == P.id", &[of_resource(&["owner"]), Read::PrincipalId]);
    check("request.resource.attr['a'].b == 1", &[of_resource(&["a", "b"])]);
    check("P.attr[R.attr.k] == 1", &[attribute(&[]), of_resource(&["k"])]);
    check("P.attr.list[0].name == 'x'", &[attribute(&["list"])]);
    check("R.attr.items.all(i, i.owner == P.id)", &[of_resource(&["items"]), Read::PrincipalId]);
    check("has(P.attr.a.b)", &[attribute(&["a", "b"])]);
    check("has(R.scope)", &[Read::ResourceScope]);
    check("request.aux_data.jwt.org.id == 'x'", &[Read::Claim(["org".into(), "id".into()].into())]);
    check("request.auxData.jwts.a.claims.b == 'x'", &[Read::NamedTokens]);
}

#[test]
fn names_of_macros_are_no_inputs() {
    check("[1].exists(P, P == 1)", &[]);
    check(
        "cel.bind(x, P.attr.a, x == 1 || x == R.attr.b)",
        &[attribute(&["a"]), of_resource(&["b"])],
    );
}

#[test]
fn whole_messages_are_all_that_is_in_them() {
    check(
        "R == null",
        &[
            Read::ResourceKind,
            Read::ResourceId,
            Read::ResourcePolicyVersion,
            Read::ResourceScope,
            of_resource(&[]),
        ],
    );
}

#[test]
fn variables_and_the_clock_are_inputs() {
    check("V.v && has(V.v)", &[Read::Variable(3)]);
    check("now() > timestamp(R.attr.t)", &[Read::Clock, Read::ResourceTime("t".into())]);
    check("now() - timestamp(R.attr.t) > duration('1h')", &[Read::Clock, of_resource(&["t"])]);
    check("timestamp(0).timeSince() > duration('1h')", &[Read::Clock]);
    check("'a' in runtime.effectiveDerivedRoles", &[Read::EffectiveDerivedRoles]);
}

#[test]
fn what_may_be_the_time_is_told_from_other_attributes() {
    let time = |name: &str| Read::ResourceTime(name.into());
    check("timestamp(R.attr.t) < timestamp(0)", &[time("t")]);
    check("timestamp(0) < timestamp(request.resource.attr['t'])", &[time("t")]);
    check("timestamp(R.attr.t) < timestamp(R.attr.u)", &[time("t"), time("u")]);
    check(
        "timestamp(R.attr.t) + duration(R.attr.d) <= timestamp(R.attr.u)",
        &[time("t"), of_resource(&["d"]), time("u")],
    );
    check(
        "timestamp(R.attr.t) - timestamp(R.attr.t) > duration(P.attr.d)",
        &[time("t"), of_resource(&["t"]), attribute(&["d"])],
    );
    // The value matters.
    check("timestamp(R.attr.t) == timestamp(0)", &[of_resource(&["t"])]);
    check("timestamp(R.attr.t).getHours() < 6", &[of_resource(&["t"])]);
    check("R.attr.t < '2026'", &[of_resource(&["t"])]);
    check("timestamp(R.attr.a.t) < timestamp(0)", &[of_resource(&["a", "t"])]);
    check("timestamp(P.attr.t) < timestamp(0)", &[attribute(&["t"])]);
    check("has(R.attr.t) && timestamp(R.attr.t) < timestamp(0)", &[time("t"), of_resource(&["t"])]);
}

#[test]
fn what_constants_decide_is_not_read() {
    check("P.attr.a in []", &[]);
    check("true || P.attr.a", &[]);
    check("P.attr.a && false", &[]);
    check("1 == 2 ? P.attr.a : P.attr.b", &[attribute(&["b"])]);
    check("'a' in ['a', P.attr.a]", &[]);
}
