//! The whole tour of the demo, through real Envoy: every row must be answered as it says.

use std::process::Command;

use crate::tools;

#[test]
fn every_request_of_the_tour_is_answered_as_expected() {
    let world = tempfile::tempdir().unwrap();
    let output = Command::new(tools::demo())
        .args(["up", "--ports", "free", "--world"])
        .arg(world.path())
        .arg("--policies")
        .arg(tools::root().join("policies"))
        .arg("--envoy")
        .arg(tools::envoy())
        .arg("--portcullis")
        .arg(tools::portcullis())
        .output()
        .unwrap();
    let logs = ["portcullis.log", "issuer.log"]
        .map(|name| std::fs::read_to_string(world.path().join(name)).unwrap_or_default());
    assert!(output.status.success(), "{}\n{}", tools::printed(&output), logs.concat());
}
