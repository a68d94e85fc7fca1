//! The first JSON value of a text. What is wrong with it is said in the words of Go's `encoding/json`.

/// No JSON value begins the text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScanError {
    #[error("unexpected EOF")]
    UnexpectedEnd,
    #[error("invalid character {} {context}", quoted(*byte))]
    Unexpected { byte: u8, context: &'static str },
}

/// The first value, without what stands around it; nothing where there is nothing but blanks.
pub(super) fn first_value(text: &[u8]) -> Result<Option<&[u8]>, ScanError> {
    let mut scanner = Scanner { text, at: 0, open: Vec::new() };
    if scanner.next_visible().is_none() {
        return Ok(None);
    }
    let start = scanner.at - 1;
    scanner.at = start;
    scanner.value()?;
    Ok(text.get(start..scanner.at))
}

/// Go's bound. What is read has a narrower one.
const MOST_OPEN: usize = 10_000;

struct Scanner<'t> {
    text: &'t [u8],
    at: usize,
    open: Vec<Open>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    Object,
    Array,
}

/// What comes next.
#[derive(Clone, Copy)]
enum Next {
    Value,
    /// Or the end of the list.
    FirstElement,
    /// Or the end of the object.
    FirstKey,
    Key,
    Colon,
    AfterValue,
}

// === impl Scanner ===

impl Scanner<'_> {
    fn value(&mut self) -> Result<(), ScanError> {
        let mut next = Next::Value;
        loop {
            let byte = self.next_visible().ok_or(ScanError::UnexpectedEnd)?;
            next = match (next, byte) {
                (Next::FirstElement, b']') | (Next::FirstKey, b'}') => self.close(),
                (Next::Value | Next::FirstElement, _) => self.begin(byte)?,
                (Next::FirstKey | Next::Key, b'"') => {
                    self.string()?;
                    Next::Colon
                }
                (Next::FirstKey | Next::Key, _) => {
                    return Err(unexpected(byte, "looking for beginning of object key string"));
                }
                (Next::Colon, b':') => Next::Value,
                (Next::Colon, _) => return Err(unexpected(byte, "after object key")),
                (Next::AfterValue, _) => self.after(byte)?,
            };
            if matches!(next, Next::AfterValue) && self.open.is_empty() {
                return Ok(());
            }
        }
    }

    fn begin(&mut self, byte: u8) -> Result<Next, ScanError> {
        match byte {
            b'{' => return self.enter(byte, Open::Object, Next::FirstKey),
            b'[' => return self.enter(byte, Open::Array, Next::FirstElement),
            b'"' => self.string()?,
            b'-' | b'0'..=b'9' => self.number(byte)?,
            b't' => self.literal("true", TRUE)?,
            b'f' => self.literal("false", FALSE)?,
            b'n' => self.literal("null", NULL)?,
            _ => return Err(unexpected(byte, "looking for beginning of value")),
        }
        Ok(Next::AfterValue)
    }

    fn enter(&mut self, byte: u8, open: Open, next: Next) -> Result<Next, ScanError> {
        self.open.push(open);
        if self.open.len() > MOST_OPEN {
            return Err(unexpected(byte, "exceeded max depth"));
        }
        Ok(next)
    }

    fn close(&mut self) -> Next {
        self.open.pop();
        Next::AfterValue
    }

    fn after(&mut self, byte: u8) -> Result<Next, ScanError> {
        match (self.open.last(), byte) {
            (Some(Open::Object), b'}') | (Some(Open::Array), b']') => Ok(self.close()),
            (Some(Open::Object), b',') => Ok(Next::Key),
            (Some(Open::Array), b',') => Ok(Next::Value),
            (Some(Open::Object), _) => Err(unexpected(byte, "after object key:value pair")),
            (Some(Open::Array) | None, _) => Err(unexpected(byte, "after array element")),
        }
    }

    /// After the quote.
    fn string(&mut self) -> Result<(), ScanError> {
        loop {
            match self.next()? {
                b'"' => return Ok(()),
                b'\\' => match self.next()? {
                    b'b' | b'f' | b'n' | b'r' | b't' | b'\\' | b'/' | b'"' => {}
                    b'u' => {
                        for _ in 0..4 {
                            let byte = self.next()?;
                            if !byte.is_ascii_hexdigit() {
                                return Err(unexpected(
                                    byte,
                                    "in \\u hexadecimal character escape",
                                ));
                            }
                        }
                    }
                    byte => return Err(unexpected(byte, "in string escape code")),
                },
                byte @ 0..0x20 => return Err(unexpected(byte, "in string literal")),
                _ => {}
            }
        }
    }

    fn number(&mut self, first: u8) -> Result<(), ScanError> {
        let first = match first {
            b'-' => self.digit("in numeric literal")?,
            digit => digit,
        };
        if first != b'0' {
            self.digits();
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digit("after decimal point in numeric literal")?;
            self.digits();
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digit("in exponent of numeric literal")?;
            self.digits();
        }
        Ok(())
    }

    fn digit(&mut self, context: &'static str) -> Result<u8, ScanError> {
        let byte = self.next()?;
        if byte.is_ascii_digit() { Ok(byte) } else { Err(unexpected(byte, context)) }
    }

    fn digits(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
    }

    fn literal(
        &mut self,
        word: &'static str,
        contexts: [&'static str; 4],
    ) -> Result<(), ScanError> {
        for (expected, context) in word.bytes().skip(1).zip(contexts) {
            let byte = self.next()?;
            if byte != expected {
                return Err(unexpected(byte, context));
            }
        }
        Ok(())
    }

    fn next_visible(&mut self) -> Option<u8> {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
        self.next().ok()
    }

    fn next(&mut self) -> Result<u8, ScanError> {
        let byte = self.peek().ok_or(ScanError::UnexpectedEnd)?;
        self.at += 1;
        Ok(byte)
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }
}

