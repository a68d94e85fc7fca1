use super::{Form, read, sent};
use crate::request::{CanonicalPath, HttpRequest, PathError, PathRules, RequestError};

fn request(target: &str) -> Result<HttpRequest<'_>, RequestError> {
    read(sent(Form::Separate, target.as_bytes()))
}

#[track_caller]
fn refused(reason: &str, targets: &[&str]) {
    for target in targets {
        match request(target) {
            Ok(request) => panic!("{target} was read as {:?}", request.path),
            Err(error) => assert_eq!(error.reason(), reason, "{target}"),
        }
    }
}

#[test]
fn canonical_paths_are_split_then_decoded_once() {
    for (path, segments) in [
        ("/", &[""][..]),
        ("/a/b", &["a", "b"]),
        ("/a/b/", &["a", "b", ""]),
        ("/v1/users/auth0%7C123", &["v1", "users", "auth0|123"]),
        ("/caf%C3%A9/%F0%9F%98%80", &["café", "😀"]),
        ("/a%20b/%5B1%5D", &["a b", "[1]"]),
        ("/.well-known/a.b..c/...d", &[".well-known", "a.b..c", "...d"]),
        ("/x:cancel/a@b/1,2/a=b&c/$~_-!'()*+", &["x:cancel", "a@b", "1,2", "a=b&c", "$~_-!'()*+"]),
        // Reserved characters may be sent in both ways, and are the same value.
        ("/a%40b/%3A%2C", &["a@b", ":,"]),
        ("/pkg.v1.Service/Method", &["pkg.v1.Service", "Method"]),
    ] {
        let request = request(path).unwrap();
        assert_eq!(request.path.as_str(), path);
        let decoded: Vec<&str> = request.path.segments().map(|segment| segment.decoded).collect();
        assert_eq!(decoded, segments, "{path}");
        for index in 0..segments.len() {
            assert_eq!(request.path.segment(index), Some(segments[index]));
            assert_eq!(request.path.rest(index), Some(&*segments[index..].join("/")));
        }
        assert_eq!(request.path.segment(segments.len()), None);
        assert_eq!(request.path.rest(segments.len()), None);
    }
}

#[test]
fn threat_1_a_path_of_two_slashes_is_no_authority() {
    refused(
        "path.double_slash",
        &["//", "//a", "///a", "//host/a", "//admin/x", "/a//b", "/a//", "/a//../b"],
    );
}

#[test]
fn threat_2_targets_in_another_form_than_a_path_are_refused() {
    refused("path.no_leading_slash", &["pkg.Service/Method", "a", "\\a", "%2Fa", " /a"]);
    refused("path.asterisk_form", &["*"]);
    refused("path.absolute_form", &["http://other.example/a", "https://h/", "x://"]);
    refused("path.authority_form", &["h.example:443", "h:80/a"]);
    refused("path.empty", &["", "?a=b"]);
}

#[test]
fn threat_3_path_parameters_are_refused() {
    refused("path.parameters", &["/admin;x=y/action;z", "/a;", "/;a/b", "/a/..;/b", "/a%3Bx/b"]);
    refused("path.parameters", &["/a%3b"]);
}

#[test]
fn threat_15_fragments_are_refused() {
    refused("path.fragment", &["/admin#x", "/#", "/a?b#c", "#"]);
    refused("path.encoded_delimiter", &["/admin%23x", "/a/b%3Fq=1", "/a%3f"]);
    // A path that no request brought, such as that of a route.
    let path = CanonicalPath::parse("/admin#x", &PathRules::default());
    assert_eq!(path, Err(PathError::Fragment));
}

#[test]
fn threat_16_encoded_slashes_and_backslashes_are_refused() {
    refused("path.encoded_slash", &["/a%2Fb", "/a%2fb", "/%2F", "/a/..%2Fb"]);
    refused("path.backslash", &["/a\\b", "/a%5Cb", "/a%5cb", "/..\\admin", "/%5C"]);
}

#[test]
fn threat_17_dot_segments_and_control_bytes_are_refused() {
    refused("path.dot_segment", &["/.", "/..", "/a/./b", "/a/../b", "/../a", "/a/.."]);
    refused("path.encoded_dot", &["/a/%2e%2e/b", "/%2E", "/a/.%2E/b", "/a%2Eb"]);
    refused("path.control_byte", &["/a%00b", "/a%0ab", "/a%0D", "/a%7F", "/a\u{0}b", "/a\nb"]);
    refused("path.control_byte", &["/a\tb", "/a%C2%85b", "/\u{7f}"]);
}

#[test]
fn threat_22_what_has_a_second_spelling_is_refused() {
    refused("path.encoded_unreserved", &["/%61/b", "/%41", "/a%2Db", "/a%5fb", "/%7Ea", "/%30"]);
    refused("path.double_encoding", &["/a/%252e%252e/b", "/a%252Fb", "/100%25", "/%25"]);
    refused("path.lower_case_escape", &["/caf%c3%a9", "/a%7cb", "/%C3%a9"]);
    refused("path.bad_escape", &["/a%zzb", "/a%", "/a%4", "/a%4g", "/%%41", "/a%u0041", "/%+1"]);
    refused("path.not_utf8", &["/a%FF", "/%C0%AF", "/%C0%AE", "/%ED%A0%80", "/%C3/%A9", "/%E2%82"]);
    refused("path.not_ascii", &["/é", "/a\u{ff0f}b", "/\u{202e}"]);
    refused("path.trailing_dot_or_space", &["/a.", "/a./b", "/a/...", "/a%20", "/a%20/b", "/%20"]);
    refused("path.illegal_character", &["/a b", "/{a}", "/a|b", "/\"", "/<", "/[1]", "/a^", "/`"]);
}

#[test]
fn long_targets_are_refused() {
    let longest = format!("/{}", "a".repeat(8 * 1024 - 1));
    assert!(request(&longest).is_ok());
    let longer = format!("{longest}a");
    let long_query = format!("/?{longest}");
    refused("path.too_long", &[&longer, &long_query]);
}
