//! `${NAME}` in a value takes a variable of the environment; `$${` stands for `${` itself.
//!
//! Only values are expanded, never keys: what a file means does not depend on where it is read.

use std::{collections::BTreeMap, env};

/// The variables that `${NAME}` may take.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    variables: BTreeMap<String, String>,
}

/// Why a value could not be expanded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ExpandError {
    #[error("the environment variable `{0}` is not set")]
    NotSet(String),
    #[error("`${{{0}` does not name an environment variable")]
    NotAName(String),
}

// === impl Environment ===

impl Environment {
    /// The environment of this process. A variable that is not UTF-8 counts as not set.
    #[must_use]
    pub fn of_process() -> Self {
        env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect()
    }

    pub(super) fn expand(&self, text: &str) -> Result<String, ExpandError> {
        let mut expanded = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            if let Some(before) = before.strip_suffix('$') {
                expanded.push_str(before);
                expanded.push_str("${");
                rest = after;
                continue;
            }
            expanded.push_str(before);
            let Some((name, after)) = after.split_once('}').filter(|(name, _)| is_name(name))
            else {
                return Err(ExpandError::NotAName(after.to_owned()));
            };
            let value = self.variables.get(name);
            expanded.push_str(value.ok_or_else(|| ExpandError::NotSet(name.to_owned()))?);
            rest = after;
        }
        expanded.push_str(rest);
        Ok(expanded)
    }
}

impl FromIterator<(String, String)> for Environment {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(variables: I) -> Self {
        Self { variables: variables.into_iter().collect() }
    }
}

fn is_name(text: &str) -> bool {
    !text.starts_with(|c: char| c.is_ascii_digit())
        && !text.is_empty()
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::{Environment, ExpandError};

    #[test]
    fn names_in_braces_take_variables_and_all_else_stays() {
        let variables = [("HOST", "10.0.0.1"), ("EMPTY", ""), ("NESTED", "${HOST}")];
        let environment: Environment = variables
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into_iter()
            .collect();
        let not_a_name = |text: &str| Err(ExpandError::NotAName(text.to_owned()));
        for (text, expected) in [
            ("", Ok("")),
            ("plain", Ok("plain")),
            ("${HOST}", Ok("10.0.0.1")),
            ("${HOST}:9191/${HOST}", Ok("10.0.0.1:9191/10.0.0.1")),
            ("a${EMPTY}b", Ok("ab")),
            // What a variable holds is not read again.
            ("${NESTED}", Ok("${HOST}")),
            ("$${HOST}", Ok("${HOST}")),
            ("$$${HOST}", Ok("$${HOST}")),
            ("$HOST costs $5, {org}", Ok("$HOST costs $5, {org}")),
            ("${MISSING}", Err(ExpandError::NotSet("MISSING".to_owned()))),
            ("${HOST", not_a_name("HOST")),
            ("${}", not_a_name("}")),
            ("${1ST}", not_a_name("1ST}")),
            ("${HOST:-x}", not_a_name("HOST:-x}")),
        ] {
            assert_eq!(environment.expand(text), expected.map(str::to_owned), "{text}");
        }
    }
}
