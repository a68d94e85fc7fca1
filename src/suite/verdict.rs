//! What came of suites.

use crate::engine::{
    Explanation,
    model::{Action, Effect, OutputEntry, Value},
};

/// In the order from good to bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    Skipped,
    Passed,
    Failed,
    Errored,
}

/// How many actions had which verdict. What a filter leaves out does not count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub skipped: usize,
    pub passed: usize,
    pub failed: usize,
    pub errored: usize,
}

/// All suites, in the order of their files.
#[derive(Debug)]
pub struct Run {
    pub suites: Vec<SuiteResult>,
}

#[derive(Debug)]
pub struct SuiteResult {
    pub file: String,
    pub name: Box<str>,
    pub description: Box<str>,
    /// Why a suite is skipped, if it says so.
    pub skip_reason: Box<str>,
    /// What is wrong with the suite itself.
    pub error: Option<String>,
    /// The suite says that it is to be skipped.
    pub is_skipped: bool,
    pub tests: Vec<TestResult>,
}

#[derive(Debug)]
pub struct TestResult {
    pub name: Box<str>,
    pub principals: Vec<PrincipalResult>,
}

#[derive(Debug)]
pub struct PrincipalResult {
    pub key: Box<str>,
    pub resources: Vec<ResourceResult>,
}

#[derive(Debug)]
pub struct ResourceResult {
    pub key: Box<str>,
    pub actions: Vec<ActionResult>,
}

#[derive(Debug)]
pub struct ActionResult {
    pub action: Action,
    pub outcome: Outcome,
}

/// What came of one action.
#[derive(Debug)]
pub enum Outcome {
    Passed {
        effect: Effect,
        outputs: Vec<OutputEntry>,
    },
    Failed {
        expected: Effect,
        actual: Effect,
        /// Where the effect is as expected.
        outputs: Vec<OutputFailure>,
        why: Box<Explanation>,
    },
    Errored(String),
    Skipped {
        reason: Box<str>,
        /// Not a filter has left it out, or only `--run`.
        counts: bool,
    },
}

/// An output that is not as expected.
#[derive(Clone, Debug, PartialEq)]
pub struct OutputFailure {
    pub source: Box<str>,
    /// `None` where the suite names no value.
    pub expected: Option<Value>,
    pub why: Why,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Why {
    Missing,
    Mismatched(Value),
    /// Its expression failed.
    Failed(Box<str>),
}

// === impl Run ===

impl Run {
    #[must_use]
    pub fn verdict(&self) -> Option<Verdict> {
        self.suites.iter().filter_map(SuiteResult::verdict).max()
    }

    #[must_use]
    pub fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        for suite in &self.suites {
            let Tally { skipped, passed, failed, errored } = suite.tally();
            tally.skipped += skipped;
            tally.passed += passed;
            tally.failed += failed;
            tally.errored += errored;
        }
        tally
    }

    /// Nothing failed, and all suites could be read.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.verdict().is_none_or(|verdict| verdict < Verdict::Failed)
    }
}

// === impl SuiteResult ===

impl SuiteResult {
    pub(super) fn broken(file: &str, error: String) -> Self {
        Self {
            file: file.to_owned(),
            name: "Unknown".into(),
            description: "".into(),
            skip_reason: "".into(),
            error: Some(error),
            is_skipped: false,
            tests: Vec::new(),
        }
    }

    #[must_use]
    pub fn verdict(&self) -> Option<Verdict> {
        if self.error.is_some() {
            return Some(Verdict::Errored);
        }
        if self.is_skipped {
            return Some(Verdict::Skipped);
        }
        self.actions().map(|result| result.outcome.verdict()).max()
    }

    #[must_use]
    pub fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        for result in self.actions() {
            match &result.outcome {
                Outcome::Passed { .. } => tally.passed += 1,
                Outcome::Failed { .. } => tally.failed += 1,
                Outcome::Errored(_) => tally.errored += 1,
                Outcome::Skipped { counts, .. } => tally.skipped += usize::from(*counts),
            }
        }
        tally
    }

    /// All actions of all tests.
    pub fn actions(&self) -> impl Iterator<Item = &ActionResult> {
        let principals = self.tests.iter().flat_map(|test| &test.principals);
        principals.flat_map(|principal| &principal.resources).flat_map(|resource| &resource.actions)
    }
}

// === impl Outcome ===

impl Outcome {
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::Passed { .. } => Verdict::Passed,
            Self::Failed { .. } => Verdict::Failed,
            Self::Errored(_) => Verdict::Errored,
            Self::Skipped { .. } => Verdict::Skipped,
        }
    }
}

// === impl Tally ===

impl Tally {
    #[must_use]
    pub fn total(&self) -> usize {
        let Self { skipped, passed, failed, errored } = self;
        skipped + passed + failed + errored
    }
}
