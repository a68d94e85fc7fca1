//! Groups that begin with `(?`: names, flags, neither.

use std::fmt::Write as _;

use super::{Translator, error};

impl Translator {
    /// Reads the beginning of a group. `None` where it only sets flags, which are written.
    pub(super) fn flags(&mut self) -> Result<Option<String>, String> {
        let name_at = if self.starts_with("(?P<") {
            Some(4)
        } else if self.starts_with("(?<") {
            Some(3)
        } else {
            None
        };
        if let Some(name_at) = name_at {
            return self.named(name_at).map(Some);
        }
        let start = self.at;
        self.at += 2;
        let (mut on, mut off) = (String::new(), String::new());
        let (mut negative, mut seen) = (false, false);
        while let Some(c) = self.peek(0) {
            self.at += 1;
            match c {
                'i' | 'm' | 's' | 'U' => {
                    seen = true;
                    on.retain(|flag| flag != c);
                    off.retain(|flag| flag != c);
                    if negative { off.push(c) } else { on.push(c) }
                }
                '-' if !negative => (negative, seen) = (true, false),
                ':' | ')' if !negative || seen => {
                    let minus = if off.is_empty() { "" } else { "-" };
                    let written = format!("{on}{minus}{off}");
                    if c == ':' {
                        return Ok(Some(format!("(?{written}:")));
                    }
                    if !written.is_empty() {
                        // Writing into a string cannot fail.
                        let _written = write!(self.out, "(?{written})");
                    }
                    return Ok(None);
                }
                _ => break,
            }
        }
        Err(error("invalid or unsupported Perl syntax", &self.fragment(start, self.at)))
    }

    /// Names are not needed, and Go allows more of them: they are checked and dropped.
    fn named(&mut self, name_at: usize) -> Result<String, String> {
        let start = self.at;
        let rest = self.source.get(start..).unwrap_or_default();
        let Some(length) = rest.iter().position(|c| *c == '>') else {
            let fragment = self.fragment(start, self.source.len());
            return Err(error("invalid named capture", &fragment));
        };
        let name = rest.get(name_at..length).unwrap_or_default();
        let valid = !name.is_empty() && name.iter().all(|c| *c == '_' || c.is_ascii_alphanumeric());
        self.at = start + length + 1;
        if valid {
            Ok("(".to_owned())
        } else {
            Err(error("invalid named capture", &self.fragment(start, self.at)))
        }
    }
}
