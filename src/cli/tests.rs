//! What `validate` finds, and the command line itself.

use std::{fs, path::Path};

use clap::CommandFactory;
use expect_test::{Expect, expect};
use tempfile::TempDir;

use super::{Cli, validate};

const CONFIG: &str = "\
auth0: { domain: acme.eu.auth0.com, audience: api }
policies: policies
routes:
  - path: /invoices/{invoice}
    resource: { kind: invoice, id: \"{invoice}\", attr: { org: { claim: org_id } } }
  - path: /healthz
    public: [GET]
";

const POLICY: &str = "\
apiVersion: api.cerbos.dev/v1
resourcePolicy:
  resource: invoice
  version: default
  rules:
    - actions: [\"view\"]
      roles: [user]
      effect: EFFECT_ALLOW
      condition:
        match:
          expr: R.attr.org == P.attr.org_id
";

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("policies")).unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

/// The report, with the files' names relative to the folder.
fn report(folder: &Path) -> String {
    let report = validate(&folder.join("portcullis.yaml")).to_string();
    report.replace(&format!("{}/", folder.display()), "")
}

#[track_caller]
fn check(files: &[(&str, &str)], expected: &Expect) {
    expected.assert_eq(&report(folder(files).path()));
}

#[test]
fn what_is_right_is_counted() {
    check(
        &[("portcullis.yaml", CONFIG), ("policies/invoice.yaml", POLICY)],
        &expect!["no errors, no warnings: 2 routes, 1 policy"],
    );
}

#[test]
fn a_listener_that_anybody_can_reach_is_a_warning() {
    let expected = expect![[r#"
        warning: the listener on 0.0.0.0:9191 answers anybody who reaches it, and believes what they say about clients: set `listen.tls.client_ca_file`
        no errors, 1 warning: 2 routes, 1 policy"#]];
    let tls = "tls: { cert_file: a, key_file: b }";
    for listen in ["address: 0.0.0.0:9191".to_owned(), format!("address: 0.0.0.0:9191, {tls}")] {
        let config = format!("{CONFIG}listen: {{ {listen} }}\n");
        check(&[("portcullis.yaml", &config), ("policies/invoice.yaml", POLICY)], &expected);
    }
    let mtls = "tls: { cert_file: a, key_file: b, client_ca_file: c }";
    let config = format!("{CONFIG}listen: {{ address: 0.0.0.0:9191, {mtls} }}\n");
    check(
        &[("portcullis.yaml", &config), ("policies/invoice.yaml", POLICY)],
        &expect!["no errors, no warnings: 2 routes, 1 policy"],
    );
}

#[test]
fn an_api_that_lets_more_through_than_the_gate_is_a_warning() {
    let lenient = expect![[r#"
        warning: the gate evaluates strictly and Cerbos's API does not, so that it may allow what the gate denies: set `api.strict_evaluation`
        no errors, 1 warning: 2 routes, 1 policy"#]];
    let alike = expect!["no errors, no warnings: 2 routes, 1 policy"];
    for (sections, expected) in [
        ("api: {}\n", &lenient),
        ("api: { strict_evaluation: false }\n", &lenient),
        ("api: { strict_evaluation: true }\n", &alike),
        ("api: {}\nengine: { strict_evaluation: false }\n", &alike),
        ("api: { strict_evaluation: true }\nengine: { strict_evaluation: false }\n", &alike),
    ] {
        let config = format!("{CONFIG}{sections}");
        check(&[("portcullis.yaml", &config), ("policies/invoice.yaml", POLICY)], expected);
    }
}

#[test]
fn an_admin_listener_that_others_can_reach_is_a_warning() {
    let config = format!("{CONFIG}admin: {{ address: 0.0.0.0:9192 }}\n");
    check(
        &[("portcullis.yaml", &config), ("policies/invoice.yaml", POLICY)],
        &expect![[r#"
            warning: the admin listener on 0.0.0.0:9192 takes orders from anybody who reaches it: let nobody but its operators
            no errors, 1 warning: 2 routes, 1 policy"#]],
    );
}

#[test]
fn an_attribute_that_a_policy_reads_and_no_route_supplies_is_a_warning() {
    let more = r#"
    - actions: ["edit", "delete"]
      roles: [user]
      effect: EFFECT_ALLOW
      condition:
        match:
          all:
            of:
              - expr: R.attr.owner == P.id
              - expr: R.attr.state.name == "draft" || P.id in R.attr.owner
"#;
    check(
        &[("portcullis.yaml", CONFIG), ("policies/invoice.yaml", &format!("{POLICY}{more}"))],
        &expect![[r#"
            warning: portcullis.yaml:4:5: the route `/invoices/{invoice}` does not supply the attribute `owner` of `invoice`, which is read at policies/invoice.yaml:20:23, policies/invoice.yaml:21:23
            warning: portcullis.yaml:4:5: the route `/invoices/{invoice}` does not supply the attribute `state` of `invoice`, which is read at policies/invoice.yaml:21:23
            no errors, 2 warnings: 2 routes, 1 policy"#]],
    );
}

#[test]
fn a_kind_that_the_path_says_is_not_guessed_at() {
    let config = CONFIG.replace("kind: invoice", "kind: \"{invoice}\"");
    let policy = POLICY.replace("R.attr.org ==", "R.attr.owner ==");
    check(
        &[("portcullis.yaml", &config), ("policies/invoice.yaml", &policy)],
        &expect!["no errors, no warnings: 2 routes, 1 policy"],
    );
}

#[test]
fn errors_of_configuration_routes_and_policies_come_together() {
    let config = CONFIG.replace("/healthz", "/invoices/{id}") + "log: { level: loud }\n";
    let policy = POLICY.replace("EFFECT_ALLOW", "ALLOW");
    let folder = folder(&[
        ("portcullis.yaml", &config),
        ("policies/invoice.yaml", &policy),
        ("policies/other.yaml", "apiVersion: v0\n"),
    ]);
    let report = report(folder.path());
    for place in [
        "error: portcullis.yaml:8:15: `log.level` is `loud`",
        "portcullis.yaml:6:5",
        "error: policies/invoice.yaml:8:15:",
        "error: policies/other.yaml:1:13:",
    ] {
        assert!(report.contains(place), "{place} in\n{report}");
    }
}

#[test]
fn policies_that_are_not_there_are_an_error() {
    let config = CONFIG.replace("policies: policies", "policies: elsewhere");
    check(
        &[("portcullis.yaml", &config)],
        &expect![[r#"
            error: elsewhere: could not be read: No such file or directory (os error 2)
            1 error, no warnings"#]],
    );
}

#[test]
fn the_command_line_is_well_formed() {
    Cli::command().debug_assert();
}
