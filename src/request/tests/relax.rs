//! Hosts that are less strict about paths, and what comes of it.

use std::collections::BTreeSet;

use proptest::prelude::{Strategy, any, prop_assert, prop_assert_eq, proptest};

use super::{
    laws::{normalized, paths},
    raw,
};
use crate::request::{Host, HttpRequest, PathForm, RequestError, RequestRules};

const ALL: [PathForm; 7] = [
    PathForm::Backslash,
    PathForm::EncodedUnreserved,
    PathForm::LowerCaseEscape,
    PathForm::Parameters,
    PathForm::TrailingDotOrSpace,
    PathForm::DoubleSlash,
    PathForm::DotSegment,
];

/// The forms of RFC 3986.
const STANDARD: [PathForm; 4] = [
    PathForm::EncodedUnreserved,
    PathForm::LowerCaseEscape,
    PathForm::DoubleSlash,
    PathForm::DotSegment,
];

fn read<'t>(target: &'t str, forms: &[PathForm]) -> Result<HttpRequest<'t>, RequestError> {
    let forms: BTreeSet<PathForm> = forms.iter().copied().collect();
    let relaxed = [(Host::parse("api.example").unwrap(), forms)].into();
    HttpRequest::read(raw(target), &RequestRules { relaxed, ..RequestRules::default() })
}

/// The canonical path, and the target that the upstream gets in place of what was sent; or why not.
fn answer(target: &str, forms: &[PathForm]) -> String {
    match read(target, forms) {
        Ok(request) => request.new_target.unwrap_or_else(|| "as sent".to_owned()),
        Err(error) => error.reason().to_owned(),
    }
}

#[test]
fn each_form_has_its_normal_form() {
    for (form, target, expected) in [
        (PathForm::DoubleSlash, "//a///b//", "/a/b/"),
        (PathForm::DoubleSlash, "/a//b?x=//", "/a/b?x=//"),
        (PathForm::DoubleSlash, "//", "/"),
        (PathForm::DoubleSlash, "/a/../b", "path.dot_segment"),
        (PathForm::DotSegment, "/a/./b/../c?", "/a/c?"),
        (PathForm::DotSegment, "/a/..", "/"),
        (PathForm::DotSegment, "/a/b/.", "/a/b/"),
        (PathForm::DotSegment, "/..", "path.dot_segment"),
        (PathForm::DotSegment, "/a/../../b", "path.dot_segment"),
        (PathForm::DotSegment, "/a/%2e%2e/b", "path.encoded_dot"),
        (PathForm::DotSegment, "/a//../b", "path.double_slash"),
        (PathForm::DotSegment, "/a;x/../b", "path.parameters"),
        (PathForm::DotSegment, "/a%2Fx/../b", "path.encoded_slash"),
        (PathForm::EncodedUnreserved, "/%61%2Db/%7Ex", "/a-b/~x"),
        (PathForm::EncodedUnreserved, "/a/%2e%2e/b", "path.dot_segment"),
        (PathForm::EncodedUnreserved, "/%2561", "path.double_encoding"),
        (PathForm::EncodedUnreserved, "/%%36%31", "path.bad_escape"),
        (PathForm::EncodedUnreserved, "/%%37%43", "path.bad_escape"),
        (PathForm::LowerCaseEscape, "/caf%c3%a9", "/caf%C3%A9"),
        (PathForm::LowerCaseEscape, "/a%2fb", "path.encoded_slash"),
        (PathForm::LowerCaseEscape, "/a%7cb?x=%7c", "/a%7Cb?x=%7c"),
        (PathForm::Parameters, "/a;x=y/b;z", "/a/b"),
        (PathForm::Parameters, "/a/..;/b", "path.dot_segment"),
        (PathForm::Parameters, "/;x/b", "path.double_slash"),
        (PathForm::Parameters, "/a%3Bx", "path.parameters"),
        (PathForm::TrailingDotOrSpace, "/a./b%20/c.%20.", "/a/b/c"),
        (PathForm::TrailingDotOrSpace, "/.../a", "path.trailing_dot_or_space"),
        (PathForm::TrailingDotOrSpace, "/..", "path.dot_segment"),
        (PathForm::Backslash, "/a\\b", "/a/b"),
        (PathForm::Backslash, "/a\\..\\b", "path.dot_segment"),
        (PathForm::Backslash, "/a%5Cb", "path.backslash"),
        (PathForm::Backslash, "\\a", "path.no_leading_slash"),
    ] {
        assert_eq!(answer(target, &[form]), expected, "{form:?} {target}");
        assert!(answer(target, &[]).starts_with("path."), "{target} is refused by default");
    }
}

