//! What Envoy does not tell of a target, and what it sends all the same.

use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

use super::{FORMS, Form, read, sent};
use crate::request::{
    Host, HttpRequest, PathForm, RawHeaders, RawRequest, RequestError, RequestRules,
};

/// The reason for which it is refused, or nothing.
fn refusal(raw: RawRequest<'_>) -> Option<&'static str> {
    read(raw).err().map(RequestError::reason)
}

#[test]
fn threat_5_a_byte_that_envoy_does_not_tell_is_refused() {
    for (target, joined, separate) in [
        (&b"/a\xffb"[..], Some("path.doubtful"), Some("path.not_ascii")),
        (b"/a?q=\xff", Some("path.doubtful"), Some("path.not_ascii")),
        (b"/a/..\xff/b", Some("path.doubtful"), Some("path.not_ascii")),
        (b"/\xc0\xae\xc0\xae/b", Some("path.doubtful"), Some("path.not_ascii")),
        (b"/a!?b!", Some("path.doubtful"), None),
        (b"/a?b!", Some("path.doubtful"), None),
        ("/é?é".as_bytes(), Some("path.not_ascii"), Some("path.not_ascii")),
        (b"/a?b", None, None),
    ] {
        assert_eq!(refusal(sent(Form::Joined, target)), joined, "{}", target.escape_ascii());
        assert_eq!(refusal(sent(Form::Separate, target)), separate, "{}", target.escape_ascii());
    }
}

#[test]
fn threat_5_every_byte_beyond_ascii_is_refused_wherever_it_is() {
    for byte in 0x80..=0xff {
        for target in [vec![b'/', byte], vec![b'/', b'a', byte, b'/'], vec![b'/', b'?', byte]] {
            for form in FORMS {
                assert!(refusal(sent(form, &target)).is_some(), "{form:?} {byte:x}");
            }
        }
        let bytes = [b'a', byte];
        for form in FORMS {
            let lines = [("x-tenant", &bytes[..])];
            let headers = super::headers(form, &lines);
            let request = read(RawRequest { headers, ..super::raw("/") }).unwrap();
            assert!(request.headers.single("x-tenant").is_err(), "{form:?} {byte:x}");
        }
    }
}

#[test]
fn the_target_is_the_one_that_the_headers_have() {
    let lines = |lines: &[&'static [u8]]| {
        let line = |line: &&'static [u8]| (":path".into(), (*line).into());
        let headers = RawHeaders::Separate(lines.iter().map(line).collect());
        refusal(RawRequest { headers, ..super::raw("/a!") })
    };
    assert_eq!(lines(&[b"/a!"]), None);
    assert_eq!(lines(&[]), Some("path.doubtful"));
    assert_eq!(lines(&[b"/b"]), Some("path.differs"));
    assert_eq!(lines(&[b"/a!", b"/b"]), Some("path.differs"));
    assert_eq!(lines(&[b"/a\xff"]), Some("path.not_ascii"));
}

/// On a host where an exclamation mark is taken for itself.
fn relaxed<'t>(form: Form, target: &'t [u8]) -> Option<HttpRequest<'t>> {
    let forms = [PathForm::ExclamationMark].into();
    let relaxed = [(Host::parse("api.example").unwrap(), forms)].into();
    HttpRequest::read(sent(form, target), &RequestRules { relaxed, ..RequestRules::default() }).ok()
}

#[test]
fn an_exclamation_mark_that_is_taken_for_itself_is_what_the_upstream_gets() {
    for (form, target, expected) in [
        (Form::Joined, &b"/a!b?q=!"[..], Some(Some("/a!b?q=!"))),
        (Form::Joined, b"/a\xffb?q=\xff", Some(Some("/a!b?q=!"))),
        (Form::Joined, b"/a?q", Some(None)),
        (Form::Separate, b"/a!b?q=!", Some(None)),
        (Form::Separate, b"/a\xffb?q=\xff", None),
    ] {
        let new_target = relaxed(form, target).map(|request| request.new_target);
        let expected = expected.map(|target| target.map(str::to_owned));
        assert_eq!(new_target, expected, "{form:?} {}", target.escape_ascii());
    }
}

proptest! {
    /// Whatever bytes are sent: those that the upstream gets are those that were decided about.
    #[test]
    fn what_passes_is_what_the_upstream_gets(
        pieces in proptest::collection::vec(
            proptest::sample::select(vec![&b"a"[..], b"!", b"/", b"?", b"\xff", b"\xc3\xa9", b"\xe2\x82", b"=", b"%20b"]),
            0..8,
        ),
        tail in any::<Option<u8>>(),
    ) {
        let target: Vec<u8> = b"/x".iter().chain(pieces.concat().iter()).chain(&tail).copied().collect();
        for form in FORMS {
            if let Ok(strict) = read(sent(form, &target)) {
                prop_assert!(target.is_ascii() && strict.new_target.is_none());
                prop_assert!(target.starts_with(strict.path.as_str().as_bytes()));
            }
            if let Some(relaxed) = relaxed(form, &target) {
                let upstream = relaxed.new_target.clone().unwrap_or_else(|| super::told(&target));
                prop_assert!(relaxed.new_target.is_some() || target.is_ascii());
                let again = read(sent(Form::Separate, upstream.as_bytes())).unwrap();
                prop_assert_eq!((again.path, again.query), (relaxed.path, relaxed.query));
            }
        }
    }
}
