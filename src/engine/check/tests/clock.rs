//! What an answer depends on beside the question, and what failed on the way.

use jiff::{SignedDuration, Timestamp};

use super::case::{ask, policies};
use crate::engine::model::ClockUse;

const ASKED: &str = r#"{"principal": {"roles": ["user"]}, "actions": ["view"]}"#;

#[track_caller]
fn check(lines: &[&str], clock: ClockUse, errors: &[(&str, &str)]) {
    let output = ask(&policies(lines), ASKED);
    assert_eq!(output.clock, clock, "{lines:?}");
    let found: Vec<(&str, &str)> =
        output.evaluation_errors.iter().map(|e| (&*e.expression, &*e.message)).collect();
    assert_eq!(found, errors, "{lines:?}");
}

#[test]
fn an_answer_says_whether_an_expression_on_its_way_could_read_the_clock() {
    let rule = |action: &str, more: &str| {
        format!(
            "resourcePolicy: {{resource: doc, version: default, variables: {{local: {{t: now()}}}}, \
             rules: [{{actions: [{action}], roles: [user], effect: EFFECT_ALLOW{more}}}]}}"
        )
    };
    let by_now = ", condition: {match: {expr: now().getHours() > 6}}";
    let by_variable = ", condition: {match: {expr: V.t != null}}";
    let by_output = r#", output: {when: {ruleActivated: "now()"}}"#;
    for (action, more, clock) in [
        ("view", "", ClockUse::Unread),
        ("view", by_now, ClockUse::Read),
        ("edit", by_now, ClockUse::Unread),
        ("view", by_variable, ClockUse::Read),
        ("view", by_output, ClockUse::Read),
        ("view", ", condition: {match: {expr: R.attr.x == 1}}", ClockUse::Unread),
    ] {
        let failed: &[(&str, &str)] =
            if more.contains("R.attr.x") { &[("R.attr.x == 1", "no such key: x")] } else { &[] };
        check(&[&rule(action, more)], clock, failed);
    }
}

#[test]
fn the_clock_of_a_derived_role_counts() {
    let derived = "derivedRoles: {name: d, definitions: [{name: late, parentRoles: [user], \
                   condition: {match: {expr: 'now() == null'}}}]}";
    let policy = "resourcePolicy: {resource: doc, version: default, importDerivedRoles: [d], \
                  rules: [{actions: [edit], derivedRoles: [late], effect: EFFECT_ALLOW}]}";
    check(&[derived, policy], ClockUse::Read, &[]);
}

const NEVER: ClockUse = ClockUse::Until(Timestamp::MAX);

/// Questions are asked at the beginning of 1970.
fn until(seconds: i64) -> ClockUse {
    ClockUse::Until(Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds))
}

/// `at` is the time of the request, and `from` is not.
fn clock_of(condition: &str) -> ClockUse {
    let policies = policies(&[&format!(
        "resourcePolicy: {{resource: doc, version: default, variables: {{local: {{\
         young: 'now() < timestamp(40)', old: 'now() > timestamp(50)', instant: now()}}}}, \
         rules: [{{actions: [view], roles: [user], effect: EFFECT_ALLOW, \
         condition: {{match: {{expr: \"{condition}\"}}}}}}, \
         {{actions: [edit], roles: [user], effect: EFFECT_ALLOW, \
         condition: {{match: {{expr: V.young}}}}}}]}}"
    )]);
    let question = r#"{"principal": {"roles": ["user"]}, "actions": ["view"],
        "nowAttributes": ["at"], "resource": {"attr": {"deadline": 90, "deadlines": [-10, 30],
        "at": "1970-01-01T00:00:00Z", "from": "1969-12-31T23:59:50Z"}}}"#;
    match ask(&policies, question).clock {
        ClockUse::Until(horizon) if horizon < Timestamp::MAX => until(horizon.as_second()),
        found => found,
    }
}

