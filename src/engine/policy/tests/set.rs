//! What a set of policies tells of itself.

use crate::engine::cel::Globals;
use crate::engine::model::Options;
use crate::engine::policy::{PolicyFile, PolicySet, compile};

fn policies(texts: &[&str]) -> PolicySet {
    let files: Vec<PolicyFile> = texts
        .iter()
        .enumerate()
        .map(|(number, text)| PolicyFile {
            path: format!("{number}.yaml"),
            bytes: format!("apiVersion: api.cerbos.dev/v1\n{text}\n").into_bytes(),
        })
        .collect();
    compile(&files, &Options::default(), &Globals::default()).unwrap()
}

#[test]
fn a_set_knows_which_attributes_of_a_kind_are_read_and_where() {
    let set = policies(&[
        "derivedRoles: {name: d, definitions: [{name: owner, parentRoles: [user],\n  \
         condition: {match: {expr: R.attr.owner.id == P.id}}}]}",
        "resourcePolicy: {resource: invoice, version: default, importDerivedRoles: [d],\n  \
         variables: {local: {big: R.attr.amount > 10, unused: R.attr.unused}},\n  \
         rules: [{actions: [view], derivedRoles: [owner], effect: EFFECT_ALLOW,\n    \
         condition: {match: {expr: V.big && P.attr.tier == 1}}}]}",
        "resourcePolicy: {resource: order, version: default,\n  \
         rules: [{actions: [view], roles: [user], effect: EFFECT_ALLOW,\n    \
         condition: {match: {expr: R.attr.state == 'open'}}}]}",
        "principalPolicy: {principal: ann, version: default, rules: [{resource: 'inv*', actions:\n  \
         [{action: view, effect: EFFECT_DENY, condition: {match: {expr: has(R.attr.locked)}}}]}]}",
    ]);
    let reads = |kind: &str, action: &str| -> Vec<String> {
        let action = action.parse().unwrap();
        let reads = set.resource_attribute_reads(&kind.parse().unwrap(), [&action]);
        let print = |read: &crate::engine::policy::AttributeRead| {
            format!("{}:{} {}", read.file, read.place, read.path.join("."))
        };
        reads.iter().map(print).collect()
    };
    assert_eq!(
        reads("invoice", "view"),
        ["0.yaml:3:29 owner.id", "1.yaml:3:28 amount", "3.yaml:3:66 locked"]
    );
    assert_eq!(reads("invoice", "edit"), [""; 0]);
    assert_eq!(reads("order", "view"), ["2.yaml:4:31 state"]);
    assert_eq!(reads("nothing", "view"), [""; 0]);
    assert_eq!(set.policy_count(), 4);
}

#[test]
fn other_files_may_lie_among_policies_and_disabled_ones_do_not_count() {
    let file = |path: &str, text: &str| PolicyFile { path: path.to_owned(), bytes: text.into() };
    let policy = "apiVersion: api.cerbos.dev/v1\nresourcePolicy: {resource: a, version: default}\n";
    let files = [
        file("a.yaml", policy),
        file("a_test.yaml", "nothing: here"),
        file("README.md", "# Policies"),
        file(".hidden/b.yaml", "nothing"),
        file("testdata/b.yaml", "nothing"),
        file("empty.yaml", "# later\n"),
        file("b.yaml", &format!("{policy}disabled: true\n")),
    ];
    let set = compile(&files, &Options::default(), &Globals::default()).unwrap();
    assert_eq!(set.policy_count(), 1);
}

#[test]
fn a_variable_without_a_program_is_refused_wherever_something_names_it() {
    let loads = |rest: &str| {
        let policy = format!(
            r#"{{apiVersion: api.cerbos.dev/v1, resourcePolicy: {{resource: doc, version: default,
            variables: {{local: {{bad: 'matches(R.attr.s, "*")', uses: 'V.bad == true'}}}},
            rules: [{{actions: [view], roles: [user], effect: EFFECT_ALLOW, {rest}}}]}}}}"#
        );
        let file = PolicyFile { path: "doc.yaml".to_owned(), bytes: policy.into_bytes() };
        compile(&[file], &Options::default(), &Globals::default()).is_ok()
    };
    assert!(loads("name: other"));
    assert!(loads(r#"condition: {match: {expr: 'matches(R.attr.s, "*")'}}"#));
    assert!(!loads("condition: {match: {expr: V.bad}}"));
    assert!(!loads("condition: {match: {expr: V.uses}}"));
    assert!(!loads("output: {when: {conditionNotMet: V.bad}}"));
    // The older spelling is overridden, and checked.
    assert!(!loads(r#"output: {expr: V.bad, when: {ruleActivated: "1"}}"#));
}
