//! What failed, as a tree or as an indented list.

use super::Detail;
use super::lines::Branch;
use super::why::why;
use super::words;
use crate::suite::verdict::{ActionResult, Outcome, OutputFailure, Run, SuiteResult, Tally, Why};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    Tree,
    List,
}

/// All suites with what failed in them, and a summary.
#[must_use]
pub fn tree(run: &Run, shape: Shape, detail: Detail) -> String {
    let suites: Vec<Branch> = run.suites.iter().filter_map(|one| suite(one, detail)).collect();
    let mut text = "Test results\n".to_owned();
    Branch::write(&suites, shape, "", &mut text);
    let tally = run.tally();
    format!("{text}\n{} tests executed{}\n", tally.total(), counts(tally))
}

fn counts(tally: Tally) -> String {
    let Tally { skipped, passed, failed, errored } = tally;
    [(skipped, "SKIPPED"), (passed, "OK"), (failed, "FAILED"), (errored, "ERROR")]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, name)| format!(" [{count} {name}]"))
        .collect()
}

/// Nothing where all is left out by filters.
fn suite(suite: &SuiteResult, detail: Detail) -> Option<Branch> {
    let name = format!("{} ({})", suite.name, suite.file);
    if let Some(error) = &suite.error {
        return Some(Branch::new(format!("{name} [ERROR]"), vec![Branch::leaf(error)]));
    }
    let tally = suite.tally();
    if tally.total() == 0 {
        return None;
    }
    let tests = suite.tests.iter().filter_map(|test| {
        let principals = test.principals.iter().filter_map(|principal| {
            let resources = principal.resources.iter().filter_map(|resource| {
                let actions = resource.actions.iter().filter_map(|result| action(result, detail));
                with_some(&resource.key, actions.collect())
            });
            with_some(&principal.key, resources.collect())
        });
        with_some(&test.name, principals.collect())
    });
    Some(Branch::new(format!("{name}{}", counts(tally)), tests.collect()))
}

fn with_some(text: &str, below: Vec<Branch>) -> Option<Branch> {
    (!below.is_empty()).then(|| Branch::new(text, below))
}

fn action(result: &ActionResult, detail: Detail) -> Option<Branch> {
    let action = &result.action;
    match &result.outcome {
        Outcome::Skipped { counts, .. } => {
            counts.then(|| Branch::leaf(format!("{action} [SKIPPED]")))
        }
        Outcome::Errored(error) => {
            let error = Branch::leaf(format!("ERROR: {error}"));
            Some(Branch::new(format!("{action} [ERROR]"), vec![error]))
        }
        Outcome::Failed { expected, actual, outputs, why: explanation } => {
            let outcome = if outputs.is_empty() {
                let (expected, actual) = (words::effect(*expected), words::effect(*actual));
                Branch::leaf(format!("OUTCOME: expected: {expected}, actual: {actual}"))
            } else {
                let outputs = outputs.iter().map(output).collect();
                Branch::new("OUTCOME: output expectation unsatisfied", outputs)
            };
            let why = Branch::new("WHY", why(explanation));
            Some(Branch::new(format!("{action} [FAILED]"), vec![outcome, why]))
        }
        Outcome::Passed { effect, outputs } => {
            if detail == Detail::Brief {
                return None;
            }
            let mut below = vec![Branch::leaf(format!("RESULT: {}", words::effect(*effect)))];
            let mut outputs: Vec<_> = outputs.iter().collect();
            outputs.sort_by(|left, right| left.src.cmp(&right.src));
            let outputs = outputs.into_iter().map(|output| {
                Branch::new(&*output.src, vec![Branch::leaf(words::value(&output.value))])
            });
            below.extend(with_some("OUTPUTS:", outputs.collect()));
            Some(Branch::new(format!("{action} [OK]"), below))
        }
    }
}

fn output(failure: &OutputFailure) -> Branch {
    let OutputFailure { source, expected, why } = failure;
    let expected = expected.as_ref().map_or("null".to_owned(), |value| value.to_json().to_string());
    let actual = match why {
        Why::Missing => "MISSING".to_owned(),
        Why::Mismatched(value) => value.to_json().to_string(),
        Why::Failed(message) => format!("ERROR: {message}"),
    };
    let lines = [format!("EXPECTED: {expected}"), format!("ACTUAL: {actual}")];
    Branch::new(&**source, lines.into_iter().map(Branch::leaf).collect())
}
