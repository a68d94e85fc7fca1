use proptest::prelude::{Strategy, any, prop_assert, prop_assert_eq, proptest};

use super::{raw, read};
use crate::request::{CanonicalPath, Host, PathRules};

fn parse(path: &str) -> Option<CanonicalPath> {
    CanonicalPath::parse(path, &PathRules::default()).ok()
}

/// RFC 3986, sections 6.2.2 and 5.2.4, as somebody else would write it: decoding what is unreserved,
/// upper case in escapes, dot segments removed, slashes merged.
pub(super) fn normalized(path: &str) -> String {
    let mut parts = path.split('%');
    let mut escapes = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (digits, rest) = part.split_at_checked(2).unwrap_or(("", part));
        match u8::from_str_radix(digits, 16) {
            Ok(byte) if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => {
                escapes.push(byte.into());
                escapes.push_str(rest);
            }
            _ => escapes.extend(["%", &digits.to_ascii_uppercase(), rest]),
        }
    }
    let mut segments = Vec::new();
    let mut pieces = escapes.split('/').skip(1).peekable();
    while let Some(piece) = pieces.next() {
        let is_last = pieces.peek().is_none();
        match piece {
            "" if !is_last => {}
            "." | ".." => {
                if piece == ".." {
                    segments.pop();
                }
                if is_last {
                    segments.push("");
                }
            }
            _ => segments.push(piece),
        }
    }
    format!("/{}", segments.join("/"))
}

/// Paths of which many are canonical and most are nearly so.
pub(super) fn paths() -> impl Strategy<Value = String> {
    let pieces = [
        "a", "b", "Z", "0", "/", "/", ".", "..", "%", "%2", "%2F", "%2e", "%41", "%7C", "%7c",
        "%C3", "%A9", "%25", ";", "\\", ":", "@", "#", "?", " ", "%20", "%00", "é", "~", "{",
    ];
    let piece = proptest::sample::select(pieces.to_vec());
    proptest::collection::vec(piece, 0..8).prop_map(|pieces| format!("/{}", pieces.concat()))
}

proptest! {
    #[test]
    fn an_accepted_path_is_its_own_normal_form(path in paths()) {
        if let Some(canonical) = parse(&path) {
            prop_assert_eq!(canonical.as_str(), &path);
            prop_assert_eq!(normalized(&path), path);
        }
    }

    #[test]
    fn reading_a_canonical_path_again_changes_nothing(path in paths()) {
        if let Some(canonical) = parse(&path) {
            prop_assert_eq!(parse(canonical.as_str()), Some(canonical));
        }
    }

    #[test]
    fn the_segments_of_an_accepted_path_are_the_path(path in paths()) {
        if let Some(canonical) = parse(&path) {
            let encoded: String =
                canonical.segments().map(|segment| format!("/{}", segment.encoded)).collect();
            prop_assert_eq!(encoded, path);
            for segment in canonical.segments() {
                prop_assert!(!segment.decoded.contains(['/', '\\', ';', '%', '?', '#', '\0']));
            }
        }
    }

    /// Whatever a client means to send has one accepted spelling.
    #[test]
    fn values_survive_the_way_through_a_path(value in "[a-zA-Z0-9|é@ 漢_-]{0,6}[a-z]") {
        let encoded: String = value
            .bytes()
            .map(|byte| match byte {
                _ if byte.is_ascii_alphanumeric() || b"-_".contains(&byte) => char::from(byte).to_string(),
                _ => format!("%{byte:02X}"),
            })
            .collect();
        let path = parse(&format!("/a/{encoded}/b")).unwrap();
        prop_assert_eq!(path.segment(1), Some(value.as_str()));
    }

    #[test]
    fn hosts_are_read_once(host in "[a-zA-Z0-9.:_\\[\\]-]{0,12}") {
        if let Ok(read) = Host::parse(&host) {
            prop_assert_eq!(Host::parse(read.as_str()), Ok(read));
        }
    }

    #[test]
    fn nothing_that_is_sent_panics(target in any::<String>(), host in any::<String>()) {
        let mut raw = raw(&target);
        raw.host = host.into();
        let _either = read(raw);
    }
}
