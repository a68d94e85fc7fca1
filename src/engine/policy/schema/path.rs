//! Where in the attributes a value is.

use std::fmt::{self, Write};

#[derive(Clone, Copy)]
pub(super) enum Path<'p> {
    Root,
    Member(&'p Self, &'p str),
    Item(&'p Self, usize),
}

// === impl Path ===

impl Path<'_> {
    pub(super) fn member<'p>(&'p self, name: &'p str) -> Path<'p> {
        Path::Member(self, name)
    }

    pub(super) fn item(&self, at: usize) -> Path<'_> {
        Path::Item(self, at)
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut steps = Vec::new();
        let mut path = *self;
        loop {
            path = match path {
                Path::Root => break,
                Path::Member(above, _) | Path::Item(above, _) => {
                    steps.push(path);
                    *above
                }
            };
        }
        if steps.is_empty() {
            return f.write_char('/');
        }
        for step in steps.iter().rev() {
            match step {
                Path::Root => {}
                Path::Item(_, at) => write!(f, "/{at}")?,
                Path::Member(_, name) => {
                    f.write_char('/')?;
                    escape(name, f)?;
                }
            }
        }
        Ok(())
    }
}

/// As a step of a JSON pointer (RFC 6901), and then as Go escapes a segment of a path.
fn escape(name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for byte in name.bytes() {
        match byte {
            b'~' => f.write_str("~0")?,
            b'/' => f.write_str("~1")?,
            b'-' | b'_' | b'.' | b'$' | b'&' | b'+' | b'=' | b':' | b'@' => {
                f.write_char(char::from(byte))?;
            }
            byte if byte.is_ascii_alphanumeric() => f.write_char(char::from(byte))?,
            byte => write!(f, "%{byte:02X}")?,
        }
    }
    Ok(())
}
