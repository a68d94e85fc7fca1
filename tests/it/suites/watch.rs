//! `portcullis test --watch`: a change is followed by a run.

use std::{
    fs,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use super::{files, verdicts};
use crate::tools;

/// A run that has not come by then never will.
const PATIENCE: Duration = Duration::from_secs(60);

struct Watching(Child);

impl Drop for Watching {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_changed_suite_is_run_again() {
    let folder = tempfile::tempdir().unwrap();
    let policies = include_str!("../../data/suites/policies.txt");
    verdicts::write(&files(policies), folder.path());
    let suite = |effect: &str| {
        format!(
            "name: watched\ntests: [{{ name: t, input: {{ principals: [root], resources: [da], actions: \
             [edit] }}, expected: [{{ principal: root, resource: da, actions: {{ edit: {effect} }} }}] }}]"
        )
    };
    let path = folder.path().join("watched_test.yaml");
    fs::write(&path, suite("EFFECT_ALLOW")).unwrap();
    let mut command = Command::new(tools::portcullis());
    command.args(["test", "--watch"]).arg(folder.path()).stdout(Stdio::piped());
    let mut process = command.stderr(Stdio::null()).spawn().unwrap();
    let lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let _watching = Watching(process);
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        let summaries = lines.map_while(Result::ok).filter(|line| line.contains("executed"));
        summaries.take_while(|summary| tell.send(summary.clone()).is_ok()).count()
    });
    let next = || told.recv_timeout(PATIENCE).expect("a run");
    assert_eq!(next(), "1 tests executed [1 OK]");
    fs::write(&path, suite("EFFECT_DENY")).unwrap();
    // A file that is being written may be seen before it is whole.
    while next() != "1 tests executed [1 FAILED]" {}
}
