//! H: the places that a token can be in, of which a request is looked at in one.

use crate::{
    identity::{Carrier, Credentials, TokenPlace, TokenSource},
    request::{HttpRequest, Origin, RawHeaders, RawRequest, RequestRules},
};

fn request<'a>(method: &'a str, lines: &[(&'a str, &'a str)]) -> HttpRequest<'a> {
    request_for("/", method, lines)
}

fn request_for<'a>(
    target: &'a str,
    method: &'a str,
    lines: &[(&'a str, &'a str)],
) -> HttpRequest<'a> {
    let line = |(name, value): &(&'a str, &'a str)| ((*name).into(), value.as_bytes().into());
    let raw = RawRequest {
        method: method.into(),
        scheme: "https".into(),
        host: "api.example:8443".into(),
        target: target.into(),
        headers: RawHeaders::Separate(lines.iter().map(line).collect()),
        ..RawRequest::default()
    };
    HttpRequest::read(raw, &RequestRules::default()).unwrap()
}

fn cookie() -> TokenSource {
    let origins = vec![Origin::parse("https://app.example").unwrap()];
    TokenSource { place: TokenPlace::Cookie { name: "session".into(), origins }, forward: false }
}

fn header() -> TokenSource {
    TokenSource { place: TokenPlace::Header("x-token".into()), forward: false }
}

