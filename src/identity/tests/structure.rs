//! B: segments, base64url and JSON, each in one form only.

use serde_json::json;

use super::{base, forge::base64url, world};

const MALFORMED: &str = "malformed token";
const HEADER: &str = "unsupported header";
/// An encrypted token. It is not looked into, whatever its header promises.
fn jwe(header: &str) -> String {
    let [key, vector, text, tag] = ["a2V5", "aXY", "Y2lwaGVy", "dGFn"];
    format!("{}.{key}.{vector}.{text}.{tag}", base64url(header))
}

const OPAQUE: &str = "opaque or encrypted access token: request a token for this API's audience";

#[test]
fn threat_41_44_a_token_is_three_segments_of_canonical_base64url() {
    let token = base().token();
    let [header, payload, signature] = token.split('.').collect::<Vec<_>>()[..] else { panic!() };
    let (rest, last) = signature.split_at(signature.len() - 1);
    let next = char::from(last.as_bytes()[0] + 1);
    world().check(&[
        ("B2 one", header.to_owned(), MALFORMED),
        ("B2 two", format!("{header}.{payload}"), MALFORMED),
        ("B2 four", format!("{token}.{header}"), MALFORMED),
        ("B2 six", format!("{token}.a.b.c"), MALFORMED),
        ("B2 trailing dot", format!("{token}."), MALFORMED),
        ("B2 no header", format!(".{payload}.{signature}"), MALFORMED),
        ("B2 no payload", format!("{header}..{signature}"), MALFORMED),
        ("B2 no signature", format!("{header}.{payload}."), MALFORMED),
        ("B2 dots", ".".repeat(10_000), MALFORMED),
        ("B2 a million dots", ".".repeat(1_000_000), "token too large"),
        ("B3 padded signature", format!("{token}=="), MALFORMED),
        ("B3 padded payload", format!("{header}.{payload}=.{signature}"), MALFORMED),
        ("B3 standard alphabet", format!("{header}.{payload}.+/{signature}"), MALFORMED),
        ("B3 trailing bits", format!("{header}.{payload}.{rest}{next}"), MALFORMED),
        ("B3 escaped dots", token.replace('.', "%2E"), MALFORMED),
        ("B18 opaque", "a8Hq2hSxk1fK3zVYq0Lw5tRj7nPmBcDe".to_owned(), OPAQUE),
        ("B18 encrypted", format!("{}..aXY.Y2lwaGVy.dGFn", base64url(r#"{"alg":"dir"}"#)), OPAQUE),
        ("B15 compressed", jwe(r#"{"alg":"RSA-OAEP-256","enc":"A256GCM","zip":"DEF"}"#), OPAQUE),
        ("B16 PBES2", jwe(r#"{"alg":"PBES2-HS256+A128KW","p2c":2147483647}"#), OPAQUE),
        ("B16 direct", jwe(r#"{"alg":"dir","enc":"A128CBC-HS256"}"#), OPAQUE),
        ("B17 a token inside", jwe(r#"{"alg":"RSA-OAEP-256","cty":"JWT"}"#), OPAQUE),
        ("B20 one byte too many", "a".repeat(16 * 1024 + 1), "token too large"),
        ("B20 1 MiB", "a".repeat(1 << 20), "token too large"),
        ("B20 just fits", "a".repeat(16 * 1024), OPAQUE),
        ("B21 CR LF", format!("{token}\r\n{token}"), MALFORMED),
        ("B21 NUL", format!("{token}\0"), MALFORMED),
        ("B21 not ASCII", format!("{token}é"), MALFORMED),
        ("B1 JSON", json!({"signature": signature}).to_string(), MALFORMED),
    ]);
}

#[test]
fn b8_a_payload_has_a_size() {
    let payload = |text: &str| base().payload(text).token();
    let values = format!(r#"{{"x":[{}1]}}"#, "1,".repeat(5_000));
    let keys: Vec<String> = (0..20_000).map(|key| format!(r#""{key}":1"#)).collect();
    let number = |digits: &str| {
        base().payload_text(|text| text.replacen('{', &format!(r#"{{"x":{digits},"#), 1)).token()
    };
    world().check(&[
        ("B8 many values", payload(&values), MALFORMED),
        ("B8 many keys", payload(&format!("{{{}}}", keys.join(","))), "token too large"),
        ("B8 number beyond a double", number(&"9".repeat(8_000)), MALFORMED),
        ("B8 number of many digits", number(&format!("0.{}", "9".repeat(8_000))), "OK"),
        ("B8 number of 100 KB", number(&"9".repeat(100_000)), "token too large"),
    ]);
}

#[test]
fn header_and_payload_are_one_strict_json_object() {
    let payload = |text: &str| base().payload(text).token();
    let header = |text: &str| base().header_text(|_| text.to_owned()).token();
    let edit =
        |from: &str, to: &str| base().payload_text(|text| text.replacen(from, to, 1)).token();
    let nested = |depth: usize| format!(r#"{{"x":{}{}}}"#, "[".repeat(depth), "]".repeat(depth));
    world().check(&[
        ("B4 two audiences", edit("{", r#"{"aud":"other","#), MALFORMED),
        ("B4 escaped twin", edit("{", "{\"\\u0061ud\":\"other\","), MALFORMED),
        ("B4 two subjects", edit("{", r#"{"sub":"auth0|other","#), MALFORMED),
        ("B4 two expiries", edit("{", r#"{"exp":1,"#), MALFORMED),
        ("B4 nested", edit("{", r#"{"act":{"sub":"a","sub":"b"},"#), MALFORMED),
        ("B4 header", header(r#"{"alg":"none","alg":"RS256","typ":"JWT","kid":"k1"}"#), MALFORMED),
        ("B5 list", payload("[]"), MALFORMED),
        ("B5 null", payload("null"), MALFORMED),
        ("B5 text", payload("\"x\""), MALFORMED),
        ("B5 number", payload("1"), MALFORMED),
        ("B5 blank", payload(" "), MALFORMED),
        ("B5 header list", header("[]"), MALFORMED),
        ("B5 header null", header("null"), MALFORMED),
        (
            "B6 byte order mark",
            base().payload_text(|text| format!("\u{feff}{text}")).token(),
            MALFORMED,
        ),
        (
            "B6 header's mark",
            base().header_text(|text| format!("\u{feff}{text}")).token(),
            MALFORMED,
        ),
        ("B6 trailing", base().payload_text(|text| format!("{text}x")).token(), MALFORMED),
        ("B6 comment", base().payload_text(|text| format!("{text}/**/")).token(), MALFORMED),
        ("B6 NaN", edit("{", r#"{"x":NaN,"#), MALFORMED),
        ("B6 Infinity", edit("{", r#"{"x":Infinity,"#), MALFORMED),
        ("B6 single quotes", edit("{", "{'x':1,"), MALFORMED),
        ("B6 trailing comma", edit("{", "{,"), MALFORMED),
        ("B7 depth 3000", payload(&nested(3_000)), MALFORMED),
        (
            "B9 not UTF-8",
            base().payload([b"{\"x\":\"", &[0xff, 0xfe][..], b"\"}"].concat()).token(),
            MALFORMED,
        ),
        (
            "B9 overlong",
            base().payload([b"{\"x\":\"", &[0xc0, 0xaf][..], b"\"}"].concat()).token(),
            MALFORMED,
        ),
        ("B9 lone surrogate", edit("{", r#"{"x":"\ud800","#), MALFORMED),
        ("B9 raw NUL", edit("{", "{\"x\":\"\0\","), MALFORMED),
        ("B10 prototype", base().claim("__proto__", json!({"admin": true})).token(), "OK"),
        (
            "B19 nested token",
            base().header("cty", "JWT").payload(base().token()).token(),
            MALFORMED,
        ),
    ]);
}

#[test]
fn threat_40_extensions_are_not_understood() {
    let crit = |crit| base().header("crit", crit);
    world().check(&[
        ("B11 b64", crit(json!(["b64"])).header("b64", false).token(), HEADER),
        ("B11 b64 true", crit(json!(["b64", "b64"])).header("b64", true).token(), HEADER),
        ("B11 unknown", crit(json!(["x"])).token(), HEADER),
        ("B11 registered", crit(json!(["exp"])).token(), HEADER),
        ("B11 alg", crit(json!(["alg"])).token(), HEADER),
        ("B11 empty", crit(json!([])).token(), HEADER),
        ("B11 text", crit(json!("b64")).token(), HEADER),
        ("B11 null", crit(json!(null)).token(), HEADER),
        ("B12 b64 without crit", base().header("b64", false).token(), HEADER),
        ("B14 compressed", base().header("zip", "DEF").token(), HEADER),
    ]);
    let unencoded = base().header("b64", false).header("crit", json!(["b64"])).signed_text();
    let header = unencoded.split('.').next().unwrap();
    world().check(&[
        ("B13 detached", format!("{header}..c2ln"), MALFORMED),
        ("B13 in clear", format!("{header}.{{\"sub\":\"x\"}}.c2ln"), MALFORMED),
    ]);
}
