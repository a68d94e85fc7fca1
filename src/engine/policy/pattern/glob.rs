//! Globs as Cerbos has them: those of the Go library gobwas/glob, with `:` as the separator.
//!
//! A glob is a small program that runs over the text once, in all its states at the same time, so
//! no pattern takes more than (length of the pattern) × (length of the text) steps.
//!
//! Two oddities of that library are kept, because policies may depend on them: in a pattern that is
//! two literals around `**` the literals may overlap in the text, and three or more `*` in an odd
//! number need one character at least. A third is not kept: the library misses some matches of
//! alternatives that contain wildcards next to other text (`b{*,b}` does not match `b` there).

use super::glob_parse::parse;

/// A pattern over the whole of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Glob {
    /// `prefix**suffix`; in the text they may overlap.
    Around {
        prefix: Box<str>,
        suffix: Box<str>,
    },
    Program(Box<[Step]>),
    /// A pattern that is not well formed.
    Nothing,
}

/// One state of a program. The state after the last one is the match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Takes this character and goes on with the next state.
    Char(char),
    /// Takes a character other than the separator.
    Other,
    /// Takes any character.
    Any,
    Class(Class),
    /// Goes on, taking nothing, with both.
    Fork(usize, usize),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Class {
    pub(super) negated: bool,
    pub(super) members: Members,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Members {
    Range(char, char),
    List(Box<[char]>),
}

pub(super) const SEPARATOR: char = ':';

// === impl Glob ===

impl Glob {
    #[must_use]
    pub(crate) fn new(pattern: &str) -> Self {
        parse(pattern)
    }

    #[must_use]
    pub(crate) fn matches(&self, text: &str) -> bool {
        match self {
            Self::Around { prefix, suffix } => {
                text.starts_with(&**prefix) && text.ends_with(&**suffix)
            }
            Self::Program(steps) => run(steps, text),
            Self::Nothing => false,
        }
    }
}

fn run(steps: &[Step], text: &str) -> bool {
    let mut now = States::new(steps.len());
    let mut next = States::new(steps.len());
    now.enter(steps, 0);
    for c in text.chars() {
        for &state in &now.list {
            if steps.get(state).is_some_and(|step| step.takes(c)) {
                next.enter(steps, state + 1);
            }
        }
        std::mem::swap(&mut now, &mut next);
        next.clear();
        if now.list.is_empty() {
            return false;
        }
    }
    now.list.contains(&steps.len())
}

/// The states that a program is in, each once.
struct States {
    list: Vec<usize>,
    is_in: Vec<bool>,
}

// === impl States ===

impl States {
    fn new(steps: usize) -> Self {
        Self { list: Vec::with_capacity(steps + 1), is_in: vec![false; steps + 1] }
    }

    /// Enters a state and whatever is reached from it without taking a character.
    fn enter(&mut self, steps: &[Step], state: usize) {
        let from = self.list.len();
        self.add(state);
        let mut at = from;
        while let Some(&state) = self.list.get(at) {
            if let Some(&Step::Fork(left, right)) = steps.get(state) {
                self.add(left);
                self.add(right);
            }
            at += 1;
        }
    }

    fn add(&mut self, state: usize) {
        if let Some(is_in) = self.is_in.get_mut(state)
            && !*is_in
        {
            *is_in = true;
            self.list.push(state);
        }
    }

    fn clear(&mut self) {
        self.list.clear();
        self.is_in.fill(false);
    }
}

// === impl Step ===

impl Step {
    fn takes(&self, c: char) -> bool {
        match self {
            Self::Char(own) => *own == c,
            Self::Other => c != SEPARATOR,
            Self::Any => true,
            Self::Class(Class { negated, members }) => {
                let is_member = match members {
                    Members::Range(low, high) => (low..=high).contains(&&c),
                    Members::List(members) => members.contains(&c),
                };
                is_member != *negated
            }
            Self::Fork(..) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Glob;

    /// Pattern, texts that it matches, texts that it does not match: as the Cerbos PDP has them.
    const PAIRS: &str = include_str!("../../../../tests/data/globs.txt");

    #[test]
    fn globs_match_what_they_match_in_cerbos() {
        for line in PAIRS.lines().filter(|line| !line.starts_with('#')) {
            let mut words = line.split(' ');
            let pattern = words.next().unwrap();
            let glob = Glob::new(pattern);
            let mut expected = true;
            for word in words.filter(|word| !word.is_empty()) {
                match word {
                    "+" => expected = true,
                    "-" => expected = false,
                    // Cerbos tries plain equality first where it takes full globs.
                    text => assert_eq!(
                        glob.matches(text) || pattern == text,
                        expected,
                        "`{pattern}` on `{text}`"
                    ),
                }
            }
        }
    }

    #[test]
    fn no_pattern_is_slow() {
        let pattern = "{a*,*a}".repeat(200);
        assert!(!Glob::new(&pattern).matches(&"a".repeat(2_000).replace("aaa", "a:a")));
        assert!(!Glob::new(&"{".repeat(100_000)).matches("a"));
    }
}
