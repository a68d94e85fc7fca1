use super::{raw, read};
use crate::request::{QueryError, RequestError};

#[track_caller]
fn single(query: &str, expected: Result<Option<&str>, QueryError>) {
    let target = format!("/?{query}");
    let request = read(raw(&target)).unwrap();
    assert_eq!(request.query.single("org"), expected.map(|value| value.map(Into::into)), "{query}");
}

#[track_caller]
fn refused(query: &str, error: QueryError) {
    assert_eq!(read(raw(&format!("/?{query}"))).err(), Some(RequestError::Query(error)), "{query}");
}

#[test]
fn parameters_are_decoded_once() {
    single("", Ok(None));
    single("other=1", Ok(None));
    single("org", Ok(Some("")));
    single("org=", Ok(Some("")));
    single("a=1&&org=acme&", Ok(Some("acme")));
    single("%6Frg=a%2Bb+c%26d=e", Ok(Some("a+b c&d=e")));
    single("org=%2541", Ok(Some("%41")));
    single("org=caf%c3%a9?/", Ok(Some("café?/")));
    single("a=b=c&organ=1", Ok(None));
}

#[test]
fn a_parameter_that_is_read_has_one_value_and_one_spelling() {
    single("org=a&org=b", Err(QueryError::Repeated));
    single("org=a&org=a", Err(QueryError::Repeated));
    single("org=a&%6frg=b", Err(QueryError::Repeated));
    for query in ["Org=b", "org=a&ORG=b", "org[]=b", "org=a&org%5B0%5D=b", "+org=b", "org[x]"] {
        single(query, Err(QueryError::OtherSpelling));
    }
    single("a=1;org=b", Err(QueryError::Semicolon));
    single(&format!("{}org=b", "a&".repeat(999)), Ok(Some("b")));
    single(&format!("{}org=b", "a&".repeat(1000)), Err(QueryError::TooMany));
    let request = read(raw("/?org_id=1&org.id=2")).unwrap();
    assert_eq!(request.query.single("org_id"), Err(QueryError::OtherSpelling));
}

#[test]
fn spellings_beyond_ascii_are_told_apart_as_those_within() {
    for (query, name) in [
        ("%C3%89t%C3%A9=1", "été"),
        // The sign of Kelvin, and the long s.
        ("%E2%84%AAey=1", "key"),
        ("u%C5%BFer=1", "user"),
        ("STRASSE=1", "straße"),
    ] {
        let request = read(raw(&format!("/?{query}"))).unwrap();
        assert_eq!(request.query.single(name), Err(QueryError::OtherSpelling), "{query} {name}");
    }
    let request = read(raw("/?%C3%89t%C3%A9=1")).unwrap();
    assert_eq!(request.query.single("Été"), Ok(Some("1".into())));
}

#[test]
fn repeated_parameters_that_nobody_reads_are_fine() {
    single("tag=a&tag=b&Tag=c&org=acme", Ok(Some("acme")));
}

#[test]
fn queries_that_are_not_well_formed_are_refused() {
    for query in ["a=%", "a=%4", "a=%zz", "%=a", "a=%u0041"] {
        refused(query, QueryError::BadEscape);
    }
    for query in ["a=%ff", "%C0%AF=1", "a=%ED%A0%80"] {
        refused(query, QueryError::NotUtf8);
    }
    for query in ["a=\0", "a=b\nc", "a=%00", "a%00b=c", "a=\u{7f}"] {
        refused(query, QueryError::ControlByte);
    }
    refused("a=é", QueryError::NotAscii);
}

#[test]
fn a_method_in_the_query_is_refused() {
    for query in [
        "_method=DELETE",
        "a=b&_METHOD=x",
        "%5Fmethod",
        "_method[]=x",
        ".method=x",
        "[method",
        "a=1;_method=DELETE",
        "a=%zz;_method",
    ] {
        refused(query, QueryError::ChangesMeaning);
    }
    single("method=x&a_method=y&org=acme", Ok(Some("acme")));
}

#[test]
fn whether_a_parameter_is_there_can_be_asked() {
    let request = read(raw("/?access%5Ftoken=t")).unwrap();
    assert!(request.query.contains("access_token"));
    assert!(!request.query.contains("access"));
}
