//! Names of policies as numbers: two names are equal if their numbers are.

use std::collections::HashMap;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::engine) struct NameId(u32);

/// A name in a question: its number, if any policy knows it, and its text for globs.
#[derive(Clone, Copy, Debug)]
pub(in crate::engine) struct Name<'a> {
    pub(in crate::engine) id: Option<NameId>,
    pub(in crate::engine) text: &'a str,
}

/// All names that occur in a set of policies.
#[derive(Debug, Default)]
pub(in crate::engine) struct Names {
    ids: HashMap<Box<str>, NameId>,
    texts: Vec<Box<str>>,
}

// === impl Names ===

impl Names {
    pub(in crate::engine) fn intern(&mut self, text: &str) -> NameId {
        if let Some(id) = self.ids.get(text) {
            return *id;
        }
        // More names than numbers would need more text than the limits let in.
        let id = NameId(u32::try_from(self.texts.len()).unwrap_or(u32::MAX));
        self.ids.insert(text.into(), id);
        self.texts.push(text.into());
        id
    }

    pub(in crate::engine) fn find<'a>(&self, text: &'a str) -> Name<'a> {
        Name { id: self.ids.get(text).copied(), text }
    }

    pub(in crate::engine) fn get(&self, id: NameId) -> Name<'_> {
        let text = usize::try_from(id.0).ok().and_then(|index| self.texts.get(index));
        Name { id: Some(id), text: text.map(|text| &**text).unwrap_or_default() }
    }
}
