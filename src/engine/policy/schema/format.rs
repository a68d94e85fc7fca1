//! `format` and the content keywords, as the Go library jsonschema checks them. A format that is not
//! here says nothing.

use std::net::Ipv6Addr;

use base64::Engine as _;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use jiff::civil::Date;

use super::email::is_email;
use super::url::{is_uri, is_uri_reference, is_uri_template};
use crate::engine::cel::Pattern;

/// Whether a text has the format.
pub(super) type Format = fn(&str) -> bool;

pub(super) fn find(name: &str) -> Option<Format> {
    Some(match name {
        "date-time" => is_date_time,
        "date" => is_date,
        "time" => is_time,
        "duration" => is_duration,
        "period" => is_period,
        "hostname" => is_hostname,
        "email" => is_email,
        "ip-address" | "ipv4" => is_ipv4,
        "ipv6" => is_ipv6,
        "uri" | "iri" => is_uri,
        "uri-reference" | "uriref" | "iri-reference" => is_uri_reference,
        "uri-template" => is_uri_template,
        "regex" => |text| Pattern::new(text).is_ok(),
        "json-pointer" => is_json_pointer,
        "relative-json-pointer" => is_relative_json_pointer,
        "uuid" => is_uuid,
        _ => return None,
    })
}

/// RFC 3339, 5.6, the letters in either case.
fn is_date_time(text: &str) -> bool {
    let parts = text
        .split_at_checked(10)
        .and_then(|(date, rest)| Some((date, rest.strip_prefix(['T', 't'])?)));
    parts.is_some_and(|(date, time)| is_date(date) && is_time(time))
}

fn is_date(text: &str) -> bool {
    let mut parts = text.splitn(3, '-').map(|part| (part.len(), digits(part)));
    let (Some((4, Some(year))), Some((2, Some(month))), Some((2, Some(day)))) =
        (parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    let (Ok(year), Ok(month), Ok(day)) =
        (i16::try_from(year), i8::try_from(month), i8::try_from(day))
    else {
        return false;
    };
    Date::new(year, month, day).is_ok()
}

/// A number without a sign.
fn digits(text: &str) -> Option<u32> {
    if text.bytes().all(|b| b.is_ascii_digit()) { text.parse().ok() } else { None }
}

/// A number as Go's `Atoi` reads it: with a sign, if there is one.
fn integer(text: &str) -> Option<i32> {
    text.parse().ok()
}

/// `hh:mm` and what follows, within a day.
fn clock(text: &str) -> Option<(i32, i32, &str)> {
    let (hour, rest) = text.split_at_checked(2)?;
    let (minute, rest) = rest.strip_prefix(':')?.split_at_checked(2)?;
    let (hour, minute) = (integer(hour)?, integer(minute)?);
    ((0..24).contains(&hour) && (0..60).contains(&minute)).then_some((hour, minute, rest))
}

fn is_time(text: &str) -> bool {
    time(text).is_some()
}

fn time(text: &str) -> Option<()> {
    let (hour, minute, rest) = clock(text)?;
    let (second, mut rest) = rest.strip_prefix(':')?.split_at_checked(2)?;
    let second = integer(second).filter(|second| (0..=60).contains(second))?;
    if let Some(fraction) = rest.strip_prefix('.') {
        let end = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
        if end.len() == fraction.len() {
            return None;
        }
        rest = end;
    }
    let mut minutes = hour * 60 + minute;
    if !matches!(rest, "z" | "Z") {
        let sign = if rest.starts_with('+') { -1 } else { 1 };
        let (hours, more, "") = clock(rest.strip_prefix(['+', '-'])?)? else { return None };
        minutes = (minutes + sign * (hours * 60 + more)).rem_euclid(24 * 60);
    }
    // A leap second is the last one of a day in UTC.
    (second < 60 || minutes == 24 * 60 - 1).then_some(())
}

fn is_duration(text: &str) -> bool {
    duration(text) == Some(true)
}

/// ISO 8601 as in RFC 3339, appendix A: units that follow each other.
fn duration(text: &str) -> Option<bool> {
    let (date, rest) = units(text.strip_prefix('P')?)?;
    if date == "W" {
        return Some(rest.is_empty());
    }
    if !"YMD".contains(&date) {
        return None;
    }
    if !date.is_empty() && rest.is_empty() {
        return Some(true);
    }
    let (time, rest) = units(rest.strip_prefix('T')?)?;
    Some(rest.is_empty() && !time.is_empty() && "HMS".contains(&time))
}

/// The units before the next `T`, and the rest.
fn units(mut text: &str) -> Option<(String, &str)> {
    let mut units = String::new();
    while !text.is_empty() && !text.starts_with('T') {
        let after = text.trim_start_matches(|c: char| c.is_ascii_digit());
        if after.len() == text.len() {
            return None;
        }
        let mut left = after.chars();
        units.push(left.next()?);
        text = left.as_str();
    }
    Some((units, text))
}

fn is_period(text: &str) -> bool {
    let Some((start, end)) = text.split_once('/') else { return false };
    if is_date_time(start) {
        is_date_time(end) || is_duration(end)
    } else {
        is_duration(start) && is_date_time(end)
    }
}

/// RFC 1034, 3.1 and RFC 1123, 2.1. That only the whole must not begin with a hyphen is Go's.
pub(super) fn is_hostname(text: &str) -> bool {
    let text = text.strip_suffix('.').unwrap_or(text);
    text.len() <= 253
        && !text.starts_with('-')
        && text.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && !label.ends_with('-')
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        })
}

pub(super) fn is_ipv4(text: &str) -> bool {
    let groups: Vec<&str> = text.split('.').collect();
    let fits = |group: &&str| {
        integer(group).is_some_and(|n| (0..256).contains(&n) && (n == 0 || !group.starts_with('0')))
    };
    groups.len() == 4 && groups.iter().all(fits)
}

pub(super) fn is_ipv6(text: &str) -> bool {
    text.parse::<Ipv6Addr>().is_ok()
}

/// RFC 6901.
fn is_json_pointer(text: &str) -> bool {
    let escapes = |text: &str| text.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
    (text.is_empty() || text.starts_with('/')) && escapes(text)
}

fn is_relative_json_pointer(text: &str) -> bool {
    let rest = match text.strip_prefix('0') {
        Some(rest) => rest,
        None => text.trim_start_matches(|c: char| c.is_ascii_digit()),
    };
    rest.len() < text.len() && (rest == "#" || is_json_pointer(rest))
}

fn is_uuid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    let hex = |group: &&str| group.bytes().all(|b| b.is_ascii_hexdigit());
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12]) && groups.iter().all(hex)
}

/// Padded; Go skips line ends, and does not look at the bits after the last byte.
pub(super) fn base64(text: &str) -> Option<Vec<u8>> {
    const ENGINE: GeneralPurpose = GeneralPurpose::new(
        &base64::alphabet::STANDARD,
        GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
    );
    let plain: String = text.chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
    ENGINE.decode(plain).ok()
}

/// Go takes bytes that are not UTF-8 for something else, and reads on.
pub(super) fn is_json(bytes: &[u8]) -> bool {
    serde_json::from_str::<serde_json::Value>(&String::from_utf8_lossy(bytes)).is_ok()
}
