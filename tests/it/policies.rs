//! The demo's policies and their suites, in Cerbos's own PDP.

use std::process::Command;

use crate::tools;

#[track_caller]
fn pass(options: &[&str]) {
    let output = Command::new(tools::cerbos())
        .arg("compile")
        .args(options)
        .arg(tools::root().join("policies"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", tools::printed(&output));
    // A folder without suites passes, too.
    let tests = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(tests.contains(" OK]"), "{}", tools::printed(&output));
}

#[test]
fn the_suites_pass_in_cerbos() {
    pass(&[]);
}

/// Portcullis's own default: what fails to evaluate denies.
#[test]
fn the_suites_pass_in_cerbos_under_strict_evaluation() {
    pass(&["--strict-evaluation"]);
}
