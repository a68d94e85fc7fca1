//! Glob text → [`Glob`].

use super::glob::{Class, Glob, Members, Step};
use std::{iter::Peekable, str::Chars};

/// Alternatives that are still open: `{`.
struct Open {
    /// The fork before the current alternative.
    fork: usize,
    /// Ends of alternatives, which go on behind the `}`.
    ends: Vec<usize>,
}

struct Parser<'p> {
    left: Peekable<Chars<'p>>,
    steps: Vec<Step>,
    open: Vec<Open>,
}

pub(super) fn parse(pattern: &str) -> Glob {
    if let Some(around) = around(pattern) {
        return around;
    }
    // Cerbos turns the pattern `*` into `**`: every name matches it.
    let pattern = if pattern == "*" { "**" } else { pattern };
    let mut parser =
        Parser { left: pattern.chars().peekable(), steps: Vec::new(), open: Vec::new() };
    match parser.run() {
        Some(()) => Glob::Program(parser.steps.into()),
        None => Glob::Nothing,
    }
}

/// `prefix**suffix` with nothing special in either.
fn around(pattern: &str) -> Option<Glob> {
    let (prefix, suffix) = pattern.split_once("**")?;
    let plain = |text: &str| !text.is_empty() && !text.contains(['*', '?', '[', '{', '\\']);
    (plain(prefix) && plain(suffix))
        .then(|| Glob::Around { prefix: prefix.into(), suffix: suffix.into() })
}

// === impl Parser ===

impl Parser<'_> {
    fn run(&mut self) -> Option<()> {
        while let Some(c) = self.left.next() {
            match c {
                '*' => self.stars(),
                '?' => self.steps.push(Step::Other),
                '[' => {
                    let class = self.class()?;
                    self.steps.push(Step::Class(class));
                }
                '{' => self.open(),
                ',' if !self.open.is_empty() => self.alternative(),
                '}' if !self.open.is_empty() => self.close(),
                '\\' => self.steps.extend(self.left.next().map(Step::Char)),
                c => self.steps.push(Step::Char(c)),
            }
        }
        while !self.open.is_empty() {
            self.close();
        }
        Some(())
    }

    fn stars(&mut self) {
        let mut count = 1_usize;
        while self.left.next_if_eq(&'*').is_some() {
            count += 1;
        }
        let step = if count == 1 { Step::Other } else { Step::Any };
        if count > 2 && count % 2 == 1 {
            self.steps.push(Step::Any);
        }
        // loop: fork(body, end); body; fork(loop, loop)
        let start = self.steps.len();
        self.steps.push(Step::Fork(start + 1, start + 3));
        self.steps.push(step);
        self.steps.push(Step::Fork(start, start));
    }

    fn class(&mut self) -> Option<Class> {
        let negated = self.left.next_if_eq(&'!').is_some();
        let first = self.left.next()?;
        if self.left.next_if_eq(&'-').is_some() {
            let last = self.left.next()?;
            let closed = self.left.next()? == ']';
            return (closed && first <= last)
                .then_some(Class { negated, members: Members::Range(first, last) });
        }
        let mut members = Vec::new();
        let mut next = Some(first);
        loop {
            match next? {
                ']' => break,
                '\\' => members.push(self.left.next()?),
                c => members.push(c),
            }
            next = self.left.next();
        }
        (!members.is_empty()).then(|| Class { negated, members: Members::List(members.into()) })
    }

    fn open(&mut self) {
        self.open.push(Open { fork: self.steps.len(), ends: Vec::new() });
        self.fork();
    }

    /// A fork to the next state; where else is known when the next alternative begins.
    fn fork(&mut self) {
        let next = self.steps.len() + 1;
        self.steps.push(Step::Fork(next, next));
    }

    fn alternative(&mut self) {
        let end = self.steps.len();
        self.fork();
        let begin = self.steps.len();
        let Some(open) = self.open.last_mut() else { return };
        open.ends.push(end);
        let fork = std::mem::replace(&mut open.fork, begin);
        if let Some(Step::Fork(_, other)) = self.steps.get_mut(fork) {
            *other = begin;
        }
        self.fork();
    }

    fn close(&mut self) {
        let behind = self.steps.len();
        for end in self.open.pop().map(|open| open.ends).unwrap_or_default() {
            if let Some(step) = self.steps.get_mut(end) {
                *step = Step::Fork(behind, behind);
            }
        }
    }
}
