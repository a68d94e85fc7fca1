//! Questions and policies that are made to be expensive.

use std::fmt::Write;

use super::case::{ask, policies};
use crate::engine::model::Effect;

const ASKED: &str = r#"{"principal": {"roles": ["user"], "attr": {"l": [0,1,2,3,4,5,6,7,8,9]}},
                        "actions": ["view", "edit"]}"#;

#[test]
fn a_denial_that_cannot_be_evaluated_in_time_denies() {
    let loops = |depth: usize| {
        let open: String = (0..depth).fold(String::new(), |mut text, at| {
            write!(text, "P.attr.l.all(x{at}, ").unwrap();
            text
        });
        format!("!({open}true{})", ")".repeat(depth))
    };
    let policy = format!(
        "resourcePolicy: {{resource: doc, version: default, rules: [\
         {{actions: [view], roles: [user], effect: EFFECT_DENY, condition: {{match: {{expr: '{}'}}}}}}, \
         {{actions: [view, edit], roles: [user], effect: EFFECT_ALLOW}}]}}",
        loops(8)
    );
    let output = ask(&policies(&[&policy]), ASKED);
    assert_eq!(output.actions[0].effect, Effect::Deny);
    assert_eq!(&*output.evaluation_errors[0].message, "evaluation took more than 5000000 steps");
    // What needs no expression is still decided.
    assert_eq!(output.actions[1].effect, Effect::Allow);
}

#[test]
fn many_roles_with_role_policies_are_walked_once_each() {
    let lines: Vec<String> = (0..300)
        .map(|role| {
            format!(
                "rolePolicy: {{role: r{role}, parentRoles: [r{}, user], \
                 rules: [{{resource: \"*\", allowActions: [view]}}]}}",
                (role + 1) % 300
            )
        })
        .chain(["resourcePolicy: {resource: doc, version: default, rules: [\
                 {actions: [view], roles: [user], effect: EFFECT_ALLOW}]}"
            .to_owned()])
        .collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let output =
        ask(&policies(&lines), r#"{"principal": {"roles": ["r7"]}, "actions": ["view", "edit"]}"#);
    assert_eq!(output.actions[0].effect, Effect::Allow);
    assert_eq!(&*output.actions[1].policy, "role.r7.vdefault");
}
