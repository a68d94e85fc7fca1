//! Results as the JSON of Cerbos's `TestResults`. Fields with default values are left out.

use serde_json::{Map, Value as Json, json};

use super::Detail;
use super::why;
use super::words;
use crate::engine::model::{OutputEntry, OutputValue};
use crate::suite::verdict::{
    ActionResult, Outcome, OutputFailure, Run, SuiteResult, Tally, Verdict, Why,
};

#[must_use]
pub fn json(run: &Run, detail: Detail) -> String {
    let suites: Vec<Json> = run.suites.iter().map(|one| suite(one, detail)).collect();
    let mut results = Map::new();
    set(&mut results, "suites", suites);
    results.insert("summary".to_owned(), summary(run.verdict(), run.tally()));
    format!("{:#}\n", Json::Object(results))
}

/// Sets a list or a text that is not empty.
fn set(object: &mut Map<String, Json>, name: &str, value: impl Into<Json>) {
    let value = value.into();
    let is_empty = match &value {
        Json::Array(items) => items.is_empty(),
        Json::String(text) => text.is_empty(),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::Object(_) => false,
    };
    if !is_empty {
        object.insert(name.to_owned(), value);
    }
}

fn summary(worst: Option<Verdict>, tally: Tally) -> Json {
    let Tally { skipped, passed, failed, errored } = tally;
    let counts = [
        (Verdict::Skipped, skipped),
        (Verdict::Passed, passed),
        (Verdict::Failed, failed),
        (Verdict::Errored, errored),
    ];
    let counts = counts.into_iter().filter(|(_, count)| *count > 0);
    let counts = counts.map(|(result, count)| json!({"result": name(result), "count": count}));
    let mut summary = Map::new();
    if let Some(worst) = worst {
        set(&mut summary, "overallResult", name(worst));
    }
    if tally.total() > 0 {
        summary.insert("testsCount".to_owned(), tally.total().into());
    }
    set(&mut summary, "resultCounts", counts.collect::<Vec<_>>());
    Json::Object(summary)
}

fn name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Skipped => "RESULT_SKIPPED",
        Verdict::Passed => "RESULT_PASSED",
        Verdict::Failed => "RESULT_FAILED",
        Verdict::Errored => "RESULT_ERRORED",
    }
}

fn suite(suite: &SuiteResult, detail: Detail) -> Json {
    let tests = suite.tests.iter().map(|test| {
        let principals = test.principals.iter().map(|principal| {
            let resources = principal.resources.iter().map(|resource| {
                let actions = resource.actions.iter().map(|result| action(result, detail));
                json!({"name": resource.key, "actions": actions.collect::<Vec<_>>()})
            });
            json!({"name": principal.key, "resources": resources.collect::<Vec<_>>()})
        });
        json!({"name": test.name, "principals": principals.collect::<Vec<_>>()})
    });
    let mut object = Map::new();
    set(&mut object, "file", &*suite.file);
    set(&mut object, "name", &*suite.name);
    set(&mut object, "description", &*suite.description);
    if suite.is_skipped {
        set(&mut object, "skipReason", &*suite.skip_reason);
    }
    set(&mut object, "error", suite.error.as_deref().unwrap_or_default());
    object.insert("summary".to_owned(), summary(suite.verdict(), suite.tally()));
    set(&mut object, "testCases", tests.collect::<Vec<_>>());
    Json::Object(object)
}

fn action(result: &ActionResult, detail: Detail) -> Json {
    let mut details = Map::new();
    set(&mut details, "result", name(result.outcome.verdict()));
    match &result.outcome {
        Outcome::Passed { effect, outputs } => {
            let mut success = Map::new();
            set(&mut success, "effect", words::effect(*effect));
            set(&mut success, "outputs", outputs.iter().map(output).collect::<Vec<_>>());
            details.insert("success".to_owned(), Json::Object(success));
        }
        Outcome::Failed { expected, actual, outputs, why: explanation } => {
            let mut failure = Map::new();
            set(&mut failure, "expected", words::effect(*expected));
            set(&mut failure, "actual", words::effect(*actual));
            set(&mut failure, "outputs", outputs.iter().map(output_failure).collect::<Vec<_>>());
            details.insert("failure".to_owned(), Json::Object(failure));
            if detail == Detail::Verbose {
                set(&mut details, "explanation", why::lines(explanation));
            }
        }
        Outcome::Errored(error) => set(&mut details, "error", &**error),
        Outcome::Skipped { reason, .. } => set(&mut details, "skipReason", &**reason),
    }
    json!({"name": result.action.as_str(), "details": details})
}

fn output(entry: &OutputEntry) -> Json {
    let mut object = Map::new();
    set(&mut object, "src", &*entry.src);
    set(&mut object, "action", entry.action.as_str());
    match &entry.value {
        OutputValue::Value(value) => {
            object.insert("val".to_owned(), value.to_json());
        }
        OutputValue::Error(message) => set(&mut object, "error", &**message),
    }
    Json::Object(object)
}

fn output_failure(failure: &OutputFailure) -> Json {
    let OutputFailure { source, expected, why } = failure;
    let mut values = Map::new();
    if let Some(expected) = expected {
        values.insert("expected".to_owned(), expected.to_json());
    }
    let kind = match why {
        Why::Missing => "missing",
        Why::Mismatched(actual) => {
            values.insert("actual".to_owned(), actual.to_json());
            "mismatched"
        }
        Why::Failed(message) => {
            set(&mut values, "error", &**message);
            "errored"
        }
    };
    let mut object = Map::new();
    set(&mut object, "src", &**source);
    object.insert(kind.to_owned(), Json::Object(values));
    Json::Object(object)
}
