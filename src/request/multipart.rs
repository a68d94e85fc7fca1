//! The names of the parts of a form (RFC 7578), as the least strict of its readers read them.

use std::borrow::Cow;

use super::{percent, query::is_method};

/// A name is cut there: nobody's `_method` is longer, however it is written.
const LONGEST: usize = 128;

const BLANKS: [char; 4] = [' ', '\t', '\r', '\n'];
const QUOTES: [char; 2] = ['"', '\''];

/// Whether some part is named `_method`. A file of that name counts, too.
pub(super) fn names_method(body: &[u8]) -> bool {
    let body = String::from_utf8_lossy(body).to_ascii_lowercase();
    body.split("name").skip(1).filter_map(name).any(|name| is_method(&name))
}

/// The value of a parameter, from behind its `name` on.
fn name(rest: &str) -> Option<String> {
    // `name*=UTF-8''%5Fmethod` and `name*0=` (RFC 2231, 3 and 4).
    let rest = rest.trim_start_matches(|c: char| c == '*' || c.is_ascii_digit());
    let rest = rest.trim_start_matches(BLANKS).strip_prefix('=')?.trim_start_matches(BLANKS);
    let value = match rest.strip_prefix(QUOTES) {
        Some(quoted) => quoted.split(QUOTES).next(),
        None => rest.split([';', '\r', '\n']).next(),
    };
    let value: String = value?.chars().take(LONGEST).filter(|c| *c != '\\').collect();
    let value = value.rsplit('\'').next().unwrap_or_default().trim_matches(BLANKS);
    Some(percent::decode(value).map_or_else(|_no_escape| value.to_owned(), Cow::into_owned))
}
