//! Which cases are run: Cerbos's `--test-filter`, and its older `--run`.

use crate::engine::{cel::Pattern, policy::Glob};

/// What a case must fit to be run.
#[derive(Debug, Default)]
pub struct Filter {
    suites: Globs,
    tests: Globs,
    principals: Globs,
    resources: Globs,
    actions: Globs,
    run: Option<Pattern>,
}

/// One of them must fit, if there are any.
#[derive(Debug, Default)]
struct Globs(Vec<Glob>);

/// A filter that cannot be understood. The texts are Cerbos's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    #[error(
        "invalid test filter: invalid filter dimension format {0:?}: expected 'dimension=glob1,glob2'"
    )]
    Format(String),
    #[error(
        "invalid test filter: unknown filter dimension {0:?}: valid dimensions are suite, test, principal, resource, action"
    )]
    Dimension(String),
    #[error(
        "invalid test filter: filter must contain at least one glob pattern in at least one dimension"
    )]
    Empty,
    #[error("invalid run specification: error parsing regexp: {0}")]
    Pattern(String),
}

// === impl Filter ===

impl Filter {
    /// From the values of the two flags.
    ///
    /// # Errors
    /// What is wrong with one of them.
    pub fn parse(filters: &[String], run: Option<&str>) -> Result<Self, FilterError> {
        let mut filter = Self::default();
        for text in filters.iter().flat_map(|value| values(value)) {
            filter.add(&text)?;
        }
        filter.run = run.map(Pattern::new).transpose().map_err(FilterError::Pattern)?;
        Ok(filter)
    }

    fn add(&mut self, text: &str) -> Result<(), FilterError> {
        let mut is_empty = true;
        for part in text.split(';').map(str::trim).filter(|part| !part.is_empty()) {
            let (name, globs) =
                part.split_once('=').ok_or_else(|| FilterError::Format(part.to_owned()))?;
            let name = name.trim().to_lowercase();
            let dimension = match &*name {
                "suite" => &mut self.suites,
                "test" => &mut self.tests,
                "principal" => &mut self.principals,
                "resource" => &mut self.resources,
                "action" => &mut self.actions,
                _ => return Err(FilterError::Dimension(name)),
            };
            let globs = alternatives(globs);
            let globs = globs.iter().map(|glob| glob.trim()).filter(|glob| !glob.is_empty());
            let before = dimension.0.len();
            dimension.0.extend(globs.map(glob));
            is_empty &= dimension.0.len() == before;
        }
        if is_empty { Err(FilterError::Empty) } else { Ok(()) }
    }

    /// Why no action of a principal and a resource is run, and whether they count nevertheless.
    pub(super) fn excludes(
        &self,
        (suite, test): (&str, &str),
        (principal, resource): (&str, &str),
    ) -> Option<(&'static str, bool)> {
        // As the name of a case is printed by Go's protobuf library.
        let is_run = |run: &Pattern| {
            let case = format!(
                "{suite}/test_table_name:{test:?}  principal_key:{principal:?}  resource_key:{resource:?}"
            );
            run.fits(&case)
        };
        if self.run.as_ref().is_some_and(|run| !is_run(run)) {
            return Some(("Test name did not match the provided pattern", true));
        }
        let reason = if !self.suites.fit(suite) {
            "Suite did not match the test filter"
        } else if !self.tests.fit(test) {
            "Test did not match the test filter"
        } else if !self.principals.fit(principal) {
            "Principal did not match the test filter"
        } else if !self.resources.fit(resource) {
            "Resource did not match the test filter"
        } else {
            return None;
        };
        Some((reason, false))
    }

    pub(super) fn has_action(&self, action: &str) -> bool {
        self.actions.fit(action)
    }
}

/// The values of one flag: commas part them, and `\,` is a comma.
fn values(flag: &str) -> Vec<String> {
    let mut values = vec![String::new()];
    let mut rest = flag.chars().peekable();
    while let Some(c) = rest.next() {
        match (c, rest.peek()) {
            ('\\', Some(',')) => {
                rest.next();
                values.last_mut().into_iter().for_each(|value| value.push(','));
            }
            (',', _) => values.push(String::new()),
            _ => values.last_mut().into_iter().for_each(|value| value.push(c)),
        }
    }
    if flag.is_empty() { Vec::new() } else { values }
}

/// Globs parted by commas, of which those within braces are part of a glob.
fn alternatives(globs: &str) -> Vec<String> {
    let mut found = vec![String::new()];
    let mut depth = 0_usize;
    for c in globs.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        match (c, depth) {
            (',', 0) => found.push(String::new()),
            _ => found.last_mut().into_iter().for_each(|glob| glob.push(c)),
        }
    }
    found
}

fn glob(text: &str) -> Glob {
    Glob::new(if text == "*" { "**" } else { text })
}

// === impl Globs ===

impl Globs {
    fn fit(&self, name: &str) -> bool {
        self.0.is_empty() || self.0.iter().any(|glob| glob.matches(name))
    }
}
