use super::{FORMS, headers, raw};
use crate::request::{HeaderError, HttpRequest, Origin, RawRequest, RequestRules};

fn origin(text: &str) -> Origin {
    Origin::parse(text).unwrap()
}

#[test]
fn an_origin_is_a_scheme_a_host_and_a_port() {
    assert_eq!(origin("https://a.example"), origin("https://A.example:443"));
    assert_eq!(origin("http://a.example"), origin("http://a.example.:80"));
    assert_eq!(origin("https://[2001:DB8::1]:8443"), origin("https://[2001:db8:0::1]:8443"));
    for other in ["http://a.example:443", "https://a.example:444", "https://b.example"] {
        assert_ne!(origin("https://a.example"), origin(other), "{other}");
    }
    for text in
        ["null", "", "a.example", "ftp://a.example", "HTTPS://a.example", "https://", "https://a/"]
    {
        assert_eq!(Origin::parse(text), None, "{text}");
    }
}

fn request<'a>(
    scheme: &str,
    host: &str,
    method: &str,
    lines: &[(&'a str, &'a [u8])],
) -> HttpRequest<'a> {
    let raw = RawRequest {
        method: method.to_owned().into(),
        scheme: scheme.to_owned().into(),
        host: host.to_owned().into(),
        headers: headers(FORMS[1], lines),
        ..raw("/")
    };
    HttpRequest::read(raw, &RequestRules::default()).unwrap()
}

#[test]
fn a_request_changes_something_unless_it_only_reads() {
    for (method, lines, changes) in [
        ("GET", &[][..], false),
        ("HEAD", &[], false),
        ("OPTIONS", &[], false),
        ("POST", &[], true),
        ("DELETE", &[], true),
        ("TRACE", &[], true),
        ("GET", &[("upgrade", &b"websocket"[..])], true),
        ("POST", &[("upgrade", b"websocket")], true),
    ] {
        let request = request("https", "a.example", method, lines);
        assert_eq!(request.changes_state(), changes, "{method} {lines:?}");
    }
}

#[test]
fn a_page_of_the_host_itself_or_of_a_named_one_may_ask() {
    let others = [origin("https://app.example")];
    for (scheme, host, page, expected) in [
        ("https", "a.example", "https://a.example", Ok(true)),
        ("https", "a.example:8443", "https://a.example:8443", Ok(true)),
        ("https", "a.example:8443", "https://a.example", Ok(false)),
        ("https", "a.example", "https://a.example:8443", Ok(false)),
        ("https", "a.example", "https://b.example", Ok(false)),
        // What Envoy saw in clear was https before TLS ended, or it was http.
        ("http", "a.example", "https://a.example", Ok(true)),
        ("http", "a.example", "http://a.example", Ok(true)),
        ("http", "a.example:8080", "http://a.example:8080", Ok(true)),
        ("http", "a.example:8080", "http://a.example", Ok(false)),
        ("https", "a.example", "http://a.example", Ok(false)),
        ("https", "a.example:80", "http://a.example", Ok(false)),
        ("https", "a.example", "https://app.example", Ok(true)),
        ("https", "a.example", "http://app.example", Ok(false)),
        ("https", "a.example", "null", Ok(false)),
        ("https", "a.example", "https://a.example, https://a.example", Err(HeaderError::Repeated)),
    ] {
        let request = request(scheme, host, "POST", &[("origin", page.as_bytes())]);
        assert_eq!(request.is_from_page_of(&others), expected, "{scheme} {host} {page}");
    }
    let without = request("https", "a.example", "POST", &[]);
    assert_eq!(without.is_from_page_of(&others), Ok(false));
}
