//! URLs as Go's `net/url` reads them, which is less strict than RFC 3986.

use super::format::is_ipv6;

/// What the formats of URLs ask for.
struct Url<'t> {
    is_absolute: bool,
    /// Of a URL such as `mailto:a@b`, which is opaque, there is none.
    path: &'t str,
}

pub(super) fn is_uri(text: &str) -> bool {
    parse(text).is_some_and(|url| url.is_absolute)
}

pub(super) fn is_uri_reference(text: &str) -> bool {
    !text.contains('\\') && parse(text).is_some()
}

/// Braces are looked at in the path only, and not within each other.
pub(super) fn is_uri_template(text: &str) -> bool {
    let is_closed = |segment: &str| {
        let mut is_open = false;
        for c in segment.chars().filter(|c| matches!(c, '{' | '}')) {
            if (c == '{') == is_open {
                return false;
            }
            is_open = !is_open;
        }
        !is_open
    };
    parse(text).is_some_and(|url| url.path.split('/').all(is_closed))
}

fn parse(text: &str) -> Option<Url<'_>> {
    let (text, fragment) = text.split_once('#').unwrap_or((text, ""));
    if !is_escaped(fragment) || text.bytes().any(|b| b.is_ascii_control()) {
        return None;
    }
    let (scheme, rest) = scheme(text)?;
    let is_absolute = !scheme.is_empty();
    let rest = rest.split('?').next().unwrap_or_default();
    if !rest.starts_with('/') {
        if is_absolute {
            return Some(Url { is_absolute, path: "" });
        }
        if rest.split('/').next().is_some_and(|segment| segment.contains(':')) {
            return None;
        }
    }
    let authority = rest.strip_prefix("//").filter(|_| is_absolute || !rest.starts_with("///"));
    let path = match authority {
        Some(rest) => {
            let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            is_authority(authority).then_some(path)?
        }
        None => rest,
    };
    is_escaped(path).then_some(Url { is_absolute, path })
}

/// The scheme, which may be empty, and what follows.
fn scheme(text: &str) -> Option<(&str, &str)> {
    let is_in_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    let rest = text.trim_start_matches(is_in_name);
    let name = text.get(..text.len() - rest.len())?;
    match rest.strip_prefix(':') {
        Some(_) if name.is_empty() => None,
        Some(rest) if name.starts_with(|c: char| c.is_ascii_alphabetic()) => Some((name, rest)),
        _ => Some(("", text)),
    }
}

/// Whether each `%` has two hexadecimal digits behind it.
fn is_escaped(text: &str) -> bool {
    escapes(text).all(|digits| digits.is_some())
}

fn escapes(text: &str) -> impl Iterator<Item = Option<u8>> {
    text.split('%').skip(1).map(|rest| {
        let digits = rest.get(..2).filter(|two| two.bytes().all(|b| b.is_ascii_hexdigit()))?;
        u8::from_str_radix(digits, 16).ok()
    })
}

fn is_authority(text: &str) -> bool {
    let (user, host) = match text.rsplit_once('@') {
        Some((user, host)) => (user, host),
        None => ("", text),
    };
    let is_in_user = |b: u8| b.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(&b);
    user.bytes().all(is_in_user) && is_escaped(user) && is_host(host)
}

fn is_host(text: &str) -> bool {
    if let Some(rest) = text.strip_prefix('[') {
        let Some((address, port)) = rest.rsplit_once(']') else { return false };
        return is_port(port) && is_ipv6(address);
    }
    let port = text.rfind(':').and_then(|at| text.get(at..)).unwrap_or_default();
    // Only what is not ASCII may be escaped in a host.
    let are_escaped = escapes(text).all(|b| b.is_some_and(|b| !b.is_ascii() || b == b'%'));
    let is_in_host = |b: u8| {
        !b.is_ascii() || b.is_ascii_alphanumeric() || b"!$&'()*+,;=:<>]\"-_.~%".contains(&b)
    };
    // A colon before that of the port would make it an address without brackets.
    let name = text.strip_suffix(port).unwrap_or(text);
    is_port(port) && are_escaped && text.bytes().all(is_in_host) && !name.contains(':')
}

fn is_port(text: &str) -> bool {
    text.is_empty()
        || text.strip_prefix(':').is_some_and(|port| port.bytes().all(|b| b.is_ascii_digit()))
}
