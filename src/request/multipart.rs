//! The names of the parts of a form (RFC 7578), as the least strict of its readers read them: Rack takes
//! `multipart/related` and `multipart/mixed` for forms, too, and a `Content-ID` for a name.

use std::borrow::Cow;

use super::{percent, query::is_method};

/// A name is cut there: nobody's `_method` is longer, however it is written.
const LONGEST: usize = 128;

const BLANKS: [char; 4] = [' ', '\t', '\r', '\n'];
const QUOTES: [char; 2] = ['"', '\''];

/// Whether some part is named `_method`. A file of that name counts, too.
pub(super) fn names_method(body: &[u8]) -> bool {
    let body = String::from_utf8_lossy(body).to_ascii_lowercase();
    let mut names = body.split("name").skip(1);
    let mut ids =
        body.split("content-id").skip(1).filter_map(|rest| rest.split(['\r', '\n']).next());
    names.any(|rest| is_piece(rest) || name(rest).is_some_and(|name| is_method(&name)))
        || ids.any(|id| is_method(id.trim_start_matches(BLANKS).trim_start_matches(':').trim()))
}

/// A name in pieces (`name*0="_met"; name*1="hod"`, RFC 2231, 3) may be any when it is put together. No
/// client writes one: RFC 7578 has none.
fn is_piece(rest: &str) -> bool {
    let Some(rest) = rest.strip_prefix('*') else { return false };
    let behind = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    behind.len() < rest.len()
        && behind.trim_start_matches('*').trim_start_matches(BLANKS).starts_with('=')
}

/// The value of a parameter, from behind its `name` on.
fn name(rest: &str) -> Option<String> {
    // `name*=UTF-8''%5Fmethod` (RFC 2231, 4).
    let rest = rest.trim_start_matches('*');
    let rest = rest.trim_start_matches(BLANKS).strip_prefix('=')?.trim_start_matches(BLANKS);
    let value = match rest.strip_prefix(QUOTES) {
        Some(quoted) => quoted.split(QUOTES).next(),
        None => rest.split([';', '\r', '\n']).next(),
    };
    let value: String = value?.chars().take(LONGEST).filter(|c| *c != '\\').collect();
    let value = value.rsplit('\'').next().unwrap_or_default().trim_matches(BLANKS);
    Some(percent::decode(value).map_or_else(|_no_escape| value.to_owned(), Cow::into_owned))
}
