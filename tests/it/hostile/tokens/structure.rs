//! B: segments, base64url, JSON.

use serde_json::{Value, json};

use super::{Family, bearing};
use crate::hostile::{
    dice::Dice,
    draft::{Draft, Forge, signed},
    house::Attempt,
    keys::base64url,
};

pub(super) const FAMILIES: &[Family] = &[
    Family::correct("B1 JSON serialization", b1),
    Family::wrong("B2 number of segments", b2),
    Family::correct("B3 second spelling of base64url", b3),
    Family::correct("B4 member twice", b4),
    Family::correct("B5 no object", b5),
    Family::correct("B6 almost JSON", b6),
    Family::correct("B7 deep nesting", b7),
    Family::correct("B8 very many values", b8),
    Family::correct("B9 no UTF-8", b9),
    Family::correct("B11 extension in the header", b11),
    Family::wrong("B13 payload that is not encoded", b13),
    Family::wrong("B18 opaque or encrypted", b18),
    Family::correct("B19 token in a token", b19),
    Family::correct("B20 too large", b20),
    Family::wrong("B21 character that is in no token", b21),
];

fn parts(token: &str) -> [&str; 3] {
    let parts: Vec<&str> = token.split('.').collect();
    parts.try_into().unwrap()
}

fn b1(dice: &mut Dice, forge: &Forge) -> Attempt {
    let token = Draft::valid(dice, forge).token(&forge.ring);
    let [protected, payload, signature] = parts(&token);
    let flat = json!({ "payload": payload, "protected": protected, "signature": signature });
    let signature = json!({ "protected": protected, "signature": signature });
    let general = json!({ "payload": payload, "signatures": [signature] });
    let text = dice.pick(&[flat, general]).to_string();
    bearing(dice, text)
}

fn b2(dice: &mut Dice, forge: &Forge) -> Attempt {
    let token = Draft::valid(dice, forge).token(&forge.ring);
    let [header, payload, signature] = parts(&token);
    let text = match dice.below(10) {
        0 => header.to_owned(),
        1 => format!("{header}.{payload}"),
        2 => format!("{header}.{payload}."),
        3 => format!("{token}."),
        4 => format!(".{token}"),
        5 => format!("{token}.{signature}"),
        6 => format!("{header}..{signature}"),
        7 => format!(".{payload}.{signature}"),
        8 => format!("{token}.{token}"),
        _ => ".".repeat(dice.count(1, 16_000)),
    };
    bearing(dice, text)
}

fn b3(dice: &mut Dice, forge: &Forge) -> Attempt {
    let token = Draft::valid(dice, forge).token(&forge.ring);
    let other = second_spelling(dice, &token);
    bearing(dice, other)
}

/// What a lenient decoder reads as the same token.
pub(super) fn second_spelling(dice: &mut Dice, token: &str) -> String {
    let original = parts(token).map(str::to_owned);
    let place = dice.below(3);
    let mut other = original.clone();
    match dice.below(4) {
        0 => other[place] += dice.pick(&["=", "==", "A", "AA"]),
        1 => other[place] = other[place].replace('-', "+").replace('_', "/"),
        2 => other[2] = trailing_bits(&other[2], dice),
        _ => return token.replacen('.', "%2E", place.max(1)),
    }
    if other == original {
        other[place].push('=');
    }
    other.join(".")
}

pub(super) const ALPHABET: &[u8; 64] =
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Sets bits of the last character that no byte takes: 64 bytes and 256 bytes both leave four over.
fn trailing_bits(segment: &str, dice: &mut Dice) -> String {
    let (start, last) = segment.split_at(segment.len() - 1);
    let value = ALPHABET.iter().position(|c| last.as_bytes()[0] == *c).unwrap();
    format!("{start}{}", char::from(ALPHABET[value + dice.count(1, 16)]))
}

