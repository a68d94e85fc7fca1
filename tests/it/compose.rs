//! `docker-compose.yml` cannot be run where the tests run, so it is held against its schema, and its
//! commands against those that the demo runs without containers.

use std::{collections::BTreeSet, fs, process::Command};

use portcullis::yaml::{Limits, Node, Tree, load};

use crate::tools;

const LIMITS: Limits = Limits { bytes: 1 << 20, depth: 32, nodes: 10_000 };

#[test]
fn the_compose_file_follows_its_schema() {
    let output = Command::new("python3")
        .env("PYTHONPATH", tools::check_jsonschema())
        .args(["-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"])
        .arg(tools::root().join("docker-compose.yml"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", tools::printed(&output));
}

#[test]
fn every_command_of_the_compose_file_is_one_that_the_demo_runs() {
    let output = Command::new(tools::demo())
        .args(["commands", "--world", "/world", "--outside", "0.0.0.0", "--policies", "/policies"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", tools::printed(&output));
    let demo = String::from_utf8(output.stdout).unwrap();
    let demo: BTreeSet<_> = demo.lines().map(str::to_owned).collect();

    let text = fs::read_to_string(tools::root().join("docker-compose.yml")).unwrap();
    let compose = load(&text, LIMITS).unwrap().unwrap();
    let Tree::Mapping(services) = &compose.get("services").unwrap().tree else { panic!() };
    let services: BTreeSet<_> = services
        .iter()
        .map(|entry| {
            let command = strings(entry.value.get("command").unwrap()).join(" ");
            format!("{}: {} {command}", entry.key.scalar.text, program(&entry.value))
        })
        .collect();
    assert_eq!(services, demo);
}

#[test]
fn the_compose_file_has_the_envoy_that_the_tests_run() {
    let text = fs::read_to_string(tools::root().join("docker-compose.yml")).unwrap();
    let fetched = fs::read_to_string(tools::root().join("tools/fetch.py")).unwrap();
    let pinned = fetched.lines().find_map(|line| line.strip_prefix("ENVOY = ")).unwrap();
    let image = format!("image: envoyproxy/envoy:distroless-v{}\n", pinned.trim_matches('"'));
    assert!(text.contains(&image), "no {image}");
}

/// What an image starts: ours are named for their target of the Dockerfile, whose entry point is the
/// program of that name; Envoy's is Envoy.
fn program(service: &Node) -> String {
    match service.get("build") {
        Some(build) => string(build.get("target").unwrap()),
        None => "envoy".to_owned(),
    }
}

fn strings(node: &Node) -> Vec<String> {
    let Tree::Sequence(items) = &node.tree else { panic!("not a list: {node:?}") };
    items.iter().map(string).collect()
}

fn string(node: &Node) -> String {
    let Tree::Scalar(scalar) = &node.tree else { panic!("not text: {node:?}") };
    scalar.text.clone()
}
