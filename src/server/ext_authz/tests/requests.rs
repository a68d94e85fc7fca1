//! What the door reads of a message is what `prost` reads of it, and it refuses what `prost` refuses: of
//! the whole message, or of what is read of it where the rest cannot be decoded.

use envoy_types::pb::envoy::service::auth::v3::CheckRequest;
use prost::Message as _;

use super::{
    super::{
        decode::{DecodeError, decode},
        fields::Malformed,
    },
    oracle, sketch, used,
};
use crate::request::{RawHeaders, RawRequest};

pub(super) enum Read {
    Request,
    Incomplete,
    Malformed,
}

/// Asserts that both read the same.
#[track_caller]
pub(super) fn check(bytes: &[u8]) -> Read {
    let ours = decode(bytes);
    let Ok(message) = CheckRequest::decode(bytes).or_else(|_malformed| used::only(bytes)) else {
        assert_eq!(ours, Err(DecodeError::Malformed(Malformed)), "{bytes:?}");
        return Read::Malformed;
    };
    let Ok(expected) = oracle::decode(message) else {
        assert_eq!(ours, Err(DecodeError::Incomplete), "{bytes:?}");
        return Read::Incomplete;
    };
    // Not a number is not even itself, so texts are compared.
    let text = |request| format!("{:?}", in_one_order(request));
    assert_eq!(text(ours.unwrap()), text(expected), "{bytes:?}");
    Read::Request
}

/// Joined headers are a map, whose order says nothing.
fn in_one_order(mut request: RawRequest<'_>) -> RawRequest<'_> {
    if let RawHeaders::Joined(headers) = &mut request.headers {
        headers.sort();
    }
    request
}

#[test]
fn messages_are_read_and_refused_as_prost_reads_and_refuses_them() {
    let (mut requests, mut incomplete, mut malformed) = (0, 0, 0);
    for seed in 0..20_000 {
        match check(&sketch::message(seed)) {
            Read::Request => requests += 1,
            Read::Incomplete => incomplete += 1,
            Read::Malformed => malformed += 1,
        }
    }
    let enough = [requests > 5_000, incomplete > 1_000, malformed > 1_500];
    assert_eq!(enough, [true; 3], "{requests} {incomplete} {malformed}");
}

#[test]
fn what_is_not_read_may_be_as_it_likes() {
    let part = |tag: u8, bytes: &[u8]| {
        let mut part = vec![tag];
        sketch::varint(&mut part, bytes.len() as u64);
        [&part, bytes].concat()
    };
    let (no_text, no_message) = (part(10, b"\xff"), b"\xff");
    let other = [&part(10, b"io.example"), &part(18, &part(10, b"\xff"))[..]].concat();
    for (name, attribute) in [
        ("server name", part(98, &no_text)),
        ("tls_session", part(98, no_message)),
        ("destination", part(18, no_message)),
        ("label", part(10, &part(26, &part(18, b"\xff")))),
        ("service", part(10, &part(18, b"\xff"))),
        ("time", part(34, &part(10, no_message))),
        ("query", part(34, &part(18, &part(58, b"\xff")))),
        ("protocol", part(34, &part(18, &part(82, b"\xff")))),
        ("another namespace", part(90, &part(10, &other))),
    ] {
        let request = part(34, &part(18, &part(18, b"GET")));
        let message = part(10, &[request, attribute].concat());
        assert!(CheckRequest::decode(&*message).is_err(), "{name}");
        assert!(matches!(check(&message), Read::Request), "{name}");
    }
    for (name, attribute) in [
        ("path", part(34, &part(18, &part(34, b"\xff")))),
        ("principal", part(10, &part(34, b"\xff"))),
        ("context extension", part(82, &part(10, b"\xff"))),
    ] {
        assert!(matches!(check(&part(10, &attribute)), Read::Malformed), "{name}");
    }
}

#[test]
fn of_entries_with_one_name_the_last_one_counts_and_a_message_that_is_sent_twice_is_one() {
    let header = |value: u8| [26, 6, 10, 1, b'a', 18, 1, value];
    let http = |fields: &[u8]| {
        let mut bytes = fields.to_vec();
        for tag in [18, 34, 10] {
            bytes.insert(0, u8::try_from(bytes.len()).unwrap());
            bytes.insert(0, tag);
        }
        bytes
    };
    let first = http(&[&header(1)[..], &header(2), &[18, 3, b'G', b'E', b'T']].concat());
    let second = http(&header(3));
    let both = [first, second].concat();
    check(&both);
    let request = decode(&both).unwrap();
    assert_eq!(
        (&*request.method, format!("{:?}", request.headers)),
        ("GET", "Joined([(\"a\", \"\\u{3}\")])".to_owned())
    );
}