fn b4(dice: &mut Dice, forge: &Forge) -> Attempt {
    let draft = Draft::valid(dice, forge);
    if dice.once_in(6) {
        let twice =
            dice.pick(&[r#"{"alg":"none","#, r#"{"kid":"evil","#, r#"{"\u0061lg":"ES256","#]);
        let header = draft.header_text().replacen('{', twice, 1);
        return bearing(dice, draft.with_header(&forge.ring, header));
    }
    let payload = draft.payload_text();
    let twice = dice.pick(&[
        r#""aud":"https://other.example/""#,
        r#""sub":"auth0|other""#,
        r#""exp":99999999999"#,
        r#""iss":"https://evil.example/""#,
        r#""\u0073ub":"auth0|other""#,
        r#""https://hostile.example/roles":["admin"]"#,
        r#""x":{"y":1,"y":1}"#,
        r#""x":[{"y":1,"\u0079":2}]"#,
    ]);
    let inner = &payload[1..payload.len() - 1];
    let payload = dice.pick(&[format!("{{{twice},{inner}}}"), format!("{{{inner},{twice}}}")]);
    bearing(dice, draft.with_payload(&forge.ring, payload))
}

#[derive(Clone, Copy)]
enum Segment {
    Header,
    Payload,
}

impl Segment {
    fn any(dice: &mut Dice) -> Self {
        dice.pick(&[Self::Header, Self::Payload, Self::Payload, Self::Payload])
    }

    fn text(self, draft: &Draft) -> String {
        match self {
            Self::Header => draft.header_text(),
            Self::Payload => draft.payload_text(),
        }
    }

    fn replaced(self, draft: &Draft, forge: &Forge, text: &str) -> String {
        match self {
            Self::Header => draft.with_header(&forge.ring, text),
            Self::Payload => draft.with_payload(&forge.ring, text),
        }
    }
}

fn b5(dice: &mut Dice, forge: &Forge) -> Attempt {
    let draft = Draft::valid(dice, forge);
    let segment = Segment::any(dice);
    let text = segment.text(&draft);
    let other = dice.pick(&[
        "[]".to_owned(),
        "null".to_owned(),
        "\"x\"".to_owned(),
        "1".to_owned(),
        "true".to_owned(),
        String::new(),
        " ".to_owned(),
        format!("[{text}]"),
        json!(text).to_string(),
    ]);
    bearing(dice, segment.replaced(&draft, forge, &other))
}

fn b6(dice: &mut Dice, forge: &Forge) -> Attempt {
    let draft = Draft::valid(dice, forge);
    let segment = Segment::any(dice);
    let text = segment.text(&draft);
    let open = &text[..text.len() - 1];
    let other = match dice.below(11) {
        0 => format!("\u{feff}{text}"),
        1 => format!("{text}x"),
        2 => format!("{text}{text}"),
        3 => format!("/**/{text}"),
        4 => format!("{open},}}"),
        5 => format!("{open},\"x\":NaN}}"),
        6 => format!("{open},\"x\":-Infinity}}"),
        7 => format!("{open},\"x\":01}}"),
        8 => text.replace('"', "'"),
        9 => format!("{open},x:1}}"),
        _ => open.to_owned(),
    };
    bearing(dice, segment.replaced(&draft, forge, &other))
}

fn b7(dice: &mut Dice, forge: &Forge) -> Attempt {
    let (open, close) = dice.pick(&[("[", "]"), ("{\"a\":", "}")]);
    // Within the limit of a token's size.
    let depth = dice.count(40, 5000) / open.len() + 40;
    with_member(dice, forge, format!("{}1{}", open.repeat(depth), close.repeat(depth)))
}

fn b8(dice: &mut Dice, forge: &Forge) -> Attempt {
    let values = "1,".repeat(dice.count(4200, 5000));
    with_member(dice, forge, format!("[{values}1]"))
}

fn with_member(dice: &mut Dice, forge: &Forge, value: impl AsRef<[u8]>) -> Attempt {
    let draft = Draft::valid(dice, forge);
    let payload = draft.payload_text();
    let open = &payload.as_bytes()[..payload.len() - 1];
    let payload = [open, b",\"x\":", value.as_ref(), b"}"].concat();
    bearing(dice, draft.with_payload(&forge.ring, payload))
}

fn b9(dice: &mut Dice, forge: &Forge) -> Attempt {
    let bad: &[u8] = dice.pick(&[
        &b"\xff\xfe"[..],
        b"\xc0\xaf",
        b"\xed\xa0\x80",
        b"\xf4\x90\x80\x80",
        b"\\ud800",
        b"\\udc00x",
        b"\\ud800\\u0041",
        b"\0",
        b"\x1f",
        b"\\x",
    ]);
    with_member(dice, forge, [b"\"", bad, b"\""].concat())
}

fn b11(dice: &mut Dice, forge: &Forge) -> Attempt {
    let (name, value) = dice.pick(&[
        ("crit", json!(["b64"])),
        ("crit", json!(["exp"])),
        ("crit", json!(["alg"])),
        ("crit", json!([])),
        ("crit", json!("b64")),
        ("crit", json!(["https://hostile.example/x"])),
        ("crit", Value::Null),
        ("b64", json!(false)),
        ("b64", json!(true)),
        ("zip", json!("DEF")),
    ]);
    let draft = Draft::valid(dice, forge).header(name, value);
    let draft = if dice.once_in(3) { draft.header("b64", true) } else { draft };
    bearing(dice, draft.token(&forge.ring))
}

/// RFC 7797: what is signed is the payload itself.
fn b13(dice: &mut Dice, forge: &Forge) -> Attempt {
    let mut draft = Draft::valid(dice, forge);
    if dice.once_in(2) {
        draft = draft.header("b64", false).header("crit", json!(["b64"]));
    }
    let (header, payload) = (base64url(draft.header_text()), draft.payload_text());
    let token = signed(&format!("{header}.{payload}"), forge.ring.get(draft.key));
    let signature = token.rsplit('.').next().unwrap();
    let token = dice.pick(&[
        format!("{header}..{signature}"),
        format!("{header}.{payload}.{signature}"),
        format!("{header}.{}.{signature}", base64url(&payload)),
    ]);
    bearing(dice, token)
}

fn b18(dice: &mut Dice, forge: &Forge) -> Attempt {
    let header = json!({ "alg": "dir", "enc": "A256GCM", "iss": forge.issuer_a });
    let (header, text) = (base64url(header.to_string()), base64url(dice.bytes(40)));
    let length = dice.count(1, 200);
    let word = dice.word(length);
    let token = dice.pick(&[
        format!("{header}..{text}.{text}.{text}"),
        format!("{header}.{text}.{text}.{text}.{text}"),
        word,
    ]);
    bearing(dice, token)
}

fn b19(dice: &mut Dice, forge: &Forge) -> Attempt {
    let draft = Draft::valid(dice, forge);
    let mut token = draft.token(&forge.ring);
    for _ in 0..dice.between(1, 4) {
        token = draft.clone().header("cty", "JWT").with_payload(&forge.ring, token);
    }
    bearing(dice, token)
}

fn b20(dice: &mut Dice, forge: &Forge) -> Attempt {
    let padding = "x".repeat(dice.count(12_400, 60_000));
    let draft = Draft::valid(dice, forge).claim("x", padding);
    bearing(dice, draft.token(&forge.ring))
}

fn b21(dice: &mut Dice, forge: &Forge) -> Attempt {
    let mut token = Draft::valid(dice, forge).token(&forge.ring).into_bytes();
    let bad: &[u8] = dice.pick(&[
        &b"\r"[..],
        b"\n",
        b"\0",
        b" ",
        b"\t",
        b"\xc3\xa9",
        b"%00",
        b"=",
        b"\x80",
        b"~",
        b":",
    ]);
    let place = dice.count(1, token.len());
    token.splice(place..place, bad.iter().copied());
    bearing(dice, token)
}
