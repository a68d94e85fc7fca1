//! `regex.*`: what a pattern captures, and replacing what it matches.

use regex::{Captures, Regex};

use super::{Call, Family, Mismatch, quoted::Quoted};
use crate::engine::cel::{
    eval::{Evaluated, Fault},
    value::V,
};

pub(super) const FAMILY: Family = Family {
    mismatch: Mismatch::Named,
    functions: &[
        ("regex.extract: (string, string) -> optional(string)", extract),
        ("regex.extractAll: (string, string) -> list(string)", extract_all),
        ("regex.replace: (string, string, string) -> string", replace),
        ("regex.replace: (string, string, string, int) -> string", replace),
    ],
};

impl<'a> Call<'_, 'a> {
    /// The pattern that is the second argument: that of the program, or a new one.
    fn regex(&self) -> Result<Regex, Fault<'a>> {
        self.run.charge_bytes(self.string(0)?.len())?;
        match self.pattern {
            Some(pattern) => Ok(pattern.regex().clone()),
            None => self.compile(self.string(1)?).map(|pattern| pattern.regex().clone()),
        }
    }

    /// A pattern with one group at most.
    fn regex_with_one_group(&self) -> Result<Regex, Fault<'a>> {
        let regex = self.regex()?;
        if regex.captures_len() > 2 {
            let pattern = Quoted(self.string(1)?);
            return Err(self.run.fail(format_args!(
                "regular expression has more than one capturing group: {pattern}"
            )));
        }
        Ok(regex)
    }
}

/// What a match captures: its group if it has one, and not if that is empty.
fn captured<'t>(captures: &Captures<'t>) -> Option<&'t str> {
    if captures.len() > 1 {
        captures.get(1).map(|group| group.as_str()).filter(|text| !text.is_empty())
    } else {
        captures.get(0).map(|whole| whole.as_str())
    }
}

fn extract<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    let regex = call.regex_with_one_group()?;
    let found = regex.captures(call.string(0)?).and_then(|captures| captured(&captures));
    Ok(call.run.optional(found.map(V::String)))
}

fn extract_all<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    let regex = call.regex_with_one_group()?;
    let found = regex.captures_iter(call.string(0)?);
    call.run.list(found.filter_map(|captures| captured(&captures)).map(V::String))
}

fn replace<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    let (text, replacement) = (call.string(0)?, call.string(2)?);
    let limit = if call.args.len() > 3 { call.int(3)? } else { -1 };
    if limit == 0 {
        return Ok(V::String(text));
    }
    let regex = call.regex()?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    // A replacement that is wrong fails where there is something to replace.
    if !regex.is_match(text) {
        return Ok(V::String(text));
    }
    let pieces = pieces(call, replacement, regex.captures_len() - 1)?;
    let (mut written, mut last) = (String::new(), 0);
    for captures in regex.captures_iter(text).take(limit) {
        let Some(whole) = captures.get(0) else { continue };
        written.push_str(text.get(last..whole.start()).unwrap_or_default());
        last = whole.end();
        let before = written.len();
        for piece in &pieces {
            match piece {
                Piece::Text(text) => written.push_str(text),
                Piece::Group(group) => {
                    written.push_str(captures.get(*group).map_or("", |group| group.as_str()));
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
