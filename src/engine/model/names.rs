//! Names in a question: what was checked here once is not checked again.

use std::{borrow::Borrow, fmt, str::FromStr, sync::Arc};

/// A text that cannot be the name it is used for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {what}")]
pub struct InvalidName {
    text: String,
    what: &'static str,
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $what:literal, $fits:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidName;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let fits: fn(&str) -> bool = $fits;
                if !fits(text) {
                    return Err(InvalidName { text: text.to_owned(), what: $what });
                }
                Ok(Self(text.into()))
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name!(
    /// A role of a principal. Any text that is not empty.
    Role,
    "a role: it is empty",
    |text| !text.is_empty()
);
name!(
    /// What is to be done, such as `view`. Any text that is not empty.
    Action,
    "an action: it is empty",
    |text| !text.is_empty()
);
name!(
    /// The kind of a resource, such as `invoice`. Any text that is not empty.
    ResourceKind,
    "a resource kind: it is empty",
    |text| !text.is_empty()
);
name!(
    /// The version of a policy, such as `default`. Empty: the configured default version.
    PolicyVersion,
    "a policy version: use letters, digits and `_`",
    |text| text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
);
name!(
    /// A scope, such as `acme.hr`. Empty: the configured default scope. `.`: the root scope.
    Scope,
    "a scope: use segments of letters, digits, `_` and `-`, joined by `.`",
    |text| text.is_empty() || text == "." || is_scope(text)
);

impl PolicyVersion {
    /// Not named: the default version of the engine applies.
    #[must_use]
    pub fn unset() -> Self {
        Self("".into())
    }
}

impl Scope {
    /// The scope as policies see it: `.` names the root, which is empty.
    #[must_use]
    pub fn path(&self) -> &str {
        self.0.strip_prefix('.').unwrap_or(&self.0)
    }

    /// Not named: the default scope of the engine applies.
    #[must_use]
    pub fn unset() -> Self {
        Self("".into())
    }
}

fn is_scope(text: &str) -> bool {
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    text.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric())
        && text.split('.').all(|segment| {
            let mut bytes = segment.bytes();
            bytes.next().is_some_and(word) && bytes.all(|b| word(b) || b == b'-')
        })
}
