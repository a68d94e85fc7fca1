//! Suites as text, reports as text.

use expect_test::{Expect, expect};

use super::report::{self, Detail, Shape};
use super::{Coverage, Filter, Run, Settings, run};
use crate::engine::{
    PolicyFile,
    cel::Globals,
    compile,
    model::{Options, SchemaEnforcement},
};

const POLICY: &str = "\
apiVersion: api.cerbos.dev/v1
resourcePolicy:
  resource: doc
  version: default
  importDerivedRoles: [roles]
  variables:
    local:
      limit: R.attr.limit * 2.0
  constants:
    local:
      open: [draft, review]
  rules:
    - name: owners-edit
      actions: [edit]
      derivedRoles: [owner]
      effect: EFFECT_ALLOW
      condition:
        match:
          all:
            of:
              - expr: R.attr.state in C.open
              - expr: (P.attr.level > 3.0 || P.attr.amount < V.limit) && !(R.attr.locked == true)
    - name: admins-do-all
      actions: [\"*\"]
      roles: [admin]
      effect: EFFECT_ALLOW
    - name: nobody-shreds
      actions: [shred]
      roles: [\"*\"]
      effect: EFFECT_DENY
";

const ROLES: &str = "\
apiVersion: api.cerbos.dev/v1
derivedRoles:
  name: roles
  definitions:
    - name: owner
      parentRoles: [user]
      condition: { match: { expr: R.attr.owner == P.id } }
";

const FIXTURES: &str = "\
principals:
  ann: { id: ann, roles: [user], attr: { level: 1, amount: 9 } }
  bob: { id: bob, roles: [user], attr: { level: 1, amount: 9 } }
  root: { id: root, roles: [admin] }
resources:
  letter: { kind: doc, id: letter, attr: { owner: ann, state: draft, limit: 4 } }
";

fn suite(tests: &str) -> (Run, Coverage) {
    let file = |path: &str, text: &str| PolicyFile { path: path.into(), bytes: text.into() };
    let suite = format!("name: Letters\n{FIXTURES}{tests}");
    let files =
        [file("doc.yaml", POLICY), file("roles.yaml", ROLES), file("doc_test.yaml", &suite)];
    let mut policies = compile(&files, &Options::default(), &Globals::default()).unwrap();
    let settings = Settings {
        filter: Filter::default(),
        one_by_one: false,
        strict: false,
        schema_enforcement: SchemaEnforcement::Reject,
    };
    run(&mut policies, &files, &settings)
}

#[track_caller]
fn check(tests: &str, expected: &Expect) {
    let (run, _) = suite(tests);
    expected.assert_eq(&report::tree(&run, Shape::List, Detail::Brief));
}

const EDIT: &str = "\
tests:
  - name: who edits
    input: { principals: [ann, bob], resources: [letter], actions: [edit] }
    expected: [{ principals: [ann, bob], resource: letter, actions: { edit: EFFECT_ALLOW } }]
";

#[test]
fn a_case_that_fails_tells_which_part_decided_and_what_it_saw() {
    check(
        EDIT,
        &expect![[r#"
        Test results
        Letters (doc_test.yaml) [2 FAILED]
          who edits
            ann
              letter
                edit [FAILED]
                  OUTCOME: expected: EFFECT_ALLOW, actual: EFFECT_DENY
                  WHY
                    resource.doc.vdefault#owners-edit (doc.yaml:13:7) does not allow, to the derived role owner
                      P.attr.level > 3.0 → false
                        P.attr.level = 1
                      P.attr.amount < V.limit → false
                        P.attr.amount = 9
                        V.limit = 8
                        R.attr.limit = 4
            bob
              letter
                edit [FAILED]
                  OUTCOME: expected: EFFECT_ALLOW, actual: EFFECT_DENY
                  WHY
                    resource.doc.vdefault#owners-edit (doc.yaml:13:7) does not apply: the derived role owner is not active
                      R.attr.owner == P.id → false
                        P.id = "bob"
                        R.attr.owner = "ann"

        2 tests executed [2 FAILED]
    "#]],
    );
}

#[test]
fn a_case_that_fails_tells_which_rule_made_the_effect() {
    check(
        "\
tests:
  - name: who shreds
    input: { principals: [root], resources: [letter], actions: [shred, read] }
    expected: [{ principal: root, resource: letter, actions: { shred: EFFECT_ALLOW } }]
  - name: who reads
    input: { principals: [ann], resources: [letter], actions: [read] }
    expected: [{ principal: ann, resource: letter, actions: { read: EFFECT_ALLOW } }]
",
        &expect![[r#"
            Test results
            Letters (doc_test.yaml) [3 FAILED]
              who shreds
                root
                  letter
                    shred [FAILED]
                      OUTCOME: expected: EFFECT_ALLOW, actual: EFFECT_DENY
                      WHY
                        resource.doc.vdefault#nobody-shreds (doc.yaml:27:7) denies
                    read [FAILED]
                      OUTCOME: expected: EFFECT_DENY, actual: EFFECT_ALLOW
                      WHY
                        resource.doc.vdefault#admins-do-all (doc.yaml:23:7) allows
              who reads
                ann
                  letter
                    read [FAILED]
                      OUTCOME: expected: EFFECT_ALLOW, actual: EFFECT_DENY
                      WHY
                        no rule of resource.doc.vdefault is about this action and these roles

            3 tests executed [3 FAILED]
        "#]],
    );
}

#[test]
fn every_mistake_in_a_suite_is_told_with_its_place() {
    check(
        "\
options: { now: noon }
tests:
  - name: t
    input: { principals: [ann, ann], resource: letter }
",
        &expect![[r#"
            Test results
            Unknown (doc_test.yaml) [ERROR]
              failed to load test suite:
            doc_test.yaml:8:17: `now` must be a timestamp
              | options: { now: noon }
              |                 ^ write a date, a time and a zone: "2024-05-14T07:30:00Z"
            doc_test.yaml:10:5: a test needs `expected`
              |   - name: t
              |     ^
            doc_test.yaml:11:12: `input` needs `actions`
              |     input: { principals: [ann, ann], resource: letter }
              |            ^
            doc_test.yaml:11:12: `input` needs `resources` or `resourceGroups`
              |     input: { principals: [ann, ann], resource: letter }
              |            ^
            doc_test.yaml:11:32: `ann` is in `principals` twice
              |     input: { principals: [ann, ann], resource: letter }
              |                                ^ remove one of them
            doc_test.yaml:11:38: unknown field `resource` of `input`
              |     input: { principals: [ann, ann], resource: letter }
              |                                      ^ did you mean `resources`?

            0 tests executed
        "#]],
    );
}

#[test]
fn coverage_tells_what_no_case_has_reached() {
    let (_, coverage) = suite(EDIT);
    expect![[r#"
        Coverage: 2 of 4 rules reached, 4 of 6 values of conditions seen
          doc.yaml:21:23: resource.doc.vdefault#owners-edit: `R.attr.state in C.open` was never false
          doc.yaml:22:23: resource.doc.vdefault#owners-edit: `(P.attr.level > 3.0 || P.attr.amount < V.limit) && !(R.attr.locked == true)` was never true
          doc.yaml:23:7: resource.doc.vdefault#admins-do-all was not reached
          doc.yaml:27:7: resource.doc.vdefault#nobody-shreds was not reached
    "#]].assert_eq(&report::coverage(&coverage));
    let policy = PolicyFile { path: "doc.yaml".into(), bytes: POLICY.into() };
    let page = report::html(&coverage, &[policy]);
    for line in [
        r##"<li class="m"><a class="at" href="#doc.yaml:27">doc.yaml:27</a><code>resource.doc.vdefault#nobody-shreds</code><span>no case reaches this rule</span></li>"##,
        r##"<li class="h"><a class="at" href="#doc.yaml:21">doc.yaml:21</a><code>R.attr.state in C.open</code><span>true 1×, never false</span></li>"##,
        r#"<li class="c" id="doc.yaml:13"><code>    - name: owners-edit</code><span>reached 1×</span></li>"#,
        r#"<li class="m" id="doc.yaml:27"><code>    - name: nobody-shreds</code><span>no case reaches this rule</span></li>"#,
        r#"<li><code>  resource: doc</code></li>"#,
    ] {
        assert!(page.contains(line), "{line}\n{page}");
    }
    // What is missing is before all else, and what is worst before the rest.
    let places = ["Missing</h2>", "<li class=\"m\">", "<li class=\"h\">", "Files</h2>"];
    let places = places.map(|text| page.find(text).unwrap());
    assert!(places.is_sorted(), "{places:?}");
}
