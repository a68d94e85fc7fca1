//! `portcullis test`: runs the policies' test suites, as `cerbos compile` does.

mod flags;
mod watch;

use std::{fs, io, path::Path, process::ExitCode};

use anyhow::{Context, Result};

use super::say;
use crate::engine::{
    PolicyErrors, PolicyFile,
    cel::Globals,
    model::{Options, SchemaEnforcement},
    policy::{compile, compile_without_schemas},
};
use crate::policy_source::{self, Entry};
use crate::suite::{
    self, Coverage, Filter, Run, Settings, files,
    report::{self, Detail, Shape},
};

pub(super) use flags::Flags;
use flags::{Format, TestFormat};

/// How a run ended. The numbers are those of `cerbos compile`.
enum Ending {
    Passed,
    /// A directory, a filter or a file that cannot be read.
    Unusable(anyhow::Error),
    /// Policies with errors.
    NotCompiled,
    Failed,
}

/// Usage errors, as `cerbos` has it.
pub(super) const USAGE: u8 = 80;

/// Runs the suites once, or after every change.
pub(super) fn run(flags: &Flags) -> ExitCode {
    if !flags.watch {
        return once(flags).report();
    }
    let run = || {
        // What follows is another run, whatever came of this one.
        let _ended = once(flags).report();
    };
    match watch::watch(&flags.directories(), run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => Ending::Unusable(error).report(),
    }
}

fn once(flags: &Flags) -> Ending {
    match attempt(flags) {
        Ok(ending) => ending,
        Err(error) => Ending::Unusable(error),
    }
}

fn attempt(flags: &Flags) -> Result<Ending> {
    let options = Options {
        schema_enforcement: match flags.ignore_schemas {
            true => SchemaEnforcement::None,
            false => SchemaEnforcement::Reject,
        },
        ..Options::default()
    };
    let policy_files = policies_in(&flags.directory, &options)?;
    let compile = if flags.ignore_schemas { compile_without_schemas } else { compile };
    let mut policies = match compile(&policy_files, &options, &Globals::default()) {
        Ok(policies) => policies,
        Err(errors) => {
            tell_errors(flags, &errors);
            return Ok(Ending::NotCompiled);
        }
    };
    if flags.skip_tests {
        return Ok(Ending::Passed);
    }
    let settings = Settings {
        filter: Filter::parse(&flags.test_filter, flags.run.as_deref())?,
        one_by_one: flags.skip_batching,
        strict: flags.strict_evaluation,
        schema_enforcement: options.schema_enforcement,
    };
    let directory = flags.tests.as_ref().unwrap_or(&flags.directory);
    let most = options.limits.policy_file_bytes;
    let files = policy_source::read_those(directory, most, is_of_suites)
        .with_context(|| format!("failed to run tests from {}", directory.display()))?;
    let (run, coverage) = suite::run(&mut policies, &files, &settings);
    tell(flags, &run);
    tell_coverage(flags, &coverage);
    if let Some(path) = &flags.coverage_html {
        let page = report::html(&coverage, &policy_files);
        fs::write(path, page).with_context(|| format!("{} cannot be written", path.display()))?;
    }
    Ok(if run.is_good() { Ending::Passed } else { Ending::Failed })
}

fn is_of_suites(entry: Entry<'_>) -> bool {
    match entry {
        // Fixtures are in the folder `testdata` itself, and nothing that counts is below it.
        Entry::Directory(name) => {
            files::may_hold_suites(name) || files::is_fixtures(&format!("{name}/principals.yaml"))
        }
        Entry::File(name) => files::is_suite(name) || files::is_fixtures(name),
    }
}

/// The policies in the directory, read.
fn policies_in(directory: &Path, options: &Options) -> Result<Vec<PolicyFile>> {
    let context = || format!("failed to load policies from {}", directory.display());
    let is_directory = fs::metadata(directory).with_context(context)?.is_dir();
    anyhow::ensure!(is_directory, "{}: not a directory", context());
    policy_source::read(directory, options.limits.policy_file_bytes).with_context(context)
}

fn tell(flags: &Flags, run: &Run) {
    let detail = if flags.verbose { Detail::Verbose } else { Detail::Brief };
    let text = match flags.test_format() {
        TestFormat::Tree => report::tree(run, Shape::Tree, detail),
        TestFormat::List => report::tree(run, Shape::List, detail),
        TestFormat::Json => report::json(run, detail),
        TestFormat::Junit => report::junit(run, detail),
    };
    say(io::stdout(), flags.painted(&text).trim_end_matches('\n'));
}

fn tell_errors(flags: &Flags, errors: &PolicyErrors) {
    match flags.output {
        Format::Tree | Format::List => say(io::stdout(), errors),
        Format::Json => {
            let errors = errors.iter().map(|error| {
                let place = error
                    .place
                    .map(|place| serde_json::json!({"line": place.line, "column": place.column}));
                serde_json::json!({
                    "file": error.file,
                    "position": place,
                    "error": error.message,
                    "help": error.help,
                })
            });
            let errors: Vec<_> = errors.collect();
            let errors = serde_json::json!({"compileErrors": {"errors": errors}});
            say(io::stdout(), format_args!("{errors:#}"));
        }
    }
}

fn tell_coverage(flags: &Flags, coverage: &Coverage) {
    if !flags.coverage {
        return;
    }
    let text = report::coverage(coverage);
    match flags.test_format() {
        TestFormat::Tree | TestFormat::List => {
            say(io::stdout(), format_args!("\n{}", text.trim_end()));
        }
        // A program reads what goes to standard output.
        TestFormat::Json | TestFormat::Junit => say(io::stderr(), text.trim_end()),
    }
}

// === impl Ending ===

impl Ending {
    fn report(self) -> ExitCode {
        match self {
            Self::Passed => return ExitCode::SUCCESS,
            Self::Unusable(ref error) => say(io::stderr(), format_args!("error: {error:#}")),
            Self::NotCompiled => say(io::stderr(), "error: failed to compile"),
            Self::Failed => say(io::stderr(), "error: tests failed"),
        }
        ExitCode::from(self.code())
    }

    fn code(&self) -> u8 {
        match self {
            Self::Passed => 0,
            Self::Unusable(_) => 1,
            Self::NotCompiled => 3,
            Self::Failed => 4,
        }
    }
}