/// What is found: the token, `-` for nothing, or why the request is refused.
fn found(source: &TokenSource, request: &HttpRequest<'_>) -> String {
    match source.find(request) {
        Ok(Some(Credentials::Token(token))) => {
            String::from_utf8(token.as_bytes().to_vec()).unwrap()
        }
        Ok(Some(Credentials::Attested(_))) => "attested".to_owned(),
        Ok(None) => "-".to_owned(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn h12_a_cookie_of_the_name_is_there_once() {
    for (lines, expected) in [
        (&["session=t"][..], "t"),
        (&["a=1; session=t; b=2"], "t"),
        (&["a=1;session=t"], "t"),
        (&["session = t"], "t"),
        (&[], "-"),
        (&["a=session=t"], "-"),
        (&["Session=t"], "-"),
        (&["xsession=t"], "-"),
        (&["session"], "-"),
        (&["session="], "empty token"),
        (&["session=a b"], "malformed credentials"),
        (&["session=t; session=u"], "multiple credentials"),
        (&["session=t; session=t"], "multiple credentials"),
        (&["session=t", "session=u"], "multiple credentials"),
        (&["session=t", "a=1"], "multiple credentials"),
        (&["session=t,session=u"], "multiple credentials"),
        (&["a=1,session=u"], "multiple credentials"),
    ] {
        let lines: Vec<_> = lines.iter().map(|line| ("cookie", *line)).collect();
        assert_eq!(found(&cookie(), &request("GET", &lines)), expected, "{lines:?}");
    }
}

#[test]
fn h10_a_token_in_the_query_as_well_is_one_too_many() {
    let lines = [("authorization", "Bearer a"), ("x-token", "h"), ("cookie", "session=c")];
    for (target, expected) in [
        ("/?access_token=a", "multiple credentials"),
        ("/?x=1&access_token=", "multiple credentials"),
        ("/?acce%73s_token=b", "multiple credentials"),
        ("/?access=b", ""),
    ] {
        for (source, token) in [(TokenSource::default(), "a"), (header(), "h"), (cookie(), "c")] {
            let expected = if expected.is_empty() { token } else { expected };
            let request = request_for(target, "GET", &lines);
            assert_eq!(found(&source, &request), expected, "{target}");
        }
    }
    let nothing_else = request_for("/?access_token=a", "GET", &[]);
    assert_eq!(found(&TokenSource::default(), &nothing_else), "-", "H9");
}

#[test]
fn threat_48_h13_one_place_is_looked_at_and_no_other() {
    let everywhere =
        request("GET", &[("authorization", "Bearer a"), ("x-token", "h"), ("cookie", "session=c")]);
    assert_eq!(found(&TokenSource::default(), &everywhere), "a");
    assert_eq!(found(&header(), &everywhere), "h");
    assert_eq!(found(&cookie(), &everywhere), "c");
    for (name, value) in [
        ("x-authorization", "Bearer a"),
        ("x-forwarded-authorization", "Bearer a"),
        ("proxy-authorization", "Bearer a"),
        ("sec-websocket-protocol", "bearer, a"),
    ] {
        let shadow = request("GET", &[(name, value)]);
        for source in [TokenSource::default(), header(), cookie()] {
            assert_eq!(found(&source, &shadow), "-", "{name}");
        }
    }
    for (lines, expected) in [
        (&[("x-token", "t")][..], "t"),
        (&[("x-token", "t"), ("x-token", "t")], "multiple credentials"),
        (&[("x-token", "t,u")], "multiple credentials"),
        (&[("x-token", "t"), ("x_token", "u")], "multiple credentials"),
        (&[("x-token", "")], "empty token"),
        (&[("x-token", "Bearer t")], "malformed credentials"),
    ] {
        assert_eq!(found(&header(), &request("GET", lines)), expected, "{lines:?}");
    }
}

#[test]
fn a_request_that_changes_something_comes_from_a_page_of_ours() {
    const OTHER: &str = "the request is from another origin";
    for (method, origin, expected) in [
        ("GET", None, "t"),
        ("HEAD", Some("https://evil.example"), "t"),
        ("POST", Some("https://api.example:8443"), "t"),
        ("POST", Some("https://API.example:8443"), "t"),
        ("POST", Some("https://app.example"), "t"),
        ("POST", Some("https://app.example:443"), "t"),
        ("POST", None, OTHER),
        ("POST", Some("null"), OTHER),
        ("POST", Some(""), OTHER),
        ("POST", Some("http://api.example:8443"), OTHER),
        ("POST", Some("https://api.example"), OTHER),
        ("POST", Some("https://api.example:8444"), OTHER),
        ("POST", Some("https://api.example:8443.evil.example"), OTHER),
        ("POST", Some("https://evil.example"), OTHER),
        ("POST", Some("https://api.example:8443/"), OTHER),
        ("POST", Some("https://api.example:8443, https://evil.example"), OTHER),
        ("POST", Some("https://x@api.example:8443"), OTHER),
        ("DELETE", None, OTHER),
        ("PROPFIND", None, OTHER),
        ("CONNECT", None, OTHER),
    ] {
        let mut lines = vec![("cookie", "session=t")];
        lines.extend(origin.map(|origin| ("origin", origin)));
        assert_eq!(found(&cookie(), &request(method, &lines)), expected, "{method} {origin:?}");
    }
    let socket = [("cookie", "session=t"), ("upgrade", "websocket")];
    assert_eq!(found(&cookie(), &request("GET", &socket)), OTHER, "any page can open a WebSocket");
    let none = request("POST", &[("origin", "https://evil.example")]);
    assert_eq!(found(&cookie(), &none), "-", "nothing is lent to whoever sends no cookie");
    let bearer = request("POST", &[("authorization", "Bearer a")]);
    assert_eq!(found(&TokenSource::default(), &bearer), "a", "no browser sends it by itself");
}

#[test]
fn what_carries_the_token_is_taken_out_where_the_route_says_so() {
    for (lines, expected) in [
        ("session=t", None),
        ("a=1; session=t;b=2", Some("a=1; b=2")),
        ("a=1,2; session=t", Some("a=1,2")),
    ] {
        let request = request("GET", &[("cookie", lines)]);
        let expected = Carrier::Cookie(expected.map(str::to_owned));
        assert_eq!(cookie().carrier(&request), Ok(Some(expected)), "{lines}");
    }
    let request = request("GET", &[("x-token", "t")]);
    assert_eq!(header().carrier(&request), Ok(Some(Carrier::Header("x-token".into()))));
    assert_eq!(TokenSource::default().carrier(&request), Ok(None));
}
