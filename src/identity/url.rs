//! `htu` of a proof against the request: the same resource, after the normalisation of RFC 3986 (6.2.2
//! and 6.2.3), without query and fragment.

use crate::request::{Host, HttpRequest};

/// Whether `url` names what the request is for. Two spellings that a server may tell apart are two:
/// a slash at the end counts, and so does an encoded one.
pub(super) fn is_of(url: &str, request: &HttpRequest<'_>) -> bool {
    matches(url, request).unwrap_or(false)
}

fn matches(url: &str, request: &HttpRequest<'_>) -> Option<bool> {
    let end = url.find(['?', '#']).unwrap_or(url.len());
    let (scheme, rest) = url.get(..end)?.split_once("://")?;
    let is_https = match scheme.to_ascii_lowercase().as_str() {
        "https" => true,
        "http" => false,
        _ => return None,
    };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    // User information is no host, so it is refused here.
    let host = Host::parse(authority).ok()?;
    let port = authority.rsplit_once(':').and_then(|(_, port)| port.parse().ok());
    let default = if is_https { 443 } else { 80 };
    Some(
        is_https == request.is_https
            && host == request.host
            && port.unwrap_or(default) == request.port.unwrap_or(default)
            && normal(path)? == request.path.as_str(),
    )
}

/// The path with escapes in their only form, and without dot segments.
fn normal(path: &str) -> Option<String> {
    let path = escapes(path)?;
    let mut segments: Vec<&str> = Vec::new();
    let mut ends_in_directory = false;
    for segment in path.split('/').skip(1) {
        ends_in_directory = matches!(segment, "." | "..");
        match segment {
            "." => (),
            ".." => drop(segments.pop()),
            segment => segments.push(segment),
        }
    }
    if ends_in_directory {
        segments.push("");
    }
    Some(format!("/{}", segments.join("/")))
}

/// Escapes of characters that need none are taken away, and the digits of others are upper case.
fn escapes(path: &str) -> Option<String> {
    let mut parts = path.split('%');
    let mut normal = parts.next()?.to_owned();
    for part in parts {
        let (digits, rest) = part.split_at_checked(2)?;
        let is_hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        let byte = u8::from_str_radix(digits, 16).ok().filter(|_| is_hex)?;
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            normal.push(char::from(byte));
        } else {
            normal.push('%');
            normal.push_str(&digits.to_ascii_uppercase());
        }
        normal.push_str(rest);
    }
    Some(normal)
}
