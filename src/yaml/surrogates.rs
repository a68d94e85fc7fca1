//! Surrogate pairs. JSON writes a character beyond `U+FFFF` as two escapes, `\\ud83d\\ude00`, and so do
//! encoders that keep to ASCII. Cerbos joins them; our parser knows `\\U0001f600` only.

use std::fmt::Write;

use saphyr_parser::{Event, Parser, ScalarStyle};

/// Two escapes: where they are, in bytes, and the character that they are.
struct Pair {
    start: usize,
    character: char,
}

/// Bytes of the two escapes.
const LENGTH: usize = 12;

/// The text with the pairs in double quotes joined, if there may be any.
pub(super) fn joined(text: &str) -> Option<String> {
    let pairs = pairs(text);
    if pairs.is_empty() {
        return None;
    }
    let quoted = quoted(text, &pairs);
    let mut joined = String::with_capacity(text.len());
    let mut end = 0;
    let mut spans = quoted.iter().peekable();
    for Pair { start, character } in pairs {
        while spans.next_if(|(_, end)| *end <= start).is_some() {}
        if spans.peek().is_some_and(|(begin, _)| *begin < start) {
            joined.push_str(text.get(end..start)?);
            write!(joined, "\\U{:08x}", u32::from(character)).ok()?;
            end = start + LENGTH;
        }
    }
    joined.push_str(text.get(end..)?);
    Some(joined)
}

fn pairs(text: &str) -> Vec<Pair> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(next) = text.get(at..).and_then(|rest| rest.find('\\')) {
        let start = at + next;
        // A backslash takes the character behind it, be it another one.
        at = start + 2;
        let Some(units) = text.get(start..start + LENGTH).and_then(|pair| {
            let (high, low) = pair.split_at_checked(LENGTH / 2)?;
            Some([unit(high)?, unit(low)?])
        }) else {
            // What is behind it may be longer than a byte.
            while !text.is_char_boundary(at.min(text.len())) {
                at += 1;
            }
            continue;
        };
        if let Some(Ok(character)) = char::decode_utf16(units).next()
            && u32::from(character) > 0xffff
        {
            found.push(Pair { start, character });
            at = start + LENGTH;
        }
    }
    found
}

/// What `\\uXXXX` stands for.
fn unit(escape: &str) -> Option<u16> {
    let digits = escape.strip_prefix("\\u")?;
    let is_hexadecimal = digits.bytes().all(|b| b.is_ascii_hexdigit());
    u16::from_str_radix(digits, 16).ok().filter(|_| is_hexadecimal)
}

/// Where double quotes are, in bytes, as far as the text can be parsed.
fn quoted(text: &str, pairs: &[Pair]) -> Vec<(usize, usize)> {
    // What the pairs say does not matter here, but they must be escapes that the parser knows.
    let mut masked = text.to_owned();
    for Pair { start, .. } in pairs {
        masked.replace_range(*start..start + LENGTH, "\\u0020\\u0020");
    }
    let mut spans = Vec::new();
    let (mut characters, mut bytes) = (text.char_indices().map(|(at, _)| at), 0);
    let mut seen = 0;
    let mut byte_of = |index: usize| {
        while seen <= index {
            bytes = characters.next().unwrap_or(text.len());
            seen += 1;
        }
        bytes
    };
    for event in Parser::new_from_str(&masked) {
        let Ok((event, span)) = event else { break };
        if let Event::Scalar(_, ScalarStyle::DoubleQuoted, ..) = event {
            spans.push((byte_of(span.start.index()), byte_of(span.end.index())));
        }
    }
    spans
}
