//! One configuration file while it is read, and what is found to be wrong with it.

use std::{
    cell::RefCell,
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use super::{ConfigError, Environment};
use crate::yaml::{self, Limits, Node, Place};

const LIMITS: Limits = Limits { bytes: 4 << 20, depth: 32, nodes: 500_000 };

pub(super) struct Source<'a> {
    file: PathBuf,
    environment: &'a Environment,
    errors: RefCell<Vec<ConfigError>>,
}

impl<'a> Source<'a> {
    pub(super) fn new(file: PathBuf, environment: &'a Environment) -> Self {
        Self { file, environment, errors: RefCell::default() }
    }

    pub(super) fn file(&self) -> &Path {
        &self.file
    }

    pub(super) fn environment(&self) -> &'a Environment {
        self.environment
    }

    /// A path that this file names: relative to the file, not to where we were started.
    pub(super) fn resolve(&self, path: &str) -> PathBuf {
        self.file.parent().unwrap_or(Path::new("")).join(path)
    }

    /// The file's tree; where there is none, the reason is reported.
    pub(super) fn load(&self) -> Option<Node> {
        let text = match read(&self.file) {
            Ok(text) => text,
            Err(error) => {
                self.report(None, format!("could not read the file: {error}"), None);
                return None;
            }
        };
        match yaml::load(&text, LIMITS) {
            Ok(Some(node)) => Some(node),
            Ok(None) => {
                self.report(None, "the file is empty".to_owned(), None);
                None
            }
            Err(error) => {
                self.report(error.place, error.message, None);
                None
            }
        }
    }

    pub(super) fn report(&self, place: Option<Place>, message: String, expected: Option<String>) {
        let error = ConfigError { file: self.file.clone(), place, message, expected };
        self.errors.borrow_mut().push(error);
    }

    /// Takes over what was found in a file that this one names.
    pub(super) fn include(&self, other: Source<'_>) {
        self.errors.borrow_mut().extend(other.into_errors());
    }

    /// What was reported, in the order of the file; then what other files have.
    pub(super) fn into_errors(self) -> Vec<ConfigError> {
        let mut errors = self.errors.into_inner();
        errors.sort_by_key(|error| (error.file != self.file, error.place));
        errors
    }
}

fn read(file: &Path) -> io::Result<String> {
    let mut text = String::new();
    // One byte more than allowed, so that the loader sees that it is too much.
    let limit = u64::try_from(LIMITS.bytes).unwrap_or(u64::MAX).saturating_add(1);
    File::open(file)?.take(limit).read_to_string(&mut text)?;
    Ok(text)
}
