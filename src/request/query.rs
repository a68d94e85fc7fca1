//! The query string: form-encoded pairs (WHATWG URL, section 5), of which none is read twice.

use std::borrow::Cow;

use super::{QueryError, caseless, percent};

/// Node, Express and PHP read so many parameters and leave out the rest.
const MOST: usize = 1000;

/// A well-formed query. Pairs are decoded when they are read, as most queries are not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query(Box<str>);

// === impl Query ===

impl Query {
    pub(super) fn parse(query: &str) -> Result<Self, QueryError> {
        for byte in query.bytes() {
            match byte {
                0..=0x1f | 0x7f => return Err(QueryError::ControlByte),
                0x80.. => return Err(QueryError::NotAscii),
                _ => {}
            }
        }
        if names_method(query) {
            return Err(QueryError::ChangesMeaning);
        }
        let query = Self(query.into());
        for pair in query.pairs() {
            let (name, value) = pair?;
            // Any other control character may be a part of a text, such as its line breaks.
            if name.contains('\0') || value.contains('\0') {
                return Err(QueryError::ControlByte);
            }
        }
        Ok(query)
    }

    /// Whether there is a parameter of this name.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.pairs().flatten().any(|(other, _)| other == name)
    }

    /// The value of a parameter.
    ///
    /// # Errors
    /// A second value, a second spelling of the name, or a query that some servers split elsewhere or
    /// do not read to its end.
    pub fn single(&self, name: &str) -> Result<Option<Cow<'_, str>>, QueryError> {
        if self.0.contains(';') {
            return Err(QueryError::Semicolon);
        }
        if self.0.split('&').count() > MOST {
            return Err(QueryError::TooMany);
        }
        let mut found = None;
        for pair in self.pairs() {
            let (other, value) = pair?;
            if other != name {
                if is_alike(&other, name) {
                    return Err(QueryError::OtherSpelling);
                }
            } else if found.replace(value).is_some() {
                return Err(QueryError::Repeated);
            }
        }
        Ok(found)
    }

    fn pairs(&self) -> impl Iterator<Item = Result<(Cow<'_, str>, Cow<'_, str>), QueryError>> {
        self.0.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((decode(name)?, decode(value)?))
        })
    }
}

/// Whether a query or a form has the field `_method`, also for servers that split at `;`. What in it does
/// not decode is no name that anybody obeys.
pub(super) fn names_method(form: &str) -> bool {
    form.split(['&', ';']).any(|pair| {
        let (name, _) = pair.split_once('=').unwrap_or((pair, ""));
        decode(name).is_ok_and(|name| is_method(&name))
    })
}

/// Whether some server obeys a field of this name.
pub(super) fn is_method(name: &str) -> bool {
    is_alike(name, "_method")
}

fn decode(text: &str) -> Result<Cow<'_, str>, QueryError> {
    let decoded = if text.contains('+') {
        percent::decode(&text.replace('+', " ")).map(|decoded| Cow::Owned(decoded.into_owned()))
    } else {
        percent::decode(text)
    };
    decoded.map_err(|error| match error {
        percent::DecodeError::BadEscape => QueryError::BadEscape,
        percent::DecodeError::NotUtf8 => QueryError::NotUtf8,
    })
}

/// Whether some server takes the two names for one: ASP.NET ignores case, many see `org[]` as a list
/// named `org`, and PHP drops blanks before a name and writes `_` for blanks, dots and `[` in it.
fn is_alike(left: &str, right: &str) -> bool {
    left == right || plain(&caseless(left)).eq(plain(&caseless(right)))
}

fn plain(name: &str) -> impl Iterator<Item = char> {
    let name = name.trim_start_matches(' ').char_indices();
    let name = name.take_while(|(index, c)| *index == 0 || *c != '[');
    name.map(|(_, c)| if matches!(c, '.' | ' ' | '[') { '_' } else { c })
}
