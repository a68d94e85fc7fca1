//! What names in policies may look like.

use crate::engine::model::Scope;

/// The form that a text must have.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Form {
    /// Any text that is not empty.
    NotEmpty,
    /// A resource kind, a principal id, a role: no wildcards.
    Name,
    Version,
    /// A version that may be left out.
    OptionalVersion,
    Scope,
    /// Names of derived roles and of what is imported.
    Import,
    /// Names of rules.
    RuleName,
}

// === impl Form ===

impl Form {
    pub(super) fn fits(self, text: &str) -> bool {
        let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
        match self {
            Self::NotEmpty => !text.is_empty(),
            Self::Name => !text.is_empty() && !text.contains(['!', '*', '?', '[', ']', '{', '}']),
            Self::Version => !text.is_empty() && text.bytes().all(word),
            Self::OptionalVersion => text.bytes().all(word),
            Self::Scope => text.parse::<Scope>().is_ok(),
            Self::Import => {
                !text.is_empty() && text.bytes().all(|b| word(b) || b == b'-' || b == b'.')
            }
            Self::RuleName => {
                text.bytes().next().is_none_or(|b| b.is_ascii_alphabetic())
                    && text.bytes().all(|b| word(b) || matches!(b, b'@' | b'.' | b'-'))
            }
        }
    }

    pub(super) fn describe(self) -> &'static str {
        match self {
            Self::NotEmpty => "write a text that is not empty",
            Self::Name => "write a text without `!`, `*`, `?`, `[`, `]`, `{` and `}`",
            Self::Version | Self::OptionalVersion => "use letters, digits and `_`",
            Self::Scope => "use segments of letters, digits, `_` and `-`, joined by `.`",
            Self::Import => "use letters, digits, `_`, `-` and `.`",
            Self::RuleName => "begin with a letter; use letters, digits, `_`, `@`, `.` and `-`",
        }
    }
}
