//! Suites → verdicts: every case is asked of the engine.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::coverage::Coverage;
use super::decode;
use super::files;
use super::filter::Filter;
use super::fixtures::{self, Lookup};
use super::model::{Fixtures, Suite, TestOptions};
use super::plan::{self, PlannedCheck, PlannedTest};
use super::verdict::{
    ActionResult, Outcome, OutputFailure, PrincipalResult, ResourceResult, Run, SuiteResult,
    TestResult, Why,
};
use crate::engine::{
    PolicyFile, PolicySet, Strictness,
    cel::Globals,
    model::{
        Action, AuxData, CheckInput, CheckOutput, Effect, Options, OutputValue, SchemaEnforcement,
        Value,
    },
};

/// How suites are run.
#[derive(Debug)]
pub struct Settings {
    pub filter: Filter,
    /// Each action is a check of its own.
    pub one_by_one: bool,
    /// In all tests, what fails to evaluate denies.
    pub strict: bool,
    pub schema_enforcement: SchemaEnforcement,
}

/// Asks the engine.
struct Desk<'p> {
    policies: &'p mut PolicySet,
    settings: &'p Settings,
    coverage: Coverage,
}

/// What a test asks with.
#[derive(Clone, Copy)]
struct Terms<'s> {
    strictness: Strictness,
    now: Option<Timestamp>,
    aux_data: &'s AuxData,
}

const CLOCK: &str =
    "a policy used a time-based condition, but `now` was not provided in the test options";

/// Runs the suites among `files`, which are files of the policies' directory or of another one.
pub fn run(policies: &mut PolicySet, files: &[PolicyFile], settings: &Settings) -> (Run, Coverage) {
    let coverage = Coverage::of(policies);
    let mut desk = Desk { policies, settings, coverage };
    let mut folders: BTreeMap<String, Result<Fixtures, String>> = BTreeMap::new();
    let mut suites: Vec<&PolicyFile> =
        files.iter().filter(|file| files::is_suite(&file.path)).collect();
    suites.sort_by(|left, right| left.path.cmp(&right.path));
    let suites = suites.into_iter().map(|file| {
        let folder = match file.path.rsplit_once('/') {
            Some((folder, _)) => format!("{folder}/testdata"),
            None => "testdata".to_owned(),
        };
        let shared = folders.entry(folder).or_insert_with_key(|folder| {
            let files: Vec<&PolicyFile> = files.iter().collect();
            fixtures::shared(&files, folder)
        });
        desk.suite(file, shared.as_ref())
    });
    let suites = suites.collect();
    (Run { suites }, desk.coverage)
}

// === impl Desk ===

