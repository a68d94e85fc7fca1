//! H: the `Authorization` header.

use super::{base, world};
use crate::identity::{BearerError, Scheme, bearer};

#[test]
fn credentials_are_one_scheme_and_one_token() {
    let token = base().token();
    let cases: &[(&str, String, &str)] = &[
        ("H1 empty", String::new(), "no credentials"),
        ("H2 lower case", format!("bearer {token}"), "OK"),
        ("H2 upper case", format!("BEARER {token}"), "OK"),
        ("H2 mixed", format!("BeArEr {token}"), "OK"),
        ("H3 two spaces", format!("Bearer  {token}"), "OK"),
        ("H3 white space around", format!(" \tBearer {token}\t "), "OK"),
        ("H3 tab", format!("Bearer\t{token}"), "malformed credentials"),
        ("H3 space and tab", format!("Bearer \t{token}"), "malformed credentials"),
        ("H3 inner space", format!("Bearer {token} x"), "malformed credentials"),
        ("H4 no token", "Bearer".to_owned(), "empty token"),
        ("H4 space only", "Bearer ".to_owned(), "empty token"),
        ("H6 two", format!("Bearer {token}, Bearer {token}"), "multiple credentials"),
        ("H6 two tokens", format!("Bearer {token},{token}"), "multiple credentials"),
        ("H6 another first", format!("Basic eDp5,Bearer {token}"), "multiple credentials"),
        ("H6 another last", format!("Bearer {token},Basic eDp5"), "multiple credentials"),
        ("H7 parameter", format!("Bearer token=\"{token}\""), "malformed token"),
        ("H7 quotes", format!("Bearer \"{token}\""), "malformed token"),
        ("H8 Basic", "Basic eDp5".to_owned(), "no credentials"),
        ("H8 Negotiate", "Negotiate YII".to_owned(), "no credentials"),
        ("H8 Digest", "Digest realm=\"a\", nonce=\"b\"".to_owned(), "no credentials"),
        ("H8 no scheme", token.clone(), "no credentials"),
        ("H8 no space", format!("Bearer{token}"), "no credentials"),
        ("H17 DPoP", format!("DPoP {token}"), "token is not bound"),
    ];
    for (name, authorization, expected) in cases {
        let answer = world().authorize(authorization.as_bytes());
        assert_eq!(answer.map_or_else(|refusal| refusal, |_| "OK".to_owned()), *expected, "{name}");
    }
    let raw = [b"Bearer ".as_slice(), &[0x80, 0xff]].concat();
    assert_eq!(world().authorize(&raw).unwrap_err(), "malformed token", "H16");
}

#[test]
fn two_headers_are_refused_whatever_they_say() {
    let (good, bad): (&[u8], &[u8]) = (b"Bearer a.b.c", b"Basic eDp5");
    for pair in [[good, bad], [bad, good], [good, good], [bad, bad]] {
        assert_eq!(bearer::find(pair), Err(BearerError::Multiple), "H5");
    }
    assert_eq!(bearer::find([]), Ok(None), "H1");
}

#[test]
fn a_token_is_never_printed() {
    let token = bearer::find([b"DPoP secret-token".as_slice()]).unwrap().unwrap();
    assert_eq!(token.scheme(), Scheme::Dpop);
    assert_eq!([Scheme::Bearer, Scheme::Dpop].map(Scheme::name), ["Bearer", "DPoP"]);
    assert_eq!(format!("{token:?}"), "BearerToken { scheme: Dpop, .. }");
}
