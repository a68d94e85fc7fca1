//! Files that are made to exhaust whoever loads them.

use std::fmt::Write;

use crate::engine::cel::Globals;
use crate::engine::model::Options;
use crate::engine::policy::{PolicyFile, compile};

#[track_caller]
fn refused(text: &str, expected: &str) {
    let file = PolicyFile { path: "a.yaml".to_owned(), bytes: text.as_bytes().to_vec() };
    let errors = compile(&[file], &Options::default(), &Globals::default()).unwrap_err();
    let message = errors.iter().next().unwrap().message.clone();
    assert!(message.contains(expected), "{message}");
}

#[test]
fn a_file_nested_deeply_is_refused_before_it_is_built() {
    let flow = format!("a: {}{}", "[".repeat(10_000), "]".repeat(10_000));
    refused(&flow, "nested more than 192 deep");
    refused(&"[".repeat(1_000_000), "nested more than 192 deep");
    let block: String = (0..1_000).fold(String::new(), |mut text, depth| {
        writeln!(text, "{}a:", " ".repeat(depth)).unwrap();
        text
    });
    refused(&block, "nested more than 192 deep");
    refused(&"- ".repeat(10_000), "nested more than 192 deep");
}

#[test]
fn aliases_do_not_nest_deeper_than_what_is_written() {
    let mut text = "a0: &a0 [x]\n".to_owned();
    for depth in 1..1_000 {
        writeln!(text, "a{depth}: &a{depth} [*a{}]", depth - 1).unwrap();
    }
    refused(&text, "nested more than 192 deep");
}

#[test]
fn an_alias_bomb_does_not_explode() {
    let mut text = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
    for depth in 1..20 {
        let aliases = vec![format!("*a{}", depth - 1); 10].join(",");
        writeln!(text, "a{depth}: &a{depth} [{aliases}]").unwrap();
    }
    refused(&text, "more than 2000000 values, aliases counted");
}

#[test]
fn anchors_within_anchors_are_counted() {
    let open: String = (0..150).fold(String::new(), |mut text, depth| {
        write!(text, "&a{depth} [").unwrap();
        text
    });
    let text = format!("a: {open}{}{}", "x,".repeat(20_000), "]".repeat(150));
    refused(&text, "more than 2000000 values, aliases counted");
}

#[test]
fn conditions_may_nest_as_deep_as_files() {
    let depth = 60;
    let open = "{all: {of: [".repeat(depth);
    let close = "]}}".repeat(depth);
    let text = format!(
        "apiVersion: api.cerbos.dev/v1\nresourcePolicy: {{resource: a, version: default, rules: \
         [{{actions: [a], roles: [a], effect: EFFECT_ALLOW, condition: {{match: \
         {open}{{expr: nope}}{close}}}}}]}}\n"
    );
    refused(&text, "undeclared reference to 'nope'");
}
