//! The Envoy configuration that we hand out, loaded by real Envoy.

use std::process::Command;

use crate::tools;

#[track_caller]
fn loads(file: &str) {
    let output = Command::new(tools::envoy())
        .args(["--mode", "validate", "--disable-hot-restart", "--config-path"])
        .arg(tools::root().join("envoy").join(file))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", tools::printed(&output));
    // Options that are about to go away are warned of, and would fail with some later Envoy.
    let warnings = String::from_utf8_lossy(&output.stderr).to_lowercase();
    assert!(!warnings.contains("deprecated"), "{}", tools::printed(&output));
}

#[test]
fn the_hardened_configuration_loads_as_it_is() {
    loads("envoy.yaml");
}

#[test]
fn the_snippet_loads_as_it_is() {
    loads("snippets/envoy.yaml");
}
