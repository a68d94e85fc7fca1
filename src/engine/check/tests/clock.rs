//! What an answer depends on beside the question, and what failed on the way.

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
    let by_now = r#", condition: {match: {expr: 'now() > timestamp("1970-01-01T00:00:00Z")'}}"#;
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