impl Desk<'_> {
    fn suite(&mut self, file: &PolicyFile, shared: Result<&Fixtures, &String>) -> SuiteResult {
        let suite = match decode::suite(file) {
            Ok(suite) => suite,
            Err(errors) => {
                let error = format!("failed to load test suite:\n{errors}");
                return SuiteResult::broken(&file.path, error);
            }
        };
        let mut result = SuiteResult {
            file: file.path.clone(),
            name: suite.name.clone(),
            description: suite.description.clone(),
            skip_reason: suite.skip.reason.clone(),
            error: None,
            is_skipped: false,
            tests: Vec::new(),
        };
        let planned = shared
            .map_err(String::clone)
            .and_then(|shared| plan::plan(&suite, Lookup { own: &suite.fixtures, shared }));
        match planned {
            Ok(Some(tests)) => {
                result.tests = tests.iter().map(|test| self.test(&suite, test)).collect();
            }
            Ok(None) => result.is_skipped = true,
            Err(error) => result.error = Some(error),
        }
        result
    }

    fn test(&mut self, suite: &Suite, planned: &PlannedTest<'_>) -> TestResult {
        let options = planned.test.options.as_ref().unwrap_or(&suite.options);
        self.policies.ask_with(&self.options(options), &globals(options));
        let none = AuxData::default();
        let is_strict = options.strict_evaluation || self.settings.strict;
        let terms = Terms {
            strictness: if is_strict { Strictness::Strict } else { Strictness::Lenient },
            now: options.now,
            aux_data: planned.aux_data.unwrap_or(&none),
        };
        let names = (&*suite.name, planned);
        let principals = planned.principals.iter().map(|(key, checks)| PrincipalResult {
            key: (*key).into(),
            resources: checks.iter().map(|check| self.resource(names, key, check, terms)).collect(),
        });
        TestResult { name: planned.test.name.clone(), principals: principals.collect() }
    }

    fn options(&self, written: &TestOptions) -> Options {
        let default = Options::default();
        Options {
            default_policy_version: written
                .default_policy_version
                .clone()
                .unwrap_or(default.default_policy_version),
            default_scope: written.default_scope.clone().unwrap_or(default.default_scope),
            lenient_scope_search: written.lenient_scope_search,
            strict_evaluation: written.strict_evaluation,
            schema_enforcement: self.settings.schema_enforcement,
            limits: default.limits,
        }
    }

    /// Skips what is to be skipped, and asks for the rest.
    fn resource(
        &mut self,
        (suite, planned): (&str, &PlannedTest<'_>),
        principal: &str,
        check: &PlannedCheck<'_>,
        terms: Terms<'_>,
    ) -> ResourceResult {
        let test = planned.test;
        let filter = &self.settings.filter;
        let (wanted, others): (Vec<Action>, Vec<Action>) =
            test.actions.iter().cloned().partition(|action| filter.has_action(action.as_str()));
        let no_action = wanted.is_empty().then_some(("No actions matched the test filter", false));
        let names = (suite, &*test.name);
        let excluded = filter.excludes(names, (principal, check.key)).or(no_action);
        let own = test.skip.is_skipped.then_some((&*test.skip.reason, true));
        let actions = if let Some(why) = excluded.or(own) {
            skipped(&test.actions, why).collect()
        } else {
            let others = skipped(&others, ("No actions matched the test filter", false));
            self.actions(&wanted, check, terms).into_iter().chain(others).collect()
        };
        ResourceResult { key: check.key.into(), actions }
    }

    fn actions(
        &mut self,
        actions: &[Action],
        check: &PlannedCheck<'_>,
        terms: Terms<'_>,
    ) -> Vec<ActionResult> {
        let at_once = if self.settings.one_by_one { 1 } else { actions.len().max(1) };
        let mut results = Vec::new();
        for actions in actions.chunks(at_once) {
            let input = CheckInput {
                principal: check.principal,
                resource: check.resource,
                actions,
                aux_data: terms.aux_data,
                now: terms.now.unwrap_or(Timestamp::UNIX_EPOCH),
                now_attributes: &[],
            };
            let trace = self.policies.trace(&input, terms.strictness);
            self.coverage.add(&trace.looked);
            let has_no_time = trace.clock_was_read && terms.now.is_none();
            results.extend(actions.iter().map(|action| {
                let outcome = if has_no_time {
                    Outcome::Errored(CLOCK.to_owned())
                } else {
                    self.outcome((&input, terms.strictness), action, check, &trace.output)
                };
                ActionResult { action: action.clone(), outcome }
            }));
        }
        results
    }

    fn outcome(
        &self,
        (input, strictness): (&CheckInput<'_>, Strictness),
        action: &Action,
        check: &PlannedCheck<'_>,
        output: &CheckOutput,
    ) -> Outcome {
        let answer = output.actions.iter().find(|answer| answer.action == *action);
        let actual = answer.map_or(Effect::Deny, |answer| answer.effect);
        let name = action.as_str();
        let expected = check.expected.effects.get(name).copied().unwrap_or(Effect::Deny);
        let outputs: Vec<_> =
            output.outputs.iter().filter(|entry| entry.action == *action).cloned().collect();
        let wrong = if actual == expected {
            let expected = check.expected.outputs.get(name).into_iter().flatten();
            let wrong = expected.filter_map(|(source, expected)| {
                // A rule that is asked for several roles has several outputs: the last one counts.
                let actual = outputs.iter().rfind(|entry| *entry.src == **source);
                let why = compare(*expected, actual.map(|entry| &entry.value))?;
                Some(OutputFailure { source: (*source).into(), expected: expected.cloned(), why })
            });
            let wrong: Vec<OutputFailure> = wrong.collect();
            if wrong.is_empty() {
                return Outcome::Passed { effect: actual, outputs };
            }
            wrong
        } else {
            Vec::new()
        };
        let why = Box::new(self.policies.explain(input, strictness, action));
        Outcome::Failed { expected, actual, outputs: wrong, why }
    }
}

/// What is wrong with an output.
fn compare(expected: Option<&Value>, actual: Option<&OutputValue>) -> Option<Why> {
    match actual {
        None => Some(Why::Missing),
        Some(OutputValue::Error(message)) => Some(Why::Failed(message.clone())),
        Some(OutputValue::Value(actual)) if expected == Some(actual) => None,
        Some(OutputValue::Value(actual)) => Some(Why::Mismatched(actual.clone())),
    }
}

fn skipped<'a>(
    actions: &'a [Action],
    (reason, counts): (&'a str, bool),
) -> impl Iterator<Item = ActionResult> + 'a {
    actions.iter().map(move |action| ActionResult {
        action: action.clone(),
        outcome: Outcome::Skipped { reason: reason.into(), counts },
    })
}

/// Numbers are doubles in suites, whatever they look like.
fn globals(options: &TestOptions) -> Globals {
    fn json(value: &Value) -> serde_json::Value {
        match value {
            Value::Null => serde_json::Value::Null,
            Value::Bool(value) => (*value).into(),
            Value::Number(number) => (*number).into(),
            Value::String(text) => text.as_ref().into(),
            Value::List(items) => items.iter().map(json).collect(),
            Value::Map(map) => map.iter().map(|(name, value)| (name, json(value))).collect(),
        }
    }
    let entries = options.globals.iter();
    Globals::from_json(&entries.map(|(name, value)| (name.to_owned(), json(value))).collect())
}
