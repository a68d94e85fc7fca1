//! Bounds on what is loaded and asked.

/// What policies and questions may cost: `engine.limits`. The defaults are far above what anybody
/// writes; they keep hostile or broken input from exhausting the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one policy or schema file.
    pub policy_file_bytes: usize,
    /// Mappings and lists within each other in a policy file. A condition takes three for each
    /// `all`, `any` or `none`.
    pub policy_nesting: usize,
    /// Code points of one expression. Cerbos has this bound too.
    pub expression_characters: usize,
    /// Steps that the expressions of one question take together. A step is a node of an expression,
    /// an element of a list, or some bytes of a text: ordinary questions take hundreds.
    pub evaluation_steps: u64,
    /// Bytes of what the expressions of one question make.
    pub evaluation_memory_bytes: usize,
    /// Bytes of the regular expressions that policies have as literals, all together and compiled.
    pub policy_pattern_bytes: usize,
    /// Bytes of a compiled regular expression that is no literal of a policy.
    pub pattern_bytes: usize,
}

// === impl Limits ===

impl Limits {
    /// More would be too deep for the stack of a worker.
    pub const MOST_NESTING: usize = 192;
    /// Cerbos's own bound.
    pub const MOST_CHARACTERS: usize = 100_000;
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            policy_file_bytes: 16 << 20,
            policy_nesting: Self::MOST_NESTING,
            expression_characters: Self::MOST_CHARACTERS,
            evaluation_steps: 5_000_000,
            evaluation_memory_bytes: 64 << 20,
            policy_pattern_bytes: 256 << 20,
            pattern_bytes: 1 << 20,
        }
    }
}
