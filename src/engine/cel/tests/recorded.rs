//! What Cerbos answered (`tests/record/cel.py`) is what we answer, to the letter of its errors.

use serde_json::Value as Json;

use super::environment::{Environment, data, recordings};
use crate::engine::{
    cel::{Issue, compile},
    model::{Limits, Value},
};

#[derive(Debug, PartialEq)]
enum Answer {
    Value(Json),
    Error(String),
    /// The value has no form in Cerbos's API: the whole answer failed.
    Fault,
    Refused(Vec<String>),
}

/// Replays a file; syntax errors count as equal whatever they say.
#[track_caller]
fn check(file: &str) {
    let mut environment = Environment::read();
    let recorded: Vec<Json> = serde_json::from_str(&data(file)).unwrap();
    assert!(!recorded.is_empty(), "{file} is empty");
    let mut differences = Vec::new();
    for (index, entry) in recorded.iter().enumerate() {
        environment.set_kind(index);
        let expression = entry["expression"].as_str().unwrap();
        let (wanted, found) = (wanted(entry), answer(&environment, expression));
        if !same(&wanted, &found) {
            differences.push(format!("{expression}\n  Cerbos: {wanted:?}\n  we:     {found:?}"));
        }
    }
    let (count, all) = (differences.len(), recorded.len());
    assert!(count == 0, "{file}: {count} of {all} differ\n{}", differences.join("\n"));
}

fn wanted(entry: &Json) -> Answer {
    if let Some(messages) = entry.get("refused") {
        let messages = messages.as_array().unwrap();
        Answer::Refused(messages.iter().map(|text| text.as_str().unwrap().to_owned()).collect())
    } else if let Some(error) = entry.get("error") {
        Answer::Error(error.as_str().unwrap().to_owned())
    } else if entry.get("fault").is_some() {
        Answer::Fault
    } else {
        Answer::Value(entry["value"].clone())
    }
}

fn answer(environment: &Environment, expression: &str) -> Answer {
    let compiled = match compile(expression, &environment.names) {
        Ok(compiled) => compiled,
        Err(issues) => {
            let undefined = |issue: &Issue| match issue {
                Issue::Invalid { message, .. } => message.clone(),
                Issue::UndefinedVariable(name) => format!("Undefined variable '{name}'"),
                Issue::UndefinedConstant(name) => format!("Undefined constant '{name}'"),
            };
            let mut texts: Vec<String> = issues.iter().map(undefined).collect();
            // What is undefined is reported one by one.
            if !matches!(issues.as_slice(), [Issue::Invalid { .. }, ..]) {
                texts.sort();
                return Answer::Refused(texts);
            }
            return Answer::Refused(vec![texts.join(", ")]);
        }
    };
    environment.within(&Limits::default(), &compiled, |frame| match compiled.output(frame) {
        Ok(value) if !is_finite(&value) => Answer::Fault,
        Ok(value) => Answer::Value(value.to_json()),
        Err(failure) => Answer::Error(failure.to_string()),
    })
}

fn is_finite(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) | Value::String(_) => true,
        Value::Number(number) => number.is_finite(),
        Value::List(items) => items.iter().all(is_finite),
        Value::Map(map) => map.iter().all(|(_, value)| is_finite(value)),
    }
}

fn same(wanted: &Answer, found: &Answer) -> bool {
    match (wanted, found) {
        (Answer::Value(wanted), Answer::Value(found)) => same_json(wanted, found),
        (Answer::Refused(wanted), Answer::Refused(found)) => {
            let is_syntax =
                |texts: &[String]| texts.iter().any(|text| text.contains("Syntax error"));
            wanted == found || is_syntax(wanted) && is_syntax(found)
        }
        _ => wanted == found,
    }
}

/// Numbers are the same if they are the same double.
fn same_json(wanted: &Json, found: &Json) -> bool {
    match (wanted, found) {
        (Json::Number(wanted), Json::Number(found)) => wanted.as_f64() == found.as_f64(),
        (Json::Array(wanted), Json::Array(found)) => {
            wanted.len() == found.len()
                && wanted.iter().zip(found).all(|(wanted, found)| same_json(wanted, found))
        }
        (Json::Object(wanted), Json::Object(found)) => {
            wanted.len() == found.len()
                && wanted.iter().all(|(name, wanted)| {
                    found.get(name).is_some_and(|found| same_json(wanted, found))
                })
        }
        _ => wanted == found,
    }
}

/// One test for each file, so that they run side by side.
macro_rules! recorded {
    ($($name:ident: $file:literal,)+) => {
        $(
            #[test]
            fn $name() {
                check($file);
            }
        )+

        #[test]
        fn every_file_has_its_test() {
            let mut replayed = vec![$($file),+];
            replayed.sort_unstable();
            assert_eq!(recordings(), replayed);
        }
    };
}

recorded! {
    names_and_presence: "names.json",
    literals: "literals.json",
    operators_and_errors: "operators.json",
    macros: "macros.json",
    types_are_checked: "types.json",
    conversions: "conversions.json",
    strings_and_formats: "strings.json",
    lists_and_sets: "lists.json",
    mathematics: "math.json",
    networks: "network.json",
    optionals: "optionals.json",
    times: "times.json",
    functions_of_cerbos: "cerbos.json",
    regular_expressions: "regex.json",
    encoders_and_outputs: "encoders.json",
    functions_of_paths: "paths.json",
    folding_and_overloads: "folding.json",
}