#[test]
fn a_comparison_with_the_clock_holds_until_it_turns() {
    for (condition, clock) in [
        ("now() < timestamp(60)", until(60)),
        ("now() <= timestamp(60)", until(60)),
        ("timestamp(60) > now()", until(60)),
        ("timestamp(-60) >= now()", NEVER),
        // It may be about to turn.
        ("now() >= timestamp(0)", until(0)),
        ("now() + duration('10s') < timestamp(60)", until(50)),
        ("duration('10s') + now() < timestamp(60)", until(50)),
        ("now() - duration('10s') < timestamp(60)", until(70)),
        ("now() - timestamp(-60) < duration('2m')", until(60)),
        ("timestamp(300) - now() > duration('2m')", until(180)),
        // Until the difference is no duration any more.
        ("timestamp(60) - now() > duration('2m')", until(60 + 9_223_372_036)),
        ("timestamp(-60).timeSince() < duration('2m')", until(60)),
        ("timeSince(timestamp(-60)) > duration('2m')", until(60)),
        ("now() < timestamp(int(R.attr.deadline))", until(90)),
        ("R.attr.deadlines.exists(d, now() < timestamp(int(d)))", until(30)),
        ("now() < timestamp(60) && now() < timestamp(20)", until(20)),
        ("now() < timestamp(60) || now() < timestamp(20)", until(60)),
        ("now() < timestamp(-60) && now() < timestamp(20)", NEVER),
        ("R.attr.deadline > 0.0 || now() < timestamp(20)", NEVER),
        ("V.young", until(40)),
        ("V.young || V.old", until(40)),
        // Another variable that may turn earlier is evaluated, but not used.
        ("R.attr.deadline > 0.0", ClockUse::Unread),
        // It fails.
        ("now() < timestamp(R.attr.gone)", until(0)),
        ("now() < R.attr.deadline", until(0)),
        // They tell nothing.
        ("now() == timestamp(60)", ClockUse::Read),
        ("now() < now() + duration('1s')", ClockUse::Read),
        ("now() + duration('1s') - duration('1s') < timestamp(60)", ClockUse::Read),
        ("int(now()) < 60", ClockUse::Read),
        ("now() < timestamp(60) && now().getHours() < 6", ClockUse::Read),
        ("cel.bind(n, now(), now() < n)", ClockUse::Read),
        ("[now()].exists(n, n < timestamp(60))", ClockUse::Read),
        ("now() < V.instant", ClockUse::Read),
    ] {
        assert_eq!(clock_of(condition), clock, "{condition}");
    }
}

#[test]
fn so_does_a_comparison_with_an_attribute_that_is_the_time() {
    for (condition, clock) in [
        ("timestamp(R.attr.at) < timestamp(60)", until(60)),
        ("timestamp(60) >= timestamp(R.attr.at)", until(60)),
        ("timestamp(R.attr.at) > timestamp(R.attr.from)", NEVER),
        ("timestamp(R.attr.from) + duration('100s') > timestamp(R.attr.at)", until(90)),
        ("timestamp(R.attr.at) - timestamp(R.attr.from) < duration('100s')", until(90)),
        ("timestamp(R.attr.at) + duration('10s') < timestamp(60)", until(50)),
        ("timestamp(100) - timestamp(R.attr.at) > duration('30s')", until(70)),
        ("timestamp(R.attr.from) < timestamp(60)", NEVER),
        ("timestamp(R.attr.from) - now() < duration('1s')", until(9_223_372_026)),
        // What it is subtracted from could be the time as well, so it is in the key.
        ("timestamp(R.attr.from) - timestamp(R.attr.at) < duration('1s')", NEVER),
        ("timestamp(R.attr.deadline) < timestamp(60)", NEVER),
        // Both move.
        ("timestamp(R.attr.at) < now()", until(0)),
        ("timestamp(R.attr.at) < R.attr.deadline", until(0)),
        ("timestamp(R.attr.at) == timestamp(60)", ClockUse::Unread),
    ] {
        assert_eq!(clock_of(condition), clock, "{condition}");
    }
}

#[test]
fn failures_are_listed_once_and_sorted() {
    let policy = "resourcePolicy: {resource: doc, version: default, \
                  variables: {local: {v: R.attr.gone}}, rules: [\
                  {actions: [view], roles: [user], effect: EFFECT_ALLOW, \
                   condition: {match: {any: {of: [{expr: V.v == 1}, {expr: 1 / 0 == 1}]}}}}, \
                  {actions: [view], roles: [user], effect: EFFECT_ALLOW, \
                   condition: {match: {expr: 1 / 0 == 1}}, \
                   output: {when: {conditionNotMet: R.attr.not.listed}}}]}";
    check(
        &[policy],
        ClockUse::Unread,
        &[
            ("1 / 0 == 1", "division by zero"),
            ("R.attr.gone", "no such key: gone"),
            ("V.v == 1", "undefined field 'v'"),
        ],
    );
}
