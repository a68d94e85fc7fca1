use serde_json::json;

use super::{FORMS, headers, raw, read};
use crate::request::{BodyError, RawBody, RawRequest, RequestError};

type Lines<'a> = &'a [(&'a str, &'a [u8])];

const JSON: (&str, &[u8]) = ("content-type", b"application/json");

#[track_caller]
fn check(
    lines: Lines<'_>,
    body: &RawBody<'_>,
    expected: &Result<Option<serde_json::Value>, BodyError>,
) {
    for form in FORMS {
        let raw = RawRequest { headers: headers(form, lines), body: body.clone(), ..raw("/") };
        assert_eq!(&read(raw).unwrap().json_body(), expected, "{form:?} {lines:?} {body:?}");
    }
}

fn whole(text: &str) -> RawBody<'_> {
    RawBody { bytes: text.as_bytes().into(), partial: false, is_text: false }
}

#[test]
fn threat_5_a_byte_of_the_body_that_envoy_does_not_show_is_refused() {
    let told = |bytes: &'static [u8], is_text| RawBody {
        bytes: if is_text { super::told(bytes).into_bytes().into() } else { bytes.into() },
        partial: false,
        is_text,
    };
    check(&[JSON], &told(b"\"\xff\"", true), &Err(BodyError::Doubtful));
    check(&[JSON], &told(b"\"\xff\"", false), &Err(BodyError::Malformed));
    check(&[JSON], &told(b"\"a!\"", true), &Err(BodyError::Doubtful));
    check(&[JSON], &told(b"\"a!\"", false), &Ok(Some(json!("a!"))));
    check(&[JSON], &told(br#""a\u0021""#, true), &Ok(Some(json!("a!"))));
}

#[test]
fn a_json_body_is_read() {
    let value = Ok(Some(json!({"amount": 9})));
    for content_type in [
        "application/json",
        "Application/JSON; charset=UTF-8",
        "application/json;charset=\"utf-8\"",
        "application/merge-patch+json",
        "application/json; version=1",
    ] {
        let lines: Lines<'_> = &[("content-type", content_type.as_bytes())];
        check(lines, &whole(r#"{"amount": 9}"#), &value);
    }
    check(&[JSON, ("content-length", b"13")], &whole(r#"{"amount": 9}"#), &value);
    check(&[JSON, ("content-length", b"2")], &whole("[]"), &Ok(Some(json!([]))));
}

#[test]
fn no_body_is_nothing_and_a_body_that_was_not_sent_is_an_error() {
    check(&[], &whole(""), &Ok(None));
    check(&[("content-length", b"0")], &whole(""), &Ok(None));
    check(&[JSON, ("content-length", b"0")], &whole(""), &Ok(None));
    check(&[("content-length", b"13")], &whole(""), &Err(BodyError::NotSent));
    check(&[("transfer-encoding", b"chunked")], &whole(""), &Err(BodyError::NotSent));
    check(&[JSON], &whole(""), &Err(BodyError::NotSent));
}

#[test]
fn a_body_that_is_not_all_there_is_refused() {
    let partial = RawBody { partial: true, ..whole("{}") };
    check(&[JSON], &partial, &Err(BodyError::Partial));
    check(&[], &RawBody { partial: true, ..whole("") }, &Err(BodyError::Partial));
    for length in ["3", "1", "x", "-2", "2,2", ""] {
        let lines: Lines<'_> = &[JSON, ("content-length", length.as_bytes())];
        check(lines, &whole("{}"), &Err(BodyError::Partial));
    }
}

#[test]
fn a_body_in_another_form_is_refused() {
    for lines in [
        &[][..],
        &[("content-type", &b"text/plain"[..])],
        &[("content-type", b"application/x-www-form-urlencoded")],
        &[("content-type", b"application/json; charset=utf-16")],
        &[("content-type", b"application/jsonp")],
        &[("content-type", b"text/plain, application/json")],
        &[JSON, ("content-type", b"text/plain")],
        &[JSON, ("content_type", b"text/plain")],
    ] {
        check(lines, &whole("{}"), &Err(BodyError::NotJson));
    }
    for encoding in ["gzip", "identity", ""] {
        let lines: Lines<'_> = &[JSON, ("content-encoding", encoding.as_bytes())];
        check(lines, &whole("{}"), &Err(BodyError::Encoded));
    }
}

#[test]
fn threat_46_a_body_with_two_readings_is_refused() {
    check(&[JSON], &whole(r#"{"a":{"b":1,"b":2}}"#), &Err(BodyError::RepeatedKey));
    check(&[JSON], &whole("{} {}"), &Err(BodyError::Malformed));
    check(&[JSON], &whole("\u{feff}{}"), &Err(BodyError::Malformed));
    check(&[JSON], &whole(&"[".repeat(100_000)), &Err(BodyError::TooDeep));
    check(&[JSON], &whole(&format!("[{}1]", "1,".repeat(20_000))), &Err(BodyError::TooManyValues));
    let text = |bytes: usize| format!("\"{}\"", "a".repeat(bytes - 2));
    let largest = text(1 << 20);
    check(&[JSON], &whole(&largest), &Ok(Some(json!(largest.trim_matches('"')))));
    check(&[JSON], &whole(&text((1 << 20) + 1)), &Err(BodyError::TooLarge));
}

#[test]
fn a_method_in_a_form_is_refused() {
    let form = "application/x-www-form-urlencoded";
    let multipart = "multipart/form-data; boundary=b";
    for (content_type, bytes, changes) in [
        (form, "_method=DELETE", true),
        (form, "a=b&_METHOD=x", true),
        (form, "%5Fmethod=x", true),
        ("Application/X-WWW-Form-Urlencoded; charset=utf-8", "_method[]=x", true),
        (multipart, "--b\r\nContent-Disposition: form-data; name=\"_method\"\r\n\r\nPUT", true),
        (multipart, "--b\r\ncontent-disposition: form-data; NAME=_method\r\n\r\nPUT", true),
        (form, "method=x&a=_method&%ff=%zz", false),
        (multipart, "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n_method", false),
        ("application/json", "{\"_method\":1}", false),
        ("text/plain", "_method=DELETE", false),
    ] {
        for form in FORMS {
            let lines: [(&str, &[u8]); 1] = [("content-type", content_type.as_bytes())];
            let body = whole(bytes);
            let request = read(RawRequest { headers: headers(form, &lines), body, ..raw("/") });
            let reason = request.err().map(RequestError::reason);
            assert_eq!(reason, changes.then_some("body.changes_meaning"), "{bytes}");
        }
    }
}
