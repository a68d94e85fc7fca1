//! Attributes and claims of random questions: what expressions of `expression::leaves` look at.

use fastrand::Rng;
use portcullis::engine::model::Map;
use serde_json::{Map as JsonMap, Value as Json, json};

use super::{random::Dice, scene};

/// Texts that have a format, or nearly.
const WRITTEN: [&str; 40] = [
    "2020-02-29",
    "2021-02-29",
    "12:00:00Z",
    "23:59:60Z",
    "2020-01-01t00:00:00+01:00",
    "P1Y2DT3H",
    "PT",
    "2020-01-01T00:00:00Z/P1D",
    "a.b.",
    "-a.b",
    "xn--X",
    "é@b.c",
    "\"a b\"@c.d",
    "a@[IPv6:::1]",
    "10.0.0.01",
    "::ffff:1.2.3.4",
    "http://é.com",
    "http://a/{b}",
    "http://a/{{b}}",
    "http://[zz]/",
    "urn:a:b",
    "a b",
    "//a",
    "%zz",
    "{",
    "(?=a)",
    "a{1,2}",
    "/a~1b",
    "/a~2",
    "1/a",
    "2eb8aa08-aa98-11ea-b4aa-73b441d16380",
    "aGVsbG8=",
    "aGVsbG8",
    "eyJhIjoxfQ==",
    "***",
    "{\"a\":1}",
    "[",
    "a.b",
    "\u{a0}",
    "\u{2028}",
];

const STRINGS: [&str; 8] = ["a", "b", "abc", "alice", "", "héllo", "a,b,c", "1"];

/// Attributes of a principal or a resource: most of those that expressions read, mostly of the
/// type that they expect.
pub(super) fn attributes(dice: &mut Rng) -> Map {
    let mut attributes = JsonMap::new();
    for (name, make) in ATTRIBUTES {
        if dice.percent(88) {
            let value = if dice.percent(93) { make(dice) } else { anything(dice) };
            attributes.insert((*name).to_owned(), value);
        }
    }
    scene::map(&Json::Object(attributes))
}

type Make = fn(&mut Rng) -> Json;

const ATTRIBUTES: &[(&str, Make)] = &[
    ("s1", string),
    ("s2", string),
    ("n1", number),
    ("n2", number),
    ("b1", boolean),
    ("b2", boolean),
    ("nul", |_| Json::Null),
    ("x", anything),
    ("ls1", strings),
    ("ls2", strings),
    ("ln1", |dice| (0..dice.usize(0..5)).map(|_| number(dice)).collect()),
    ("mix", |dice| (0..dice.usize(0..5)).map(|_| anything(dice)).collect()),
    ("items", |dice| json!([{ "a": string(dice), "n": number(dice) }, { "a": "bob", "n": 2 }])),
    // One entry: in which order a macro meets several is not defined.
    ("m1", |dice| json!({ *dice.pick(&["a", "a", "b"]): anything(dice) })),
    ("ts1", |dice| one(dice, &["2021-05-01T13:34:12.024Z", "2021-04-20T10:00:20.021-05:00", "x"])),
    ("du1", |dice| one(dice, &["1h30m", "90s", "-1.5s", "1d"])),
    ("ip1", |dice| one(dice, &["10.0.0.5", "2001:db8::1", "::ffff:10.0.0.5", "x"])),
    ("hi1", |dice| one(dice, &["a.b", "a.b.c", "a", ""])),
    ("pa1", |dice| one(dice, &["/a/b/c.txt", "a/b", "C:\\a\\b", ""])),
    ("written", |dice| one(dice, &WRITTEN)),
    ("owner", |dice| one(dice, &["alice", "alice", "bob"])),
    ("level", |dice| json!(dice.u8(0..5))),
];

pub(super) fn claims(dice: &mut Rng) -> Option<JsonMap<String, Json>> {
    if dice.percent(40) {
        return None;
    }
    // Far away from now: a token that is not valid is refused as a whole.
    let claims = json!({
        "iss": "https://issuer.example",
        "sub": "alice",
        "aud": if dice.percent(50) { json!("a") } else { json!(["a", "b"]) },
        "exp": 4_102_444_800_i64,
        "iat": 1_600_000_000,
        "org": if dice.percent(80) { json!("acme") } else { Json::Null },
        "n": number(dice),
    });
    claims.as_object().cloned()
}

fn anything(dice: &mut Rng) -> Json {
    match dice.u32(0..10) {
        0..3 => string(dice),
        3..6 => number(dice),
        6 => boolean(dice),
        7 => Json::Null,
        8 => strings(dice),
        _ => json!({ "a": string(dice) }),
    }
}

fn string(dice: &mut Rng) -> Json {
    one(dice, &STRINGS)
}

fn number(dice: &mut Rng) -> Json {
    match dice.u32(0..12) {
        0 => json!(-1.5),
        1 => json!(123_456_789),
        2 => json!(9_007_199_254_740_993_i64),
        3 => json!(0.1),
        4 => json!(-3),
        _ => json!(dice.u8(0..6)),
    }
}

fn boolean(dice: &mut Rng) -> Json {
    dice.percent(70).into()
}

fn strings(dice: &mut Rng) -> Json {
    (0..dice.usize(0..4)).map(|_| string(dice)).collect()
}

fn one(dice: &mut Rng, texts: &[&str]) -> Json {
    (*dice.pick(texts)).into()
}
