//! Lookup of a path among templates, in the time that its own segments take.
//!
//! The search ignores case and takes the most specific template, the way a lenient server behind us
//! might. Only then is it asked whether the request was faithful to that template: every literal in
//! its one spelling, and no parameter with the name of a literal beside it. If it was not, there is
//! no match, rather than a less specific one: `/v1/ADMIN/7` is not the `/v1/{kind}/{id}` that stands
//! beside `/v1/admin/{id}`.

use std::collections::HashMap;

use super::template::{Literal, Part};
use crate::request::{CanonicalPath, Segment, caseless};

/// What can follow after some segments.
#[derive(Clone, Debug, Default)]
pub(super) struct Node {
    /// By their form without case.
    literals: HashMap<Box<str>, (Box<str>, Self)>,
    parameter: Option<Box<Self>>,
    /// The route whose template ends here.
    end: Option<usize>,
    /// The route that takes all that is left.
    rest: Option<usize>,
}

/// The most specific template, and whether the path is faithful to it.
#[derive(Clone, Copy, Debug)]
struct Hit {
    route: usize,
    is_faithful: bool,
}

// === impl Node ===

impl Node {
    /// A route replaces one of the same template that was inserted before.
    pub(super) fn insert(&mut self, parts: &[Part], route: usize) {
        match parts {
            [] => self.end = Some(route),
            [Part::Rest(_), ..] => self.rest = Some(route),
            [Part::Parameter(_), parts @ ..] => {
                self.parameter.get_or_insert_default().insert(parts, route);
            }
            [Part::Literal(Literal { encoded, caseless }), parts @ ..] => {
                let new = || (encoded.clone(), Self::default());
                let (_, node) = self.literals.entry(caseless.clone()).or_insert_with(new);
                node.insert(parts, route);
            }
        }
    }

    pub(super) fn find(&self, path: &CanonicalPath) -> Option<usize> {
        let hit = self.search(path.segments())?;
        hit.is_faithful.then_some(hit.route)
    }

    /// Goes back at most once for each template that the path begins like: literals come first, and
    /// where two templates match, one of them is more specific in all segments.
    fn search<'p>(&self, mut segments: impl Iterator<Item = Segment<'p>> + Clone) -> Option<Hit> {
        let Some(segment) = segments.next() else {
            return self.end.map(|route| Hit { route, is_faithful: true });
        };
        let literal = self.literals.get(&*caseless(segment.decoded));
        if let Some((encoded, node)) = literal
            && let Some(hit) = node.search(segments.clone())
        {
            let is_faithful = hit.is_faithful && **encoded == *segment.encoded;
            return Some(Hit { is_faithful, ..hit });
        }
        if segment.decoded.is_empty() {
            return None;
        }
        if let Some(parameter) = &self.parameter
            && let Some(hit) = parameter.search(segments.clone())
        {
            let is_faithful = hit.is_faithful && literal.is_none();
            return Some(Hit { is_faithful, ..hit });
        }
        let is_literal = literal.is_some() && segments.all(|segment| segment.decoded.is_empty());
        self.rest.map(|route| Hit { route, is_faithful: !is_literal })
    }
}