#[test]
fn what_cannot_be_relaxed_is_refused_whatever_is() {
    for target in [
        "/a%2Fb",
        "/a%5Cb",
        "/a%00",
        "/a%0a",
        "/a%252e",
        "/a%zz",
        "/a%FF",
        "/é",
        "/a b",
        "/a%3Fb",
        "*",
        "",
        "a",
        "http://h/",
        "/..",
        "/a#b",
        "/...",
    ] {
        assert!(answer(target, &ALL).starts_with("path."), "{target}");
    }
    assert_eq!(answer("/a//b/../%63;x/d.", &ALL), "/a/c/d");
    assert_eq!(answer("/a/..;x/b", &ALL), "/b");
    assert_eq!(answer("/a/b?c=//", &ALL), "as sent");
    let elsewhere = raw("/a//b");
    let elsewhere = crate::request::RawRequest { host: "other.example".into(), ..elsewhere };
    let forms = ALL.into_iter().collect();
    let relaxed = [(Host::parse("api.example").unwrap(), forms)].into();
    let rules = RequestRules { relaxed, ..RequestRules::default() };
    assert_eq!(HttpRequest::read(elsewhere, &rules).unwrap_err().reason(), "path.double_slash");
}

fn forms() -> impl Strategy<Value = Vec<PathForm>> {
    proptest::sample::subsequence(ALL.to_vec(), 0..=ALL.len())
}

proptest! {
    /// What is decided about is a canonical path, and it is what the upstream gets.
    #[test]
    fn a_relaxed_path_is_decided_as_its_canonical_form(path in paths(), forms in forms()) {
        if let Ok(relaxed) = read(&path, &forms) {
            let canonical = relaxed.new_target.clone().unwrap_or_else(|| path.clone());
            let strict = read(&canonical, &[]).unwrap();
            prop_assert_eq!(&strict.path, &relaxed.path);
            prop_assert_eq!(&strict.query, &relaxed.query);
            prop_assert_eq!(relaxed.new_target.is_none(), path == canonical);
            // To bring it to its form again changes nothing.
            prop_assert_eq!(read(&canonical, &forms).unwrap().new_target, None);
        }
    }

    #[test]
    fn a_canonical_path_is_the_same_everywhere(path in paths(), forms in forms()) {
        if let Ok(strict) = read(&path, &[]) {
            let relaxed = read(&path, &forms).unwrap();
            prop_assert_eq!(relaxed.new_target, None);
            prop_assert_eq!(relaxed.path, strict.path);
        }
    }

    #[test]
    fn the_canonical_form_is_that_of_rfc_3986(path in paths()) {
        let path = path.split('?').next().unwrap_or_default();
        if let Ok(relaxed) = read(path, &STANDARD) {
            let canonical = relaxed.new_target.as_deref().unwrap_or(path);
            prop_assert_eq!(canonical, normalized(path));
        }
    }

    #[test]
    fn no_bytes_are_too_strange(target in any::<String>(), forms in forms()) {
        if let Ok(request) = read(&target, &forms) {
            prop_assert!(request.path.as_str().starts_with('/'));
        }
    }
}
