//! The flags of `portcullis test`: those of `cerbos compile`, and those of ours that Cerbos does not
//! have.

use std::{
    borrow::Cow,
    io::{self, IsTerminal},
    path::{Path, PathBuf},
};

use clap::{Args, ValueEnum};

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(in crate::cli) struct Flags {
    /// The directory of the policies and their suites.
    pub(super) directory: PathBuf,
    /// How errors and results are written.
    #[arg(short, long, value_enum, default_value_t = Format::Tree)]
    pub(super) output: Format,
    /// How results are written, if not as errors are.
    #[arg(long, value_enum)]
    test_output: Option<TestFormat>,
    /// Run only what fits: `suite=GLOB`, `test=`, `principal=`, `resource=`, `action=`, joined by `;`.
    #[arg(long, value_name = "FILTER", allow_hyphen_values = true)]
    pub(super) test_filter: Vec<String>,
    /// Run only what a regular expression fits.
    #[arg(long, value_name = "REGEX", hide = true, allow_hyphen_values = true)]
    pub(super) run: Option<String>,
    /// A directory of suites, in place of the one of the policies.
    #[arg(long, value_name = "DIRECTORY")]
    pub(super) tests: Option<PathBuf>,
    /// Compile the policies, and run nothing.
    #[arg(long)]
    pub(super) skip_tests: bool,
    /// Check each action by itself.
    #[arg(long)]
    pub(super) skip_batching: bool,
    /// A condition that fails to evaluate denies, in all suites.
    #[arg(long)]
    pub(super) strict_evaluation: bool,
    /// Neither load schemas nor heed them.
    #[arg(long)]
    pub(super) ignore_schemas: bool,
    /// Show what passed, too.
    #[arg(long)]
    pub(super) verbose: bool,
    /// Tell which rules and conditions no case has reached.
    #[arg(long)]
    pub(super) coverage: bool,
    /// Write the same as a page.
    #[arg(long, value_name = "FILE")]
    pub(super) coverage_html: Option<PathBuf>,
    /// Run again whenever a file changes, until stopped.
    #[arg(long)]
    pub(super) watch: bool,
    /// Colours.
    #[arg(long, value_enum, default_value_t = Color::Auto, conflicts_with = "no_color")]
    color: Color,
    /// No colours.
    #[arg(long)]
    no_color: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    Tree,
    List,
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum TestFormat {
    Tree,
    List,
    Json,
    Junit,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Color {
    Auto,
    Never,
    Always,
    #[value(name = "256")]
    Palette,
    #[value(name = "16m")]
    True,
}

/// Verdicts, with the codes of their colours.
const COLORS: [(&str, &str); 4] =
    [("SKIPPED]", "33"), ("OK]", "32"), ("FAILED]", "31"), ("ERROR]", "31")];

// === impl Flags ===

impl Flags {
    pub(super) fn test_format(&self) -> TestFormat {
        self.test_output.unwrap_or(match self.output {
            Format::Tree => TestFormat::Tree,
            Format::List => TestFormat::List,
            Format::Json => TestFormat::Json,
        })
    }

    /// What a run reads.
    pub(super) fn directories(&self) -> Vec<&Path> {
        std::iter::once(&self.directory).chain(&self.tests).map(|path| &**path).collect()
    }

    /// The verdicts in a report in their colours.
    pub(super) fn painted<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let wanted = match self.color {
            Color::Auto => io::stdout().is_terminal(),
            Color::Never => false,
            Color::Always | Color::Palette | Color::True => true,
        };
        let readable = matches!(self.test_format(), TestFormat::Tree | TestFormat::List);
        if !wanted || self.no_color || !readable {
            return text.into();
        }
        text.split_inclusive('\n').map(painted).collect::<String>().into()
    }
}

/// Paints `[3 FAILED]` and its kin at the end of a line.
fn painted(line: &str) -> String {
    let Some(at) = line.find(" [").filter(|_| line.trim_end().ends_with(']')) else {
        return line.to_owned();
    };
    let (name, verdicts) = line.split_at(at);
    let verdicts = verdicts.split_inclusive(']').map(|verdict| {
        let color = COLORS.iter().find(|(end, _)| verdict.ends_with(end));
        color.map_or(verdict.to_owned(), |(_, code)| format!("\u{1b}[{code}m{verdict}\u{1b}[0m"))
    });
    name.to_owned() + &verdicts.collect::<String>()
}
