//! IP addresses as text, and Go's reasons for texts that are none.

use std::net::IpAddr;

use super::quoted::Quoted;

/// What is wrong, and the rest of the text from there on.
type Reason<'t> = (&'static str, &'t str);

/// Reads an address.
///
/// # Errors
/// Go's text.
pub(super) fn parse(text: &str) -> Result<IpAddr, String> {
    text.parse().ok().ok_or_else(|| {
        let (why, at) = reason(text);
        let place = if at.is_empty() { String::new() } else { format!(" (at {})", Quoted(at)) };
        format!("ParseAddr({}): {why}{place}", Quoted(text))
    })
}

/// Whether it is an IPv6 address with a zone.
pub(super) fn is_zoned(text: &str) -> bool {
    text.split_once('%').is_some_and(|(address, zone)| {
        !zone.is_empty() && matches!(address.parse(), Ok(IpAddr::V6(_)))
    })
}

fn reason(text: &str) -> Reason<'_> {
    match text.bytes().find(|b| matches!(b, b'.' | b':' | b'%')) {
        Some(b'.') => v4(text).unwrap_or(("IPv4 address too short", "")),
        Some(b':') => v6(text),
        Some(_) => ("missing IPv6 address", ""),
        None => ("unable to parse IP", ""),
    }
}

/// Goes through the fields of an IPv4 address, up to the first that is wrong.
fn v4(text: &str) -> Option<Reason<'_>> {
    let (mut value, mut digits, mut dots) = (0, 0, 0);
    let mut before = b'.';
    for (at, c) in text.bytes().enumerate() {
        let rest = text.get(at..).unwrap_or_default();
        match c {
            b'0'..=b'9' if digits == 1 && value == 0 => {
                return Some(("IPv4 field has octet with leading zero", ""));
            }
            b'0'..=b'9' => {
                value = value * 10 + u32::from(c - b'0');
                digits += 1;
                if value > 255 {
                    return Some(("IPv4 field has value >255", ""));
                }
            }
            b'.' if before == b'.' || rest.len() == 1 => {
                return Some(("IPv4 field must have at least one digit", rest));
            }
            b'.' if dots == 3 => return Some(("IPv4 address too long", "")),
            b'.' => (value, digits, dots) = (0, 0, dots + 1),
            _ => return Some(("unexpected character", rest)),
        }
        before = c;
    }
    (dots < 3).then_some(("IPv4 address too short", ""))
}

/// Goes through the groups of an IPv6 address, up to the first that is wrong.
fn v6(text: &str) -> Reason<'_> {
    let mut rest = match text.split_once('%') {
        Some((_, "")) => return ("zone must be a non-empty string", ""),
        Some((address, _)) => address,
        None => text,
    };
    let mut has_ellipsis = false;
    if let Some(after) = rest.strip_prefix("::") {
        (rest, has_ellipsis) = (after, true);
    }
    let mut groups = 0;
    while groups < 8 && !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_hexdigit).count();
        if digits > 4 {
            return ("each group must have 4 or less digits", rest);
        }
        if digits == 0 {
            return ("each colon-separated field must have at least one digit", rest);
        }
        let after = rest.get(digits..).unwrap_or_default();
        if after.starts_with('.') {
            return match (has_ellipsis, groups) {
                (false, groups) if groups != 6 => {
                    ("embedded IPv4 address must replace the final 2 fields of the address", rest)
                }
                (_, 7..) => {
                    ("too many hex fields to fit an embedded IPv4 at the end of the address", rest)
                }
                _ => v4(rest).unwrap_or(("address string too short", "")),
            };
        }
        groups += 1;
        rest = after;
        if rest.is_empty() {
            break;
        }
        let Some(next) = rest.strip_prefix(':') else {
            return ("unexpected character, want colon", rest);
        };
        if next.is_empty() {
            return ("colon must be followed by more characters", rest);
        }
        rest = next;
        if let Some(after) = next.strip_prefix(':') {
            if has_ellipsis {
                return ("multiple :: in address", rest);
            }
            (rest, has_ellipsis) = (after, true);
        }
    }
    if !rest.is_empty() {
        ("trailing garbage after address", rest)
    } else if has_ellipsis {
        ("the :: must expand to at least one field of zeros", "")
    } else {
        ("address string too short", "")
    }
}
