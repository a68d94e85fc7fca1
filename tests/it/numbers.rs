//! Every attack that we know by a number has a test that says so, in its name or in a row of its table.
//!
//! Letters are the families of attacks on tokens: A keys and algorithms, B structure, C kinds of tokens, K
//! claims, H the header, R memories, X proofs, Y client certificates. Numbers behind `threat_` are
//! vulnerabilities that servers of this kind have had.

use std::{collections::BTreeSet, fs, path::Path, sync::LazyLock};

use regex::Regex;

use crate::tools;

/// How many attacks a family has.
const FAMILIES: [(char, u8); 8] =
    [('A', 28), ('B', 21), ('C', 13), ('K', 28), ('H', 19), ('R', 10), ('X', 22), ('Y', 10)];

const THREATS: u8 = 52;

/// What has no test, and why none.
const LEFT_OUT: [(&str, &str); 5] = [
    ("X22", "a bad proof is answered with 401, as RFC 9449 has it; there is no option for 400"),
    ("threat_8", "it is about the filter's HTTP interface; ours is gRPC"),
    ("threat_33", "neither a policy nor a route can make the server ask anybody"),
    ("threat_43", "verification has one result, and its error cannot be looked at in part"),
    ("threat_47", "there is no interface for MCP"),
];

static TEST_NAME: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\bfn ((?:threat(?:_\d+)+_|[a-z]\d+_)+)"));
static ROW: LazyLock<Regex> = LazyLock::new(|| pattern(r#""([A-Z]\d+)[ :"]"#));
static THREAT: LazyLock<Regex> = LazyLock::new(|| pattern(r"threat((?:_\d+)+)_"));
static ATTACK: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b[a-z]\d+\b"));

fn pattern(text: &str) -> Regex {
    Regex::new(text).unwrap()
}

/// The texts of all tests, but for this one.
fn tests() -> Vec<String> {
    let mut folders = vec![tools::root().join("src"), tools::root().join("tests/it")];
    let mut tests = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if is_test(&path) {
                tests.push(fs::read_to_string(&path).unwrap());
            }
        }
    }
    assert!(tests.len() > 80, "{}", tests.len());
    tests
}

fn is_test(path: &Path) -> bool {
    let is_rust = path.extension().is_some_and(|extension| extension == "rs");
    let has_tests = path.components().any(|part| part.as_os_str() == "tests");
    is_rust && has_tests && !path.ends_with(file!())
}

/// The numbers that a text of tests has.
fn numbers(text: &str) -> BTreeSet<String> {
    let mut found: BTreeSet<String> =
        ROW.captures_iter(text).map(|row| row[1].to_owned()).collect();
    for name in TEST_NAME.captures_iter(text) {
        let words = name[1].replace('_', " ");
        found.extend(ATTACK.find_iter(&words).map(|attack| attack.as_str().to_uppercase()));
    }
    for threat in THREAT.captures_iter(text) {
        found.extend(threat[1].split('_').skip(1).map(|number| format!("threat_{number}")));
    }
    found
}

#[test]
fn every_attack_with_a_number_has_a_test_with_it() {
    let found: BTreeSet<String> = tests().iter().flat_map(|text| numbers(text)).collect();
    let left_out: BTreeSet<&str> = LEFT_OUT.iter().map(|(number, _)| *number).collect();
    let attacks = FAMILIES
        .iter()
        .flat_map(|(family, last)| (1..=*last).map(move |number| format!("{family}{number}")));
    let threats = (1..=THREATS).map(|number| format!("threat_{number}"));
    let (mut missing, mut both) = (Vec::new(), Vec::new());
    for number in attacks.chain(threats) {
        match (found.contains(&number), left_out.contains(&*number)) {
            (true, false) | (false, true) => {}
            (false, false) => missing.push(number),
            (true, true) => both.push(number),
        }
    }
    assert!(missing.is_empty(), "no test says that it is about {}", missing.join(", "));
    assert!(both.is_empty(), "said to have no test, and have one: {}", both.join(", "));
}

#[test]
fn numbers_are_read_from_names_and_rows() {
    let text = r#"
        async fn x1_threat_34_r2_a_test() {}
        threat_35_made_by_a_macro: "file.txt",
        fn threat_5_12_two() {}
        ("K8 text", 1), ("A1", 2), ("Z", "no A2 here"), ("A3b", 3)
        fn of_h1_nothing() {}
    "#;
    let expected = ["A1", "K8", "R2", "X1", "threat_12", "threat_34", "threat_35", "threat_5"]
        .map(str::to_owned);
    assert_eq!(numbers(text), BTreeSet::from(expected));
}
