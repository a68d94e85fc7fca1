use serde_json::json;

use crate::request::json::{JsonError, JsonLimits, parse};

const LIMITS: JsonLimits = JsonLimits { bytes: 1024, depth: 4, values: 20 };

#[track_caller]
fn refused(text: impl AsRef<[u8]>, error: JsonError) {
    let text = text.as_ref();
    assert_eq!(parse(text, LIMITS), Err(error), "{}", String::from_utf8_lossy(text));
}

#[test]
fn a_value_is_read_as_it_is_written() {
    let text = r#" {"a": [1, -2, 1.5, true, null], "b": {"c": "é\u00e9\ud83d\ude00"}, "": 18446744073709551615} "#;
    let value = json!({
        "a": [1, -2, 1.5, true, null], "b": {"c": "éé😀"}, "": 18_446_744_073_709_551_615_u64,
    });
    assert_eq!(parse(text.as_bytes(), LIMITS), Ok(value));
}

#[test]
fn repeated_keys_are_refused_at_any_depth_and_in_any_spelling() {
    for text in [
        r#"{"aud": 1, "aud": 1}"#,
        r#"{"a": {"b": 1, "b": 2}}"#,
        r#"[[{"a": 1, "c": 2, "a": 3}]]"#,
        r#"{"aud": 1, "\u0061ud": 2}"#,
        r#"{"": 1, "": 2}"#,
    ] {
        refused(text, JsonError::RepeatedKey);
    }
    assert!(parse(br#"{"a": {"a": 1}, "A": 2}"#, LIMITS).is_ok());
}

#[test]
fn text_that_is_not_json_is_refused() {
    for text in [
        "",
        " ",
        "\u{feff}{}",
        "{} x",
        "{}{}",
        "[1,]",
        "{\"a\":1,}",
        "{'a':1}",
        "{a:1}",
        "// c\n1",
        "NaN",
        "Infinity",
        "-Infinity",
        "01",
        "+1",
        ".5",
        "1.",
        "1e999",
        "0x1",
        "\"\t\"",
        "\"\\x\"",
        "\"\\ud800\"",
        "\"\\udc00\"",
        "\"\\ud800\\ud800\"",
        "\"\\ud800\\u0041\"",
        "\"a",
        "[",
        "tru",
    ] {
        refused(text, JsonError::Malformed);
    }
    let bytes: [&[u8]; 5] =
        [b"\"\xff\xfe\"", b"\"\xc0\xaf\"", b"\"\xed\xa0\x80\"", b"\"\0\"", b"\0"];
    for bytes in bytes {
        refused(bytes, JsonError::Malformed);
    }
}

#[test]
fn bounds_hold() {
    assert!(parse(b"[[[[1]]]]", LIMITS).is_ok());
    refused("[[[[[1]]]]]", JsonError::TooDeep);
    refused(r#"{"a":{"a":{"a":{"a":{}}}}}"#, JsonError::TooDeep);
    refused(format!("[{}1]", "1,".repeat(19)), JsonError::TooManyValues);
    assert!(parse(format!("[{}1]", "1,".repeat(18)).as_bytes(), LIMITS).is_ok());
    assert!(parse(format!("\"{}\"", "a".repeat(1022)).as_bytes(), LIMITS).is_ok());
    refused(format!("\"{}\"", "a".repeat(1023)), JsonError::TooLarge);
}

#[test]
fn threat_11_nesting_that_would_exhaust_the_stack_is_refused() {
    let limits = JsonLimits { bytes: usize::MAX, depth: usize::MAX, values: usize::MAX };
    for open in ["[", "{\"a\":"] {
        let text = open.repeat(100_000);
        assert!(parse(text.as_bytes(), limits).is_err());
    }
}
