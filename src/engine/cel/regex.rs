//! Regular expressions in RE2's dialect, on top of the engine of the crate `regex`.

use regex_automata::{
    meta::{BuildError, Config, Regex},
    util::syntax,
};

use super::{
    node::{Kind, Node},
    re2,
};

/// A compiled pattern.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    regex: Regex,
    bytes: usize,
}

/// Bytes of a compiled program. Go would load patterns up to roughly twice as large, slowly.
const PROGRAM: usize = 64 << 20;
const GROUPS: u32 = 1_000;
/// A search looks at a part of the program for each byte of the text. So many bytes of a program
/// make a search no slower than the least that it takes.
const FREE: usize = 8 << 10;

// === impl Pattern ===

impl Pattern {
    /// # Errors
    /// Go's reason, such as ``missing closing ]: `[a` ``.
    pub(crate) fn new(pattern: &str) -> Result<Self, String> {
        Self::within(pattern, PROGRAM)
    }

    /// As [`Self::new`], with a bound on the bytes of the compiled program.
    pub(super) fn within(pattern: &str, size: usize) -> Result<Self, String> {
        let translated = re2::translate(pattern)?;
        let regex = Regex::builder()
            .configure(Config::new().nfa_size_limit(Some(size)))
            .syntax(syntax::Config::new().nest_limit(GROUPS))
            .build(&translated)
            .map_err(|error: BuildError| match error.size_limit() {
                Some(_) => format!("expression too large: `{pattern}`"),
                None => format!("invalid or unsupported Perl syntax: `{pattern}`"),
            })?;
        let bytes = regex.memory_usage();
        Ok(Self { regex, bytes })
    }

    /// Whether some part of the text fits.
    pub(crate) fn fits(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }

    /// What a search in a text takes, in steps of a question.
    pub(in crate::engine) fn steps(&self, text: &str) -> usize {
        (1 + text.len() / 4).saturating_mul(self.weight())
    }

    pub(super) fn regex(&self) -> &Regex {
        &self.regex
    }

    /// Bytes of the compiled program.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// How much a search takes for each byte of a text, at worst, in multiples of the least.
    pub(super) fn weight(&self) -> usize {
        1 + self.bytes / FREE
    }
}

/// Bytes of the programs of all patterns that are literals in an expression.
pub(super) fn bytes_of_literals(root: &Node) -> usize {
    let mut bytes = 0_usize;
    let mut left = vec![root];
    while let Some(node) = left.pop() {
        if let Kind::Call(call) = &node.kind
            && let Some(pattern) = &call.pattern
        {
            bytes = bytes.saturating_add(pattern.bytes());
        }
        left.extend(node.parts());
    }
    bytes
}
