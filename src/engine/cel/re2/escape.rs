//! What follows a backslash.

use super::{Translator, class::NEVER, error};

/// Code points between these are no characters: Go reads them, and they never match.
pub(super) const SURROGATES: std::ops::RangeInclusive<u32> = 0xD800..=0xDFFF;

impl Translator {
    pub(super) fn backslash(&mut self) -> Result<(), String> {
        let special = match self.peek(1) {
            Some('A') => Some("\\A"),
            Some('z') => Some("\\z"),
            Some('b') => Some("(?-u:\\b)"),
            Some('B') => Some("(?-u:\\B)"),
            Some('C') => {
                return Err(error("invalid escape sequence", "\\C"));
            }
            Some('Q') => {
                self.quoted();
                return Ok(());
            }
            _ => None,
        };
        if let Some(special) = special {
            self.at += 2;
            self.push(special);
            return Ok(());
        }
        if let Some(set) = self.set()? {
            self.push(&set);
            return Ok(());
        }
        let code = self.escaped()?;
        if SURROGATES.contains(&code) {
            self.push(NEVER);
        } else {
            self.push(&format!("\\x{{{code:X}}}"));
        }
        Ok(())
    }

    /// `\Q..\E`; without an end everything is quoted.
    fn quoted(&mut self) {
        self.at += 2;
        while let Some(c) = self.peek(0) {
            if self.starts_with("\\E") {
                self.at += 2;
                return;
            }
            self.at += 1;
            self.literal(c);
        }
    }

    /// An escape that stands for one code point.
    pub(super) fn escaped(&mut self) -> Result<u32, String> {
        let start = self.at;
        self.at += 1;
        let Some(c) = self.peek(0) else {
            return Err(error("trailing backslash at end of expression", ""));
        };
        self.at += 1;
        let code = match c {
            'a' => Some(0x07),
            'f' => Some(0x0C),
            'n' => Some(0x0A),
            'r' => Some(0x0D),
            't' => Some(0x09),
            'v' => Some(0x0B),
            'x' => self.hexadecimal(),
            // One digit other than zero would be a reference to a group, which RE2 does not have.
            '1'..='7' if !self.peek(0).is_some_and(|c| c.is_digit(8)) => None,
            '0'..='7' => Some(self.octal(c)),
            c if c.is_ascii() && !c.is_ascii_alphanumeric() => Some(u32::from(c)),
            _ => None,
        };
        code.ok_or_else(|| error("invalid escape sequence", &self.fragment(start, self.at)))
    }

    /// Up to two more octal digits.
    fn octal(&mut self, first: char) -> u32 {
        let mut code = first.to_digit(8).unwrap_or(0);
        for _ in 0..2 {
            let Some(digit) = self.peek(0).and_then(|c| c.to_digit(8)) else { break };
            self.at += 1;
            code = code * 8 + digit;
        }
        code
    }

    /// Two hexadecimal digits, or any number of them in braces.
    fn hexadecimal(&mut self) -> Option<u32> {
        let first = self.peek(0)?;
        self.at += 1;
        if first != '{' {
            let second = self.peek(0);
            self.at += usize::from(second.is_some());
            return Some(first.to_digit(16)? * 16 + second?.to_digit(16)?);
        }
        let mut code = None;
        loop {
            let c = self.peek(0)?;
            self.at += 1;
            if c == '}' {
                return code;
            }
            let next = code.unwrap_or(0) * 16 + c.to_digit(16)?;
            code = Some(next).filter(|code| *code <= u32::from(char::MAX));
            code?;
        }
    }
}
