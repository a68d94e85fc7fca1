//! A request target → the canonical request, or a refusal.

use std::collections::BTreeSet;

use portcullis::request::{Host, HttpRequest, PathForm, RawHeaders, RawRequest, RequestRules};

const FORMS: [PathForm; 8] = [
    PathForm::Backslash,
    PathForm::EncodedUnreserved,
    PathForm::LowerCaseEscape,
    PathForm::Parameters,
    PathForm::TrailingDotOrSpace,
    PathForm::DoubleSlash,
    PathForm::DotSegment,
    PathForm::ExclamationMark,
];

/// The bits of the first byte are the forms that are relaxed; the rest is the target.
pub(crate) fn run(data: &[u8]) {
    let Some((bits, target)) = data.split_first() else { return };
    let host = Host::parse("relaxed.example").unwrap();
    let forms: BTreeSet<PathForm> = FORMS
        .into_iter()
        .enumerate()
        .filter(|(bit, _)| bits >> bit & 1 == 1)
        .map(|(_, f)| f)
        .collect();
    let rules = RequestRules { relaxed: [(host, forms)].into(), ..RequestRules::default() };
    // Of both of Envoy's forms only the separate one shows which bytes were sent.
    let read = |host: &str, target: &[u8], is_separate: bool| {
        let (method, host) = ("GET".into(), host.to_owned().into());
        let headers = if is_separate {
            RawHeaders::Separate(vec![(":path".into(), target.to_owned().into())])
        } else {
            RawHeaders::Joined(vec![(":path".into(), told(target).into())])
        };
        let raw = RawRequest {
            method,
            host,
            target: told(target).into(),
            headers,
            ..RawRequest::default()
        };
        HttpRequest::read(raw, &rules)
    };
    for is_separate in [true, false] {
        if let Ok(strict) = read("strict.example", target, is_separate) {
            assert_eq!(strict.new_target, None);
            let path = target.split(|byte| *byte == b'?').next().unwrap();
            assert_eq!(strict.path.as_str().as_bytes(), path);
            assert!(target.is_ascii());
        }
        let Ok(relaxed) = read("relaxed.example", target, is_separate) else { continue };
        // What the upstream gets is canonical, the same to whoever reads it, and stays as it is.
        let canonical = relaxed.new_target.as_deref().map_or(target, str::as_bytes);
        for host in ["strict.example", "relaxed.example"] {
            let again = read(host, canonical, true).unwrap();
            assert_eq!((&again.path, &again.query), (&relaxed.path, &relaxed.query));
            assert_eq!(again.new_target, None);
        }
        for segment in relaxed.path.segments() {
            assert!(!segment.decoded.contains(['/', '\\', ';', '%', '?', '#', '\0']));
            assert!(![".", ".."].contains(&segment.decoded));
        }
    }
}

/// What Envoy tells of bytes: `!` for each that is not UTF-8.
fn told(bytes: &[u8]) -> String {
    let chunks = bytes.utf8_chunks();
    chunks.map(|chunk| format!("{}{}", chunk.valid(), "!".repeat(chunk.invalid().len()))).collect()
}
