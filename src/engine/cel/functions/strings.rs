//! Functions of strings. Indices and lengths count code points.

use super::{Call, Family, Mismatch, has_methods};
use crate::engine::cel::{
    eval::{Evaluated, Fault},
    value::V,
};

/// Functions of the standard library, which say no more than that the types are wrong.
pub(super) const PLAIN: Family = Family {
    mismatch: Mismatch::Plain,
    functions: &[
        ("contains: string.(string) -> bool", contains),
        ("endsWith: string.(string) -> bool", ends_with),
        ("startsWith: string.(string) -> bool", starts_with),
    ],
};

/// Looks at the types itself.
pub(super) const OWN: Family = Family {
    mismatch: Mismatch::Own,
    functions: &[
        ("matches: string.(string) -> bool", matches),
        ("matches: (string, string) -> bool", matches),
    ],
};

pub(super) const FAMILY: Family = Family {
    mismatch: Mismatch::Named,
    functions: &[
        ("charAt: string.(int) -> string", char_at),
        ("indexOf: string.(string) -> int", index_of),
        ("indexOf: string.(string, int) -> int", index_of),
        ("join: list(string).() -> string", join),
        ("join: list(string).(string) -> string", join),
        ("lastIndexOf: string.(string) -> int", last_index_of),
        ("lastIndexOf: string.(string, int) -> int", last_index_of),
        ("lowerAscii: string.() -> string", lower_ascii),
        ("replace: string.(string, string) -> string", replace),
        ("replace: string.(string, string, int) -> string", replace),
        ("reverse: string.() -> string", reverse),
        ("split: string.(string) -> list(string)", split),
        ("split: string.(string, int) -> list(string)", split),
        ("strings.quote: (string) -> string", quote),
        ("substring: string.(int) -> string", substring),
        ("substring: string.(int, int) -> string", substring),
        ("trim: string.() -> string", trim),
        ("upperAscii: string.() -> string", upper_ascii),
    ],
};

fn contains<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    let (text, part) = (call.string(0)?, call.string(1)?);
    call.run.charge_bytes(text.len())?;
    Ok(V::Bool(text.contains(part)))
}

fn starts_with<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    let (text, part) = (call.string(0)?, call.string(1)?);
    call.run.charge_bytes(part.len())?;
    Ok(V::Bool(text.starts_with(part)))
}

fn ends_with<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    let (text, part) = (call.string(0)?, call.string(1)?);
    call.run.charge_bytes(part.len())?;
    Ok(V::Bool(text.ends_with(part)))
}

fn matches<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    let subject = call.arg(0)?;
    if !has_methods(subject) && call.pattern.is_none() {
        return Err(Fault::Text("no such overload: matches"));
    }
    if let Some(compiled) = call.pattern {
        let (V::String(text) | V::Type(text)) = subject else { return Err(Fault::NoOverload) };
        call.charge_search(compiled, text.len())?;
        return Ok(V::Bool(compiled.regex().is_match(text)));
    }
    let (text, _) = (call.string(0)?, call.string(1)?);
    let pattern = call.pattern()?;
    call.charge_search(&pattern, text.len())?;
    Ok(V::Bool(pattern.regex().is_match(text)))
}

impl<'a> Call<'_, 'a> {
    /// The byte at which a code point begins, or the end for the index after the last one.
    fn offset(&self, text: &str, index: usize) -> Option<usize> {
        let mut offsets = text.char_indices().map(|(offset, _)| offset);
        let end = std::iter::once(text.len());
        offsets.by_ref().chain(end).nth(index)
    }

    fn out_of_range(&self, index: i64) -> Fault<'a> {
        self.run.fail(format_args!("index out of range: {index}"))
    }

    /// A text with as many code points as its first argument, charged for.
    fn subject(&self) -> Result<(&'a str, usize), Fault<'a>> {
        let text = self.string(0)?;
        self.run.charge_bytes(text.len())?;
        Ok((text, text.chars().count()))
    }
}

fn char_at<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    let (text, size) = call.subject()?;
    let index = call.int(1)?;
    let position = usize::try_from(index).ok().filter(|index| *index <= size);
    let start = position.and_then(|position| call.offset(text, position));
    let rest = start.and_then(|start| text.get(start..)).ok_or_else(|| call.out_of_range(index))?;
    let end = rest.chars().next().map_or(0, char::len_utf8);
    Ok(V::String(rest.get(..end).unwrap_or_default()))
}

fn index<'a>(position: Option<usize>) -> Evaluated<'a> {
    Ok(V::Int(position.and_then(|position| i64::try_from(position).ok()).unwrap_or(-1)))
}

