//! Which of many patterns fit a name: exact names by hash, only true globs one by one.

use std::{collections::HashMap, sync::Arc};

use bumpalo::{Bump, collections::Vec as ArenaVec};

use super::Glob;
use crate::engine::policy::names::{Name, NameId, Names};

/// Which texts a field of a rule stands for, where it is a glob only if it contains `*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::engine) enum NamePattern {
    /// `*`
    Any,
    Exact(NameId),
    Glob(Arc<Glob>),
}

/// Patterns, each with the numbers of what it leads to.
#[derive(Debug, Default)]
pub(in crate::engine) struct PatternTable {
    exact: HashMap<NameId, Vec<u32>>,
    any: Vec<u32>,
    globs: Vec<(Arc<Glob>, Vec<u32>)>,
}

// === impl NamePattern ===

impl NamePattern {
    pub(in crate::engine) fn new(text: &str, names: &mut Names) -> Self {
        match text {
            "*" => Self::Any,
            text if text.contains('*') => Self::Glob(Arc::new(Glob::new(text))),
            text => Self::Exact(names.intern(text)),
        }
    }
}

// === impl PatternTable ===

impl PatternTable {
    /// Numbers must be added in ascending order; a number may be added several times.
    pub(in crate::engine) fn add(&mut self, pattern: NamePattern, number: u32) {
        match pattern {
            NamePattern::Any => self.any.push(number),
            NamePattern::Exact(id) => self.exact.entry(id).or_default().push(number),
            NamePattern::Glob(glob) => {
                // Few globs are distinct, and equal ones are mostly neighbours.
                match self.globs.iter_mut().rev().take(64).find(|(known, _)| *known == glob) {
                    Some((_, numbers)) => numbers.push(number),
                    None => self.globs.push((glob, vec![number])),
                }
            }
        }
    }

    /// The numbers of all patterns that match, ascending.
    pub(in crate::engine) fn find<'a>(&'a self, name: Name<'_>, arena: &'a Bump) -> &'a [u32] {
        let mut pieces = self.matching(name);
        let Some(first) = pieces.next() else { return &[] };
        let Some(second) = pieces.next() else { return first };
        let mut all = ArenaVec::new_in(arena);
        all.extend_from_slice(first);
        all.extend_from_slice(second);
        pieces.for_each(|piece| all.extend_from_slice(piece));
        all.sort_unstable();
        all.into_bump_slice()
    }

    pub(in crate::engine) fn matches(&self, name: Name<'_>) -> bool {
        self.matching(name).next().is_some()
    }

    fn matching(&self, name: Name<'_>) -> impl Iterator<Item = &[u32]> {
        let exact = name.id.and_then(|id| self.exact.get(&id)).map(Vec::as_slice);
        let globs = self.globs.iter().filter(move |(glob, _)| glob.matches(name.text));
        let any = Some(self.any.as_slice()).filter(|any| !any.is_empty());
        exact.into_iter().chain(any).chain(globs.map(|(_, numbers)| numbers.as_slice()))
    }
}
