//! `email`: RFC 5322 as Go's `net/mail` reads an address, with a host behind the `@`.

use super::format::{is_hostname, is_ipv4, is_ipv6};

pub(super) fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    if text.len() > 254 || local.len() > 64 {
        return false;
    }
    if let Some(address) = domain.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return match address.strip_prefix("IPv6:") {
            Some(address) => is_ipv6(address),
            None => is_ipv4(address),
        };
    }
    let local = local.trim_start_matches([' ', '\t']);
    let is_local = match local.strip_prefix('"') {
        Some(rest) => rest.strip_suffix('"').is_some_and(is_quoted),
        None => is_atom(local),
    };
    is_local && is_hostname(domain) && !domain.ends_with('.')
}

/// `dot-atom`, of which there may be characters beyond ASCII (RFC 6532).
fn is_atom(text: &str) -> bool {
    let is_atext = |c: char| !c.is_ascii() || c.is_ascii_graphic() && !"()[];@\\,<>\":".contains(c);
    !text.is_empty() && text.chars().all(is_atext) && text.split('.').all(|part| !part.is_empty())
}

/// What is between the quotes of a `quoted-string`, which is something.
fn is_quoted(text: &str) -> bool {
    let is_visible = |c: char| !c.is_ascii() || c.is_ascii_graphic() || matches!(c, ' ' | '\t');
    let mut left = text.chars();
    while let Some(c) = left.next() {
        let c = match c {
            '"' => return false,
            '\\' => left.next(),
            other => Some(other),
        };
        if !c.is_some_and(is_visible) {
            return false;
        }
    }
    !text.is_empty()
}
