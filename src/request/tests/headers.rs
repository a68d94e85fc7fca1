use super::{FORMS, Form, headers, raw, read};
use crate::request::{HeaderError, HttpRequest, RawRequest, RequestError};

type Lines<'a> = &'a [(&'a str, &'a [u8])];

fn request(form: Form, lines: Lines<'_>) -> Result<HttpRequest<'_>, RequestError> {
    read(RawRequest { headers: headers(form, lines), ..raw("/") })
}

#[track_caller]
fn single(lines: Lines<'_>, expected: Result<Option<&str>, HeaderError>) {
    for form in FORMS {
        let request = request(form, lines).unwrap();
        assert_eq!(request.headers.single("x-tenant"), expected, "{form:?} {lines:?}");
    }
}

#[test]
fn a_header_has_one_reading_in_both_forms() {
    single(&[], Ok(None));
    single(&[("x-other", b"acme")], Ok(None));
    single(&[("x-tenant", b"acme")], Ok(Some("acme")));
    single(&[("X-Tenant", b" \tacme ")], Ok(Some("acme")));
    single(&[("x-tenant", b"")], Ok(Some("")));
    single(&[("x-tenant", "é".as_bytes())], Err(HeaderError::NotText));
    single(&[("x-tenant", b"a\x01b")], Err(HeaderError::NotText));
    single(&[("x-tenant", b"a\0")], Err(HeaderError::NotText));
}

#[test]
fn threat_14_a_header_that_is_read_has_one_value() {
    let repeated = Err(HeaderError::Repeated);
    single(&[("x-tenant", b"acme"), ("x-tenant", b"globex")], repeated);
    single(&[("x-tenant", b"acme"), ("x-tenant", b"acme")], repeated);
    single(&[("x-tenant", b""), ("x-tenant", b"acme")], repeated);
    single(&[("x-tenant", b"acme,globex")], repeated);
    single(&[("x-tenant", b"acme, ")], repeated);
}

#[test]
fn threat_5_12_bytes_that_are_not_utf8_are_refused_where_they_are_read() {
    single(&[("x-tenant", b"\xff")], Err(HeaderError::NotText));
    single(&[("x-tenant", b"ac\xe9me")], Err(HeaderError::NotText));
    single(&[("x-other", b"\xff"), ("x-tenant", b"acme")], Ok(Some("acme")));
    // A real exclamation mark can be told from a replaced byte in the separate form only.
    let exclaimed = |form| {
        let request = request(form, &[("x-tenant", b"a!")]).unwrap();
        request.headers.single("x-tenant").map(|value| value.map(str::to_owned))
    };
    assert_eq!(exclaimed(Form::Joined), Err(HeaderError::NotText));
    assert_eq!(exclaimed(Form::Separate), Ok(Some("a!".to_owned())));
}

#[test]
fn threat_26_a_second_spelling_of_a_header_that_is_read_is_refused() {
    for name in ["x_tenant", "X_TENANT", "x.tenant", "x!tenant", "x~Tenant"] {
        single(&[(name, b"globex"), ("x-tenant", b"acme")], Err(HeaderError::OtherSpelling));
        single(&[(name, b"globex")], Err(HeaderError::OtherSpelling));
    }
}

#[test]
fn threat_4_a_list_holds_the_values_of_every_line() {
    let lines: [(Lines<'_>, Option<&[&str]>); 5] = [
        (&[], None),
        (&[("x-role", b"")], Some(&[])),
        (&[("x-role", b"viewer"), ("x-role", b"admin")], Some(&["viewer", "admin"])),
        (&[("x-role", b"viewer, ,admin,")], Some(&["viewer", "admin"])),
        (&[("x-role", b"a,b"), ("x-role", b"c")], Some(&["a", "b", "c"])),
    ];
    for form in FORMS {
        for (lines, values) in lines {
            let request = request(form, lines).unwrap();
            assert_eq!(request.headers.list("x-role").unwrap().as_deref(), values, "{lines:?}");
        }
        let twice = request(form, &[("x-role", b"a"), ("x_role", b"b")]).unwrap();
        assert_eq!(twice.headers.list("x-role"), Err(HeaderError::OtherSpelling));
        let bytes = request(form, &[("x-role", b"a"), ("x-role", b"\xff")]).unwrap();
        assert_eq!(bytes.headers.list("x-role"), Err(HeaderError::NotText));
    }
}

#[test]
fn threat_25_headers_that_change_what_was_asked_for_are_refused() {
    for form in FORMS {
        for name in [
            "x-http-method-override",
            "X-HTTP-Method-Override",
            "x_http_method_override",
            "x.http.method.override",
            "x-http_method-override",
            "x-http-method",
            "x-method-override",
            "x-original-url",
            "x-rewrite-url",
            "X_REWRITE_URL",
            "x-original-uri",
            "x-original-method",
            "x-override-url",
            "x-http-path-override",
            "x-envoy-original-path",
        ] {
            let error = request(form, &[(name, b"")]).unwrap_err();
            assert_eq!(error.reason(), "header.changes_meaning", "{name}");
        }
        assert!(request(form, &[("x-original", b"/"), ("x-method", b"GET")]).is_ok());
    }
}

#[test]
fn threat_23_headers_that_mislead_a_server_are_told_apart() {
    for form in FORMS {
        let lines: Lines<'_> = &[
            ("x-forwarded-for", b"192.0.2.1"),
            ("x-forwarded-proto", b"https"),
            ("x-forwarded-client-cert", b"Hash=00"),
            ("x-forwarded-host", b"evil.example"),
            ("x-forwarded-prefix", b"/admin"),
            ("x-real-ip", b"127.0.0.1"),
            ("forwarded", b"host=evil.example"),
            ("x_user", b"admin"),
            ("x-forwarded_host", b"evil.example"),
            ("x.user", b"admin"),
            ("x!user", b"admin"),
            ("accept", b"*/*"),
            (":authority", b"api.example"),
        ];
        let request = request(form, lines).unwrap();
        let kept = ["x-real-ip".to_owned()];
        let misleading: Vec<&str> = request.headers.misleading(&kept).collect();
        let expected = [
            "x-forwarded-client-cert",
            "x-forwarded-host",
            "x-forwarded-prefix",
            "forwarded",
            "x_user",
            "x-forwarded_host",
            "x.user",
            "x!user",
        ];
        assert_eq!(misleading, expected);
    }
}

#[test]
fn threat_23_25_what_only_a_proxy_should_say_misleads() {
    for name in [
        "x-forwarded",
        "x-client-ip",
        "client-ip",
        "true-client-ip",
        "cf-connecting-ip",
        "fastly-client-ip",
        "x-cluster-client-ip",
        "x-original-forwarded-for",
        "x-original-proto",
        "x-scheme",
        "x-url-scheme",
        "front-end-https",
        "client-cert",
        "client-cert-chain",
        "x-middleware-subrequest",
        "x-forwarded-port",
        "x-forwarded-user",
    ] {
        for form in FORMS {
            let lines: Lines<'_> = &[(name, b"x")];
            let request = request(form, lines).unwrap();
            assert!(request.headers.misleading(&[]).eq([name]), "{name}");
            assert_eq!(request.headers.misleading(&[name.to_owned()]).next(), None, "{name}");
        }
    }
}

#[test]
fn credentials_are_handed_on_line_by_line_as_bytes() {
    let lines: Lines<'_> = &[("Authorization", b"Bearer a"), ("authorization", b"Bearer \xff")];
    let request = request(Form::Separate, lines).unwrap();
    let lines: Vec<&[u8]> = request.headers.lines("authorization").collect();
    assert_eq!(lines, [&b"Bearer a"[..], b"Bearer \xff"]);
}

#[test]
fn too_many_headers_are_refused() {
    let lines: Vec<(String, Vec<u8>)> =
        (0..257).map(|index| (format!("x-{index}"), Vec::new())).collect();
    let lines: Vec<(&str, &[u8])> =
        lines.iter().map(|(name, value)| (name.as_str(), value.as_slice())).collect();
    for form in FORMS {
        assert!(request(form, &lines[1..]).is_ok());
        assert_eq!(request(form, &lines).unwrap_err().reason(), "header.too_many");
    }
}
