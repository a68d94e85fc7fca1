//! Regular expressions in RE2's dialect, on top of the crate `regex`.

use super::re2;

/// A compiled pattern.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    regex: regex::Regex,
}

/// Bytes of a compiled program. Go would load patterns up to roughly twice as large, slowly.
const PROGRAM: usize = 64 << 20;
const GROUPS: u32 = 1_000;

// === impl Pattern ===

impl Pattern {
    /// # Errors
    /// Go's reason, such as ``missing closing ]: `[a` ``.
    pub(super) fn new(pattern: &str) -> Result<Self, String> {
        Self::within(pattern, PROGRAM)
    }

    /// As [`Self::new`], with a bound on the bytes of the compiled program.
    pub(super) fn within(pattern: &str, size: usize) -> Result<Self, String> {
        let translated = re2::translate(pattern)?;
        regex::RegexBuilder::new(&translated)
            .nest_limit(GROUPS)
            .size_limit(size)
            .build()
            .map(|regex| Self { regex })
            .map_err(|error| match error {
                regex::Error::CompiledTooBig(_) => {
                    format!("expression too large: `{pattern}`")
                }
                _ => format!("invalid or unsupported Perl syntax: `{pattern}`"),
            })
    }

    pub(super) fn regex(&self) -> &regex::Regex {
        &self.regex
    }
}
