//! `regex.*`: what a pattern captures, and replacing what it matches.

use std::borrow::Cow;

use regex_automata::{Span, util::captures::Captures};

use super::{Call, Family, Mismatch, quoted::Quoted};
use crate::engine::cel::{
    eval::{Evaluated, Fault},
    regex::Pattern,
    value::V,
};

/// How much more a search takes whose pattern is no literal: somebody may have made it slow.
const FOREIGN: usize = 16;

pub(super) const FAMILY: Family = Family {
    mismatch: Mismatch::Named,
    functions: &[
        ("regex.extract: (string, string) -> optional(string)", extract),
        ("regex.extractAll: (string, string) -> list(string)", extract_all),
        ("regex.replace: (string, string, string) -> string", replace),
        ("regex.replace: (string, string, string, int) -> string", replace),
    ],
};

impl<'p, 'a> Call<'p, 'a> {
    /// The pattern that is the second argument: that of the program, or a new one.
    pub(super) fn pattern(&self) -> Result<Cow<'p, Pattern>, Fault<'a>> {
        match self.pattern {
            Some(pattern) => Ok(Cow::Borrowed(pattern)),
            None => self.compile(self.string(1)?).map(Cow::Owned),
        }
    }

    /// A pattern with one group at most.
    fn pattern_with_one_group(&self) -> Result<Cow<'p, Pattern>, Fault<'a>> {
        let pattern = self.pattern()?;
        if pattern.regex().captures_len() > 2 {
            let pattern = Quoted(self.string(1)?);
            return Err(self.run.fail(format_args!(
                "regular expression has more than one capturing group: {pattern}"
            )));
        }
        Ok(pattern)
    }

    /// Takes steps for one search in so many bytes, as if it were the slowest: a search may look at
    /// all of the program for each byte, and at all bytes before it finds a match at the first.
    pub(super) fn charge_search(&self, pattern: &Pattern, bytes: usize) -> Result<(), Fault<'a>> {
        let weight = pattern.weight() * if self.pattern.is_some() { 1 } else { FOREIGN };
        self.run.charge(bytes.saturating_mul(weight) / 4)
    }

    /// Compiles a pattern that is no literal: that takes many steps.
    fn compile(&self, text: &str) -> Result<Pattern, Fault<'a>> {
        self.run.charge(1_000 + 100 * text.len())?;
        let most = self.run.pattern_bytes();
        let pattern = Pattern::within(text, most);
        self.run.charge_bytes(pattern.as_ref().map_or(most, Pattern::bytes))?;
        pattern.map_err(|why| self.run.fail(format_args!("error parsing regexp: {why}")))
    }

    /// All matches, the next one searched for behind the last one.
    fn searches(
        &self,
        pattern: &Pattern,
        text: &'a str,
    ) -> impl Iterator<Item = Result<Captures, Fault<'a>>> {
        let mut found = pattern.regex().captures_iter(text);
        let mut from = 0;
        std::iter::from_fn(move || {
            if let Err(fault) = self.charge_search(pattern, text.len().saturating_sub(from)) {
                return Some(Err(fault));
            }
            let captures = found.next()?;
            from = captures.get_match().map_or(text.len(), |whole| whole.end());
            Some(Ok(captures))
        })
    }
}

/// What a match captures: its group if it has one, and not if that is empty.
fn captured<'t>(captures: &Captures, text: &'t str) -> Option<&'t str> {
    if captures.group_len() > 1 {
        captures.get_group(1).map(|group| part(text, group)).filter(|text| !text.is_empty())
    } else {
        captures.get_group(0).map(|whole| part(text, whole))
    }
}

fn part(text: &str, span: Span) -> &str {
    text.get(span.range()).unwrap_or_default()
}

fn extract<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    let (text, pattern) = (call.string(0)?, call.pattern_with_one_group()?);
    let found = call.searches(&pattern, text).next().transpose()?;
    let found = found.and_then(|captures| captured(&captures, text));
    Ok(call.run.optional(found.map(V::String)))
}

fn extract_all<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    let (text, pattern) = (call.string(0)?, call.pattern_with_one_group()?);
    let mut all = Vec::new();
    for captures in call.searches(&pattern, text) {
        call.run.charge(1)?;
        all.extend(captured(&captures?, text));
        call.run.hold(all.capacity() * size_of::<&str>())?;
    }
    call.run.list(all.into_iter().map(V::String))
}

fn replace<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    let (text, replacement) = (call.string(0)?, call.string(2)?);
    let limit = if call.args.len() > 3 { call.int(3)? } else { -1 };
    if limit == 0 {
        return Ok(V::String(text));
    }
    let pattern = call.pattern()?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut searches = call.searches(&pattern, text).take(limit).peekable();
    // A replacement that is wrong fails where there is something to replace.
    if searches.peek().is_none() {
        return Ok(V::String(text));
    }
    let pieces = pieces(call, replacement, pattern.regex().captures_len() - 1)?;
    let (mut written, mut last) = (String::new(), 0);
    for captures in searches {
        let captures = captures?;
        let Some(whole) = captures.get_group(0) else { continue };
        written.push_str(text.get(last..whole.start).unwrap_or_default());
        last = whole.end;
        let before = written.len();
        for piece in &pieces {
            match piece {
                Piece::Text(text) => written.push_str(text),
                Piece::Group(group) => {
                    let group = captures.get_group(*group);
                    written.push_str(group.map_or("", |group| part(text, group)));
                }
            }
        }
        call.run.charge_bytes(16 + written.len() - before)?;
        call.run.hold(written.len())?;
    }
    written.push_str(text.get(last..).unwrap_or_default());
    call.run.string(&written)
}

enum Piece {
    Text(String),
    Group(usize),
}

/// The parts of a replacement: `\1` is a group, `\\` a backslash.
fn pieces<'a>(
    call: &Call<'_, 'a>,
    replacement: &str,
    groups: usize,
) -> Result<Vec<Piece>, Fault<'a>> {
    let mut pieces = Vec::new();
    let mut text = String::new();
    let mut chars = replacement.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            text.push(c);
            continue;
        }
        match chars.next() {
            Some('\\') => text.push('\\'),
            Some(digit) if digit.is_ascii_digit() => {
                let group = digit.to_digit(10).and_then(|group| usize::try_from(group).ok());
                let group = group.unwrap_or_default();
                if group > groups {
                    return Err(call.run.fail(format_args!(
                        "replacement string references group {group} but regex has only {groups} \
                         group(s)"
                    )));
                }
                pieces.push(Piece::Text(std::mem::take(&mut text)));
                pieces.push(Piece::Group(group));
            }
            next => {
                let why = match next {
                    Some(_) => "must be followed by a digit or \\",
                    None => "not allowed at end",
                };
                let message = format_args!("invalid replacement string: '{replacement}' \\ {why}");
                return Err(call.run.fail(message));
            }
        }
    }
    pieces.push(Piece::Text(text));
    Ok(pieces)
}
