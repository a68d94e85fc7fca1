//! `portcullis test` beside `cerbos compile`: the same exit code, the same verdicts?

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::{Map, Value as Json};

use crate::tools;

/// What a program says of a directory.
#[derive(Debug, PartialEq)]
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    /// The results as JSON.
    pub(crate) results: Json,
    /// What it has written beside them.
    pub(crate) error: String,
}

pub(crate) fn write(files: &[(String, String)], folder: &Path) {
    for (path, text) in files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

pub(crate) fn ours(folder: &Path, flags: &[&str]) -> Said {
    said(&run(tools::portcullis(), "test", folder, flags))
}

pub(crate) fn theirs(folder: &Path, flags: &[&str]) -> Said {
    said(&run(tools::cerbos(), "compile", folder, flags))
}

pub(crate) fn run(program: PathBuf, verb: &str, folder: &Path, flags: &[&str]) -> Output {
    let verb: &OsStr = verb.as_ref();
    let mut command = Command::new(program);
    command.arg(verb).args(flags).arg(folder).output().unwrap()
}

fn said(output: &Output) -> Said {
    let code = output.status.code();
    let is_run = matches!(code, Some(0 | 4)) && !output.stdout.is_empty();
    let results = match serde_json::from_slice(&output.stdout) {
        Ok(results) if is_run => verdicts(results),
        Ok(_) => Json::Null,
        Err(_) if !is_run => Json::Null,
        Err(error) => panic!("{error}: {}", tools::printed(output)),
    };
    Said { code, results, error: String::from_utf8_lossy(&output.stderr).into_owned() }
}

/// Results without what is not to be compared: the words for what is wrong with a file, and the order
/// of outputs.
fn verdicts(results: Json) -> Json {
    match results {
        Json::Object(members) => {
            let is_suite = members.contains_key("file");
            let members = members.into_iter().map(|(name, value)| {
                let value = match (&*name, value) {
                    ("error", Json::String(text)) if is_suite => general(&text).into(),
                    ("outputs", Json::Array(outputs)) => {
                        let mut outputs: Vec<Json> = outputs.into_iter().map(verdicts).collect();
                        outputs.sort_by_key(ToString::to_string);
                        outputs.into()
                    }
                    (_, value) => verdicts(value),
                };
                (name, value)
            });
            Json::Object(members.collect::<Map<_, _>>())
        }
        Json::Array(items) => items.into_iter().map(verdicts).collect(),
        Json::Number(number) => number.as_f64().into(),
        Json::Null | Json::Bool(_) | Json::String(_) => results,
    }
}

/// What files are like is told in words of our own.
fn general(error: &str) -> String {
    let line = error.lines().next().unwrap_or_default();
    line.to_owned()
}

/// The suites, by file, of which the two say different things.
pub(crate) fn differences(ours: &Said, theirs: &Said) -> Vec<String> {
    let mut found = Vec::new();
    if ours.code != theirs.code {
        found.push(format!("exit code: {:?}, not {:?}", ours.code, theirs.code));
    }
    let suites = |said: &Said| said.results["suites"].as_array().cloned().unwrap_or_default();
    let (our_suites, their_suites) = (suites(ours), suites(theirs));
    let same_files = our_suites
        .iter()
        .map(|suite| &suite["file"])
        .eq(their_suites.iter().map(|suite| &suite["file"]));
    if !same_files {
        found.push(format!("suites: {:#}, not {:#}", ours.results, theirs.results));
    }
    for (ours, theirs) in
        our_suites.iter().zip(&their_suites).filter(|(ours, theirs)| ours != theirs)
    {
        found.push(format!("{}: {ours}\nnot {theirs}", ours["file"]));
    }
    if found.is_empty() && ours.results != theirs.results {
        found.push(format!("{}\nnot {}", ours.results["summary"], theirs.results["summary"]));
    }
    found
}
