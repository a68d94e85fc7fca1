//! A request target → the canonical request, or a refusal.

use std::collections::BTreeSet;

use portcullis::request::{Host, HttpRequest, PathForm, RawRequest, RequestRules};

const FORMS: [PathForm; 7] = [
    PathForm::Backslash,
    PathForm::EncodedUnreserved,
    PathForm::LowerCaseEscape,
    PathForm::Parameters,
    PathForm::TrailingDotOrSpace,
    PathForm::DoubleSlash,
    PathForm::DotSegment,
];

/// The bits of the first byte are the forms that are relaxed; the rest is the target.
pub(crate) fn run(data: &[u8]) {
    let Some((bits, target)) = data.split_first() else { return };
    let Ok(target) = str::from_utf8(target) else { return };
    let host = Host::parse("relaxed.example").unwrap();
    let forms: BTreeSet<PathForm> = FORMS
        .into_iter()
        .enumerate()
        .filter(|(bit, _)| bits >> bit & 1 == 1)
        .map(|(_, f)| f)
        .collect();
    let rules = RequestRules { relaxed: [(host, forms)].into(), ..RequestRules::default() };
    let read = |host: &str, target: &str| {
        let (method, host) = ("GET".into(), host.to_owned().into());
        let raw =
            RawRequest { method, host, target: target.to_owned().into(), ..RawRequest::default() };
        HttpRequest::read(raw, &rules)
    };
    if let Ok(strict) = read("strict.example", target) {
        assert_eq!(strict.new_target, None);
        assert_eq!(strict.path.as_str(), target.split('?').next().unwrap());
    }
    let Ok(relaxed) = read("relaxed.example", target) else { return };
    // What the upstream gets is canonical, the same to whoever reads it, and stays as it is.
    let canonical = relaxed.new_target.as_deref().unwrap_or(target);
    for host in ["strict.example", "relaxed.example"] {
        let again = read(host, canonical).unwrap();
        assert_eq!(again.path, relaxed.path);
        assert_eq!(again.new_target, None);
    }
    for segment in relaxed.path.segments() {
        assert!(!segment.decoded.contains(['/', '\\', ';', '%', '?', '#', '\0']));
        assert!(![".", ".."].contains(&segment.decoded));
    }
}
