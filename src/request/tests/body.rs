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

const FORM: &str = "application/x-www-form-urlencoded";
const MULTIPART: &str = "multipart/form-data; boundary=b";

/// Why a form is refused, if it is.
fn refusal(content_type: &str, body: &RawBody<'_>, more: Lines<'_>) -> Option<&'static str> {
    let content_type = ("content-type", content_type.as_bytes());
    let lines = [&[content_type], more].concat();
    let mut reasons = FORMS.into_iter().map(|form| {
        let raw = RawRequest { headers: headers(form, &lines), body: body.clone(), ..raw("/") };
        read(raw).err().map(RequestError::reason)
    });
    let first = reasons.next().unwrap();
    assert!(reasons.all(|reason| reason == first), "{body:?}");
    first
}

#[test]
fn threat_25_a_method_in_a_form_is_refused() {
    for (content_type, bytes, changes) in [
        (FORM, "_method=DELETE", true),
        (FORM, "a=b&_METHOD=x", true),
        (FORM, "%5Fmethod=x", true),
        (FORM, "a=b;_method=x", true),
        ("Application/X-WWW-Form-Urlencoded; charset=utf-8", "_method[]=x", true),
        (FORM, "method=x&a=_method&%ff=%zz", false),
        ("application/json", "{\"_method\":1}", false),
        ("text/plain", "_method=DELETE", false),
        ("", "_method=DELETE", true),
        (" ", "a=b&_method=DELETE", true),
        ("", "a=b", false),
    ] {
        let reason = refusal(content_type, &whole(bytes), &[]);
        assert_eq!(reason, changes.then_some("body.changes_meaning"), "{bytes}");
    }
}

#[test]
fn threat_25_a_part_of_a_form_is_no_method_however_it_is_named() {
    for (parameter, changes) in [
        ("name=\"_method\"", true),
        ("NAME=_method", true),
        ("name='_method'", true),
        ("name = \"_method\"", true),
        ("name=\r\n \"_method\"", true),
        ("name=\" _method\"", true),
        ("name=\".method\"", true),
        ("name=\"_method[]\"", true),
        ("name=\"_meth\\od\"", true),
        ("name=\"%5Fmethod\"", true),
        ("name*=UTF-8\'\'_method", true),
        ("name*=utf-8\'en\'%5fmethod", true),
        ("name*0=_method", true),
        ("name*0=\"_met\"; name*1=\"hod\"", true),
        ("name*0*=UTF-8''%5Fmet; name*1=\"hod\"", true),
        ("name=_method; x=y", true),
        ("filename=a; name=\"_Method\"; x=y", true),
        ("name=\"a\"", false),
        ("name=\"my_method\"", false),
        ("name=\"method\"", false),
        ("name=\"_methods\"", false),
        ("name", false),
        ("name=a; size=username*2", false),
    ] {
        let part = format!("--b\r\nContent-Disposition: form-data; {parameter}\r\n\r\n_method");
        for content_type in [MULTIPART, "multipart/mixed; boundary=b", "Multipart/Related"] {
            let reason = refusal(content_type, &whole(&part), &[]);
            assert_eq!(reason, changes.then_some("body.changes_meaning"), "{parameter}");
        }
    }
    for (id, changes) in [("_method", true), ("<a@b>", false)] {
        let part = format!("--b\r\nContent-ID: {id}\r\n\r\nDELETE");
        let reason = refusal(MULTIPART, &whole(&part), &[]);
        assert_eq!(reason, changes.then_some("body.changes_meaning"), "{id}");
    }
}

#[test]
fn a_form_that_cannot_be_looked_at_to_its_end_is_refused() {
    for content_type in [FORM, MULTIPART] {
        let partial = RawBody { partial: true, ..whole("a=b") };
        assert_eq!(refusal(content_type, &partial, &[]), Some("body.partial"));
        let encoded: Lines<'_> = &[("content-encoding", b"gzip")];
        assert_eq!(refusal(content_type, &whole("a=b"), encoded), Some("body.encoded"));
        assert_eq!(refusal(content_type, &whole(""), encoded), None, "Envoy sends no bodies");
    }
    assert_eq!(refusal("text/plain", &RawBody { partial: true, ..whole("a") }, &[]), None);
}
