//! Policies that make more of a plan than there is memory or stack.

use std::fmt::Write;

use crate::engine::check::policies;
use crate::engine::model::{AuxData, Map, Principal};
use crate::engine::plan::{Filter, PlanInput, PlanOutput, PlannedResource};

fn plan(policy: &str) -> PlanOutput {
    let principal = Principal {
        id: "p1".into(),
        roles: vec!["user".parse().unwrap()],
        policy_version: "".parse().unwrap(),
        scope: "".parse().unwrap(),
        attr: Map::default(),
    };
    let resource = PlannedResource {
        kind: "doc".parse().unwrap(),
        policy_version: "".parse().unwrap(),
        scope: "".parse().unwrap(),
        attr: Map::default(),
    };
    policies(&[policy]).plan(&PlanInput {
        principal: &principal,
        resource: &resource,
        actions: &["view".parse().unwrap()],
        aux_data: &AuxData::default(),
        now: jiff::Timestamp::UNIX_EPOCH,
    })
}

fn policy(variables: &str, rules: &str) -> String {
    format!(
        "resourcePolicy: {{resource: doc, version: default, variables: {{local: {{{variables}}}}}, \
         rules: [{rules}]}}"
    )
}

fn rule(effect: &str, expression: &str) -> String {
    format!(
        "{{actions: [view], roles: [user], effect: EFFECT_{effect}, \
         condition: {{match: {{expr: '{expression}'}}}}}},"
    )
}

#[track_caller]
fn denies_for_want_of_room(variables: &str, last: &str) {
    // A rule that denies must not be lost for want of room, nor may any that allows stay.
    let rules = rule("ALLOW", "R.attr.open") + &rule("DENY", &format!("V.{last} == 1"));
    let output = plan(&policy(variables, &rules));
    assert_eq!(output.filter, Filter::AlwaysDenied);
    assert!(output.exhausted);
}

#[test]
fn variables_that_double_each_other_end_in_a_denial() {
    let mut variables = "v0: R.attr.x,".to_owned();
    for at in 1..64 {
        write!(variables, "v{at}: V.v{0} + V.v{0},", at - 1).unwrap();
    }
    denies_for_want_of_room(&variables, "v63");
}

#[test]
fn a_long_chain_of_variables_ends_in_a_denial() {
    let mut variables = "v0: R.attr.x,".to_owned();
    for at in 1..3_000 {
        write!(variables, "v{at}: -V.v{},", at - 1).unwrap();
    }
    denies_for_want_of_room(&variables, "v2999");
}

#[test]
fn names_that_double_each_other_end_in_a_denial() {
    let mut expression = "x40".to_owned();
    for at in (1..=40).rev() {
        expression = format!("cel.bind(x{at}, x{0} + x{0}, {expression})", at - 1);
    }
    let expression = format!("cel.bind(x0, R.attr.x, {expression}) == 1");
    let output = plan(&policy("a: 1", &rule("ALLOW", &expression)));
    assert_eq!(output.filter, Filter::AlwaysDenied);
    assert!(output.exhausted);
}

#[test]
fn many_rules_are_beside_each_other() {
    let rules: String = (0..300).map(|at| rule("ALLOW", &format!("R.attr.x == {at}"))).collect();
    let output = plan(&policy("a: 1", &rules));
    let Filter::Conditional(operand) = &output.filter else { panic!("{:?}", output.filter) };
    assert_eq!(operand.operator(), Some("or"));
    assert!(operand.to_string().ends_with("(eq request.resource.attr.x 299))"));
}

#[test]
fn many_keys_are_beside_each_other() {
    let mut entries = String::new();
    for at in 0..3_000 {
        write!(entries, "\"k{at}\": 1,").unwrap();
    }
    let expression = format!("{{{entries}}}[R.attr.k] == 1");
    let output = plan(&policy("a: 1", &rule("ALLOW", &expression)));
    let Filter::Conditional(operand) = &output.filter else { panic!("{:?}", output.filter) };
    assert!(operand.to_string().starts_with("(or (eq request.resource.attr.k \"k0\") "));
}
