//! A text in quotes as Go prints it with `%q`.

use std::{
    fmt::{self, Write},
    sync::LazyLock,
};

use regex_automata::meta::Regex;

pub(in crate::engine) struct Quoted<'t>(pub &'t str);

/// Marks, which Rust escapes and Go does not.
static MARK: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\A\p{M}\z").ok());

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        for c in self.0.chars() {
            match c {
                '\u{7}' => f.write_str("\\a")?,
                '\u{8}' => f.write_str("\\b")?,
                '\u{c}' => f.write_str("\\f")?,
                '\n' => f.write_str("\\n")?,
                '\r' => f.write_str("\\r")?,
                '\t' => f.write_str("\\t")?,
                '\u{b}' => f.write_str("\\v")?,
                '\\' | '"' => write!(f, "\\{c}")?,
                '\'' => f.write_char(c)?,
                c if is_printable(c) => f.write_char(c)?,
                c if c.is_ascii() => write!(f, "\\x{:02x}", u32::from(c))?,
                c if u32::from(c) < 0x1_0000 => write!(f, "\\u{:04x}", u32::from(c))?,
                c => write!(f, "\\U{:08x}", u32::from(c))?,
            }
        }
        f.write_char('"')
    }
}

fn is_printable(c: char) -> bool {
    let is_mark = || {
        let mut text = [0; 4];
        MARK.as_ref().is_some_and(|mark| mark.is_match(&*c.encode_utf8(&mut text)))
    };
    c.escape_debug().count() == 1 || is_mark()
}
