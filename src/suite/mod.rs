//! DO THE POLICIES SAY WHAT THEY SHOULD? Cerbos's policy test suites, run by the engine.
//!
//! This room has no I/O and no clock: files come in as bytes, reports go out as text. `decode` reads
//! suites and what they share (`model`), `plan` lays out which cases there are and what each expects
//! (`matching`), unless a `filter` says otherwise, and `run` asks the engine and makes `verdict`s, which
//! `report` writes in Cerbos's formats. What Cerbos does not have: `coverage` counts what no case has
//! reached, and a failed case says which part of a condition decided.

mod coverage;
mod decode;
pub mod files;
mod filter;
mod fixtures;
mod matching;
mod model;
mod plan;
pub mod report;
mod run;
mod verdict;

#[cfg(test)]
mod tests;

pub use coverage::{Coverage, CoveredExpression, CoveredRule};
pub use filter::{Filter, FilterError};
pub use run::{Settings, run};
pub use verdict::{
    ActionResult, Outcome, OutputFailure, PrincipalResult, ResourceResult, Run, SuiteResult, Tally,
    TestResult, Verdict, Why,
};
