//! The engine alone: a typical check, the same check among many policies, and loading them.
//!
//! `cargo bench --bench engine --profile dist`. Each figure stands beside its allocations.
#![expect(clippy::expect_used, reason = "a benchmark that cannot be set up has no figure")]

use std::fmt::Write as _;

use divan::{AllocProfiler, Bencher, black_box};
use jiff::Timestamp;
use portcullis::engine::{
    PolicyFile, PolicySet,
    cel::Globals,
    compile,
    model::{AuxData, CheckInput, Map, Options, PolicyVersion, Principal, Resource, Scope, Value},
};

#[global_allocator]
static ALLOCATIONS: AllocProfiler = AllocProfiler::system();

const COUNTS: [usize; 4] = [10, 100, 1_000, 10_000];

const DERIVED_ROLES: &str = r"
apiVersion: api.cerbos.dev/v1
derivedRoles:
  name: document_roles
  definitions:
    - name: owner
      parentRoles: [user]
      condition: { match: { expr: R.attr.owner == P.id } }
    - name: colleague
      parentRoles: [user]
      condition: { match: { expr: R.attr.department == P.attr.department } }
";

fn main() {
    divan::main();
}

/// One resource policy of eight rules, two derived roles and four conditions with those of the roles.
fn resource_policy(kind: usize) -> PolicyFile {
    let mut text = format!(
        "apiVersion: api.cerbos.dev/v1\nresourcePolicy:\n  resource: document{kind}\n  version: default\n  importDerivedRoles: [document_roles]\n  rules:\n"
    );
    for (action, roles, condition) in [
        ("create", "roles: [user]", ""),
        ("list", "roles: [user]", ""),
        ("view", "derivedRoles: [owner, colleague]", ""),
        ("edit", "derivedRoles: [owner]", "R.attr.status == \"draft\""),
        ("publish", "roles: [editor]", "R.attr.words > 100.0 && R.attr.status == \"draft\""),
        ("delete", "derivedRoles: [owner]", ""),
        ("archive", "roles: [admin]", ""),
        ("purge", "roles: [admin]", ""),
    ] {
        write!(text, "    - {{ actions: [{action}], effect: EFFECT_ALLOW, {roles}")
            .expect("a string");
        if !condition.is_empty() {
            write!(text, ", condition: {{ match: {{ expr: '{condition}' }} }}").expect("a string");
        }
        text.push_str(" }\n");
    }
    PolicyFile { path: format!("document{kind}.yaml"), bytes: text.into_bytes() }
}

fn files(count: usize) -> Vec<PolicyFile> {
    let roles = PolicyFile { path: "roles.yaml".to_owned(), bytes: DERIVED_ROLES.into() };
    (0..count).map(resource_policy).chain([roles]).collect()
}

fn policies(count: usize) -> PolicySet {
    compile(&files(count), &Options::default(), &Globals::default()).expect("policies")
}

fn attributes(pairs: &[(&str, &str)]) -> Map {
    pairs.iter().map(|(name, value)| (*name, Value::from(*value))).collect()
}

#[divan::bench(args = COUNTS)]
fn check_among(bencher: Bencher<'_, '_>, count: usize) {
    let policies = policies(count);
    let principal = Principal {
        id: "alice".into(),
        roles: vec!["user".parse().expect("a role")],
        policy_version: PolicyVersion::unset(),
        scope: Scope::unset(),
        attr: attributes(&[("department", "engineering"), ("level", "senior")]),
    };
    let resource = Resource {
        kind: format!("document{}", count / 2).parse().expect("a kind"),
        id: "d1".into(),
        policy_version: PolicyVersion::unset(),
        scope: Scope::unset(),
        attr: attributes(&[
            ("owner", "alice"),
            ("department", "engineering"),
            ("status", "draft"),
            ("title", "A plan"),
        ]),
    };
    let actions = ["edit".parse().expect("an action")];
    let aux_data = AuxData::default();
    bencher.bench(|| {
        policies.check(black_box(&CheckInput {
            principal: &principal,
            resource: &resource,
            actions: &actions,
            aux_data: &aux_data,
            now: Timestamp::UNIX_EPOCH,
            now_attributes: &[],
        }))
    });
}

#[divan::bench(args = COUNTS, sample_count = 3, sample_size = 1)]
fn load(bencher: Bencher<'_, '_>, count: usize) {
    let files = files(count);
    bencher.bench(|| compile(black_box(&files), &Options::default(), &Globals::default()));
}