const TRUE: [&str; 4] = [
    "in literal true (expecting 'r')",
    "in literal true (expecting 'u')",
    "in literal true (expecting 'e')",
    "",
];
const FALSE: [&str; 4] = [
    "in literal false (expecting 'a')",
    "in literal false (expecting 'l')",
    "in literal false (expecting 's')",
    "in literal false (expecting 'e')",
];
const NULL: [&str; 4] = [
    "in literal null (expecting 'u')",
    "in literal null (expecting 'l')",
    "in literal null (expecting 'l')",
    "",
];

fn unexpected(byte: u8, context: &'static str) -> ScanError {
    ScanError::Unexpected { byte, context }
}

/// A byte as Go quotes it: it is taken as the code point of its number.
pub(super) fn quoted(byte: u8) -> String {
    match byte {
        b'\'' => r"'\''".to_owned(),
        b'"' => "'\"'".to_owned(),
        _ => format!("'{}'", escaped(char::from(byte))),
    }
}

/// A text as Go quotes it.
pub(in crate::cerbos_api) fn quote(text: &str) -> String {
    let within: String = text
        .chars()
        .map(|character| if character == '"' { r#"\""#.to_owned() } else { escaped(character) })
        .collect();
    format!("\"{within}\"")
}

/// A character within quotes, as Go's `%q` has it.
pub(super) fn escaped(character: char) -> String {
    match character {
        '\u{7}' => r"\a".to_owned(),
        '\u{8}' => r"\b".to_owned(),
        '\u{c}' => r"\f".to_owned(),
        '\n' => r"\n".to_owned(),
        '\r' => r"\r".to_owned(),
        '\t' => r"\t".to_owned(),
        '\u{b}' => r"\v".to_owned(),
        '\\' => r"\\".to_owned(),
        '\0'..' ' | '\u{7f}' => format!(r"\x{:02x}", u32::from(character)),
        // The soft hyphen and the blank that does not break are not printed either.
        '\u{80}'..='\u{a0}' | '\u{ad}' => format!(r"\u{:04x}", u32::from(character)),
        other => other.to_string(),
    }
}
