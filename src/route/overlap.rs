//! How two templates stand to each other: whether a path matches both, and which is meant then.
//!
//! Literals are compared without case, as in lookup, which ignores case first and then refuses a
//! wrong one.

use super::template::{Part, Template};

/// What two templates have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Overlap {
    /// No path matches both.
    Apart,
    /// They part at a literal that differs in case or encoding only: to some servers they are one.
    Spelling,
    Common(Common),
}

/// That a path matches both.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Common {
    /// A segment is more specific on the left: a literal beside a parameter, or any of the two
    /// beside what is left of a path.
    pub(super) left: bool,
    pub(super) right: bool,
    /// A path that matches both.
    pub(super) example: String,
}

pub(super) fn overlap(left: &Template, right: &Template) -> Overlap {
    if part_in_spelling(left.parts(), right.parts()) {
        return Overlap::Spelling;
    }
    let mut common = Common::default();
    match common.walk(left.parts(), right.parts()) {
        Some(()) => Overlap::Common(common),
        None => Overlap::Apart,
    }
}

// === impl Common ===

impl Common {
    /// None: no path matches both.
    fn walk(&mut self, left: &[Part], right: &[Part]) -> Option<()> {
        match (left, right) {
            ([], []) => Some(()),
            ([], _) | (_, []) => None,
            ([Part::Rest(_), ..], [Part::Rest(_), ..]) => self.rest(right),
            ([Part::Rest(_), ..], rest) => {
                self.right = true;
                self.rest(rest)
            }
            (rest, [Part::Rest(_), ..]) => {
                self.left = true;
                self.rest(rest)
            }
            ([left, left_rest @ ..], [right, right_rest @ ..]) => {
                self.segment(left, right)?;
                self.walk(left_rest, right_rest)
            }
        }
    }

    fn segment(&mut self, left: &Part, right: &Part) -> Option<()> {
        match (left, right) {
            (Part::Literal(left), Part::Literal(right)) if left.caseless != right.caseless => None,
            // An empty literal stands for a trailing slash, which is no value of a parameter.
            (Part::Literal(literal), Part::Parameter(_)) => {
                self.left = true;
                (!literal.encoded.is_empty()).then(|| self.push(left))
            }
            (Part::Parameter(_), Part::Literal(literal)) => {
                self.right = true;
                (!literal.encoded.is_empty()).then(|| self.push(right))
            }
            (Part::Literal(_) | Part::Parameter(_) | Part::Rest(_), _) => {
                self.push(left);
                Some(())
            }
        }
    }

    /// One side takes whatever is left of the other.
    fn rest(&mut self, parts: &[Part]) -> Option<()> {
        parts.iter().for_each(|part| self.push(part));
        parts.first().filter(|part| !part.is_empty()).map(drop)
    }

    fn push(&mut self, part: &Part) {
        self.example.push('/');
        self.example.push_str(match part {
            Part::Literal(literal) => &literal.encoded,
            Part::Parameter(_) | Part::Rest(_) => "x",
        });
    }
}

fn part_in_spelling(left: &[Part], right: &[Part]) -> bool {
    let is_same = |(left, right): &(&Part, &Part)| match (left, right) {
        (Part::Literal(left), Part::Literal(right)) => left.encoded == right.encoded,
        (Part::Parameter(_), Part::Parameter(_)) => true,
        (Part::Literal(_) | Part::Parameter(_) | Part::Rest(_), _) => false,
    };
    match left.iter().zip(right).find(|pair| !is_same(pair)) {
        Some((Part::Literal(left), Part::Literal(right))) => left.caseless == right.caseless,
        _ => false,
    }
}
