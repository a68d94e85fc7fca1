//! The tokens of a text that is JSON. Commas and colons are where they must be, so they are not told.

use std::borrow::Cow;

use super::{read::JsonError, scan::quote};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    ObjectOpen,
    ObjectClose,
    ArrayOpen,
    ArrayClose,
    String,
    Number,
    Bool,
    Null,
    End,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Token<'t> {
    pub(super) kind: Kind,
    /// As it is written.
    pub(super) raw: &'t [u8],
    at: usize,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Lexer<'t> {
    // Invariant: one JSON value, as `scan` found it.
    text: &'t [u8],
    at: usize,
}

// === impl Lexer ===

impl<'t> Lexer<'t> {
    pub(super) fn new(text: &'t [u8]) -> Self {
        Self { text, at: 0 }
    }

    pub(super) fn next(&mut self) -> Token<'t> {
        let token = self.peek();
        self.at = token.at + token.raw.len();
        token
    }

    pub(super) fn peek(&self) -> Token<'t> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let skipped = rest
            .iter()
            .take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b',' | b':'))
            .count();
        let rest = rest.get(skipped..).unwrap_or_default();
        let (kind, length) = match rest.first() {
            None => (Kind::End, 0),
            Some(b'{') => (Kind::ObjectOpen, 1),
            Some(b'}') => (Kind::ObjectClose, 1),
            Some(b'[') => (Kind::ArrayOpen, 1),
            Some(b']') => (Kind::ArrayClose, 1),
            Some(b'"') => (Kind::String, string_length(rest)),
            Some(b't' | b'f') => (Kind::Bool, word_length(rest)),
            Some(b'n') => (Kind::Null, word_length(rest)),
            Some(_) => (Kind::Number, word_length(rest)),
        };
        let raw = rest.get(..length).unwrap_or_default();
        Token { kind, raw, at: self.at + skipped }
    }

    /// Line and column, both from 1, with a column for each character.
    pub(super) fn place(&self, token: Token<'_>) -> (usize, usize) {
        let before = self.text.get(..token.at).unwrap_or_default();
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        let begun = before.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
        (line, String::from_utf8_lossy(begun).chars().count() + 1)
    }

    /// The text that a string stands for.
    pub(super) fn text_of(&self, token: Token<'t>) -> Result<Cow<'t, str>, JsonError> {
        let inner = token.raw.get(1..token.raw.len().saturating_sub(1)).unwrap_or_default();
        let not_utf8 = |_| self.syntax(token, "invalid UTF-8 in string");
        if !inner.contains(&b'\\') {
            return str::from_utf8(inner).map(Cow::Borrowed).map_err(not_utf8);
        }
        // Whatever is wrong first is said first.
        let (valid, is_utf8) = match str::from_utf8(inner) {
            Ok(text) => (text, Ok(())),
            Err(error) => {
                let valid = inner.get(..error.valid_up_to()).unwrap_or_default();
                (str::from_utf8(valid).unwrap_or_default(), Err(error))
            }
        };
        let text = self.unescaped(token, valid)?;
        is_utf8.map(|()| Cow::Owned(text)).map_err(not_utf8)
    }

    fn unescaped(&self, token: Token<'t>, mut rest: &str) -> Result<String, JsonError> {
        let mut text = String::with_capacity(rest.len());
        while let Some((before, from)) = rest.split_once('\\') {
            text.push_str(before);
            let mut characters = from.chars();
            match characters.next() {
                Some('u') => {
                    let (unit, after) = hexadecimal(from);
                    rest = match char::from_u32(unit) {
                        Some(character) => {
                            text.push(character);
                            after
                        }
                        None => {
                            let low = after.strip_prefix('\\').filter(|low| low.starts_with('u'));
                            let (second, end) = low.map_or((0, ""), hexadecimal);
                            text.push(pair(unit, second).ok_or_else(|| self.lone(token, after))?);
                            end
                        }
                    };
                    continue;
                }
                Some('b') => text.push('\u{8}'),
                Some('f') => text.push('\u{c}'),
                Some('n') => text.push('\n'),
                Some('r') => text.push('\r'),
                Some('t') => text.push('\t'),
                Some(other) => text.push(other),
                None => {}
            }
            rest = characters.as_str();
        }
        text.push_str(rest);
        Ok(text)
    }

    /// Half of a character; what follows it is not the other half.
    fn lone(&self, token: Token<'_>, after: &str) -> JsonError {
        // Within the whole text: the string may have ended.
        let whole = self.text.get(token.at..).unwrap_or_default();
        let string_end = token.raw.len() - 1;
        let from = whole.get(string_end - after.len()..).unwrap_or_default();
        match from.get(..6) {
            None => JsonError::UnexpectedEnd,
            Some(six) => {
                let shown = quote(&String::from_utf8_lossy(six));
                self.syntax(token, &format!("invalid escape code {shown} in string"))
            }
        }
    }

    pub(super) fn syntax(&self, token: Token<'_>, message: &str) -> JsonError {
        let (line, column) = self.place(token);
        JsonError::Syntax { line, column, message: message.to_owned() }
    }
}

// === impl Token ===

impl Token<'_> {
    pub(super) fn shown(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(self.raw)
    }
}

fn string_length(text: &[u8]) -> usize {
    let mut escaped = false;
    let end = text.iter().skip(1).position(|byte| {
        let ends = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        ends
    });
    end.map_or(text.len(), |end| end + 2)
}

fn word_length(text: &[u8]) -> usize {
    let is_part = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    text.iter().take_while(is_part).count()
}

/// The number of `uXXXX`, and what follows it.
fn hexadecimal(text: &str) -> (u32, &str) {
    let digits = text.get(1..5).unwrap_or_default();
    let after = text.get(5..).unwrap_or_default();
    (u32::from_str_radix(digits, 16).unwrap_or_default(), after)
}

/// The character of a surrogate pair.
fn pair(high: u32, low: u32) -> Option<char> {
    let units = [u16::try_from(high).ok()?, u16::try_from(low).ok()?];
    let mut decoded = char::decode_utf16(units);
    decoded.next()?.ok()
}
