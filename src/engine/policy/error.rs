//! What is wrong with a policy file: where, what, and what to do about it.

use std::fmt;

use crate::yaml::Place;

/// One mistake in one policy file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyError {
    /// Path relative to the root of the policies.
    pub file: Box<str>,
    /// `None`: the file as a whole.
    pub place: Option<Place>,
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    /// The line of the file at `place`.
    pub excerpt: Option<String>,
}

/// Every mistake in a set of policy files, in the order of the files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyErrors(Vec<PolicyError>); // Invariant: not empty.

/// The number of a file, in the order in which files are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct FileId(pub(crate) usize);

/// Something in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Site {
    pub(crate) file: FileId,
    pub place: Place,
}

/// A mistake while loading goes on.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Problem {
    file: FileId,
    place: Option<Place>,
    message: String,
    help: Option<String>,
}

/// The mistakes so far.
#[derive(Debug, Default)]
pub(crate) struct Problems(Vec<Problem>);

// === impl Problem ===

impl Problem {
    pub(crate) fn at(site: Site, message: impl Into<String>) -> Self {
        Self { file: site.file, place: Some(site.place), message: message.into(), help: None }
    }

    pub(crate) fn of_file(file: FileId, message: impl Into<String>) -> Self {
        Self { file, place: None, message: message.into(), help: None }
    }

    #[must_use]
    pub(crate) fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }
}

// === impl Problems ===

impl Problems {
    pub(crate) fn push(&mut self, problem: Problem) {
        self.0.push(problem);
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The mistakes as errors, if there is one. `text` gives the path and the text of a file.
    pub(crate) fn into_result<'t>(
        mut self,
        text: impl Fn(FileId) -> (&'t str, &'t str),
    ) -> Result<(), PolicyErrors> {
        if self.0.is_empty() {
            return Ok(());
        }
        // What several policies import is compiled for each of them, and wrong in each of them.
        self.0.sort();
        self.0.dedup();
        let errors = self.0.into_iter().map(|problem| {
            let (path, text) = text(problem.file);
            PolicyError {
                file: path.into(),
                place: problem.place,
                message: problem.message,
                help: problem.help,
                excerpt: problem.place.and_then(|place| line(text, place)),
            }
        });
        Err(PolicyErrors(errors.collect()))
    }
}

/// Longer lines tell a reader nothing that the place does not tell.
const EXCERPT_CHARACTERS: usize = 160;

fn line(text: &str, place: Place) -> Option<String> {
    let line = text.lines().nth(place.line.checked_sub(1)?)?;
    let short = line.chars().count() <= EXCERPT_CHARACTERS && !line.trim().is_empty();
    short.then(|| line.trim_end().to_owned())
}

// === impl PolicyErrors ===

impl PolicyErrors {
    pub fn iter(&self) -> std::slice::Iter<'_, PolicyError> {
        self.0.iter()
    }
}

impl<'a> IntoIterator for &'a PolicyErrors {
    type Item = &'a PolicyError;
    type IntoIter = std::slice::Iter<'a, PolicyError>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl std::error::Error for PolicyErrors {}

impl fmt::Display for PolicyErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{error}")?;
        }
        Ok(())
    }
}

// === impl PolicyError ===

impl std::error::Error for PolicyError {}

impl fmt::Display for PolicyError {
    /// ```text
    /// invoice.yaml:7:7: unknown field `role` of a rule
    ///   |       role: [user]
    ///   |       ^ did you mean `roles`?
    /// ```
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, place, message, help, excerpt } = self;
        match place {
            Some(place) => write!(f, "{file}:{place}: {message}")?,
            None => write!(f, "{file}: {message}")?,
        }
        if let (Some(place), Some(excerpt)) = (place, excerpt) {
            let before = excerpt.chars().take(place.column.saturating_sub(1));
            let indent: String = before.map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
            write!(f, "\n  | {excerpt}\n  | {indent}^")?;
            if let Some(help) = help {
                write!(f, " {help}")?;
            }
        } else if let Some(help) = help {
            write!(f, "\n  = {help}")?;
        }
        Ok(())
    }
}
