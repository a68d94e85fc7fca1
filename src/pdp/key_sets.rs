//! The key sets that `auxData` names, and what each of them is now.

use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

use crate::identity::KeySet;
use crate::issuer::Keys;

/// All of them, by the id that a call gives. A clone is another handle.
#[derive(Clone, Debug, Default)]
pub struct KeySets {
    sets: Arc<BTreeMap<Box<str>, KeySource>>,
    /// How far clocks may differ.
    pub(super) leeway: Duration,
}

/// Where keys come from.
#[derive(Clone, Debug)]
pub enum KeySource {
    /// A file, read at the start.
    Fixed(Arc<KeySet>),
    /// Kept fresh.
    Fetched(Keys),
}

/// There is no key set to verify a token with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoKeySet {
    #[error("there is no key set of that id")]
    Unknown,
    #[error("the call names no key set, and there is not exactly one")]
    Ambiguous,
}

// === impl KeySets ===

impl KeySets {
    #[must_use]
    pub fn new(sets: impl IntoIterator<Item = (Box<str>, KeySource)>, leeway: Duration) -> Self {
        Self { sets: Arc::new(sets.into_iter().collect()), leeway }
    }

    /// The one of that id; without an id, the only one.
    pub(super) fn find(&self, id: &str) -> Result<&KeySource, NoKeySet> {
        if !id.is_empty() {
            return self.sets.get(id).ok_or(NoKeySet::Unknown);
        }
        let mut sets = self.sets.values();
        match (sets.next(), sets.next()) {
            (Some(only), None) => Ok(only),
            (None | Some(_), _) => Err(NoKeySet::Ambiguous),
        }
    }
}

// === impl KeySource ===

impl fmt::Display for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(_) => write!(f, "a file"),
            Self::Fetched(keys) => write!(f, "{}", keys.issuer()),
        }
    }
}