fn index_of<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    let (text, size) = call.subject()?;
    let part = call.string(1)?;
    let from = if call.args.len() > 2 { call.int(2)? } else { 0 };
    let start = usize::try_from(from).ok().ok_or_else(|| call.out_of_range(from))?;
    if part.is_empty() {
        return index(Some(start.min(size)));
    }
    let Some(offset) = call.offset(text, start).filter(|_| start < size) else {
        return index(None);
    };
    let rest = text.get(offset..).unwrap_or_default();
    let found = rest.find(part).and_then(|found| rest.get(..found));
    index(found.map(|before| start + before.chars().count()))
}

fn last_index_of<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    let (text, size) = call.subject()?;
    let part = call.string(1)?;
    let bounded = call.args.len() > 2;
    let last = if bounded { call.int(2)? } else { i64::MAX };
    let last = usize::try_from(last).ok().ok_or_else(|| call.out_of_range(last))?;
    if part.is_empty() {
        return index(Some(last.min(size)));
    }
    if bounded && last >= size {
        return index(None);
    }
    // The occurrence may begin at `last`, and so end after it.
    let end = last.saturating_add(part.chars().count()).min(size);
    let within = call.offset(text, end).and_then(|end| text.get(..end)).unwrap_or_default();
    let found = within.rfind(part).and_then(|found| within.get(..found));
    index(found.map(|before| before.chars().count()))
}

fn join<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    let separator = if call.args.len() > 1 { call.string(1)? } else { "" };
    let mut text = String::new();
    for (index, item) in call.list(0)?.iter().enumerate() {
        let V::String(item) = item else {
            let item = super::describe(item);
            return Err(call.run.fail(format_args!("join: invalid input: {item}")));
        };
        call.run.charge_bytes(16 + item.len() + separator.len())?;
        call.run.hold(text.len() + item.len() + separator.len())?;
        if index > 0 {
            text.push_str(separator);
        }
        text.push_str(item);
    }
    call.run.string(&text)
}

fn lower_ascii<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    call.run.string(&call.string(0)?.to_ascii_lowercase())
}

fn upper_ascii<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    call.run.string(&call.string(0)?.to_ascii_uppercase())
}

fn replace<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    let (text, size) = call.subject()?;
    let (old, new) = (call.string(1)?, call.string(2)?);
    let limit = if call.args.len() > 3 { call.int(3)? } else { -1 };
    // At most one replacement at each code point and one at the end.
    let count = usize::try_from(limit).unwrap_or(usize::MAX).min(size + 1);
    let found = if old.is_empty() { count } else { text.matches(old).count().min(count) };
    call.run.charge_room(text.len() + found.saturating_mul(new.len()))?;
    call.run.string(&text.replacen(old, new, count))
}

fn reverse<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    let (text, _) = call.subject()?;
    call.run.string(&text.chars().rev().collect::<String>())
}

fn split<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    let (text, size) = call.subject()?;
    let separator = call.string(1)?;
    let limit = if call.args.len() > 2 { call.int(2)? } else { -1 };
    let count = match usize::try_from(limit) {
        Ok(0) => return Ok(V::List(&[])),
        Ok(count) => count,
        Err(_) => usize::MAX,
    };
    if !separator.is_empty() {
        return call.run.list(text.splitn(count, separator).map(V::String));
    }
    let pieces = count.min(size);
    let mut rest = text;
    call.run.list((1..=pieces).map(|piece| {
        let end = if piece == pieces {
            rest.len()
        } else {
            rest.chars().next().map_or(0, char::len_utf8)
        };
        let (first, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
        rest = after;
        V::String(first)
    }))
}

fn substring<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    let (text, size) = call.subject()?;
    let size = i64::try_from(size).unwrap_or(i64::MAX);
    let start = call.int(1)?;
    let end = if call.args.len() > 2 { call.int(2)? } else { size };
    if call.args.len() > 2 && start > end {
        let message = format_args!("invalid substring range. start: {start}, end: {end}");
        return Err(call.run.fail(message));
    }
    if !(0..=size).contains(&start) {
        return Err(call.out_of_range(start));
    }
    if !(0..=size).contains(&end) {
        return Err(call.out_of_range(end));
    }
    let offset = |index: i64| call.offset(text, usize::try_from(index).ok()?);
    let (start, end) = (offset(start), offset(end));
    let part = start.zip(end).and_then(|(start, end)| text.get(start..end));
    Ok(V::String(part.unwrap_or_default()))
}

fn trim<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    let (text, _) = call.subject()?;
    Ok(V::String(text.trim()))
}

fn quote<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    let text = call.string(0)?;
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '\u{7}' => quoted.push_str("\\a"),
            '\u{8}' => quoted.push_str("\\b"),
            '\u{c}' => quoted.push_str("\\f"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\u{b}' => quoted.push_str("\\v"),
            '\\' => quoted.push_str("\\\\"),
            '"' => quoted.push_str("\\\""),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    call.run.string(&quoted)
}
