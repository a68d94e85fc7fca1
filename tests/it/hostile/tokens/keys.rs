//! A: algorithms, keys, signatures.

use serde_json::{Value, json};

use super::{Family, bearing};
use crate::hostile::{
    dice::Dice,
    draft::{Draft, Forge},
    house::Attempt,
    keys::{base64url, hs256},
};

pub(super) const FAMILIES: &[Family] = &[
    Family::wrong("A1 no algorithm", a1),
    Family::correct("A2 malformed algorithm", a2),
    Family::wrong("A3 public key as a secret", a3),
    Family::correct("A5 strange key id", a5),
    Family::wrong("A7 key of another issuer", a7),
    Family::correct("A8 no key id", a8),
    Family::correct("A9 ambiguous key id", a9),
    Family::correct("A10 key in the header, real signature", a10),
    Family::wrong("A11 key in the header, its signature", a11),
    Family::correct("A15 key for encryption", a15),
    Family::correct("A17 algorithm that is not configured", a17),
    Family::wrong("A19 key of another type", a19),
    Family::wrong("A21 degenerate signature", a21),
    Family::wrong("A24 foreign key under a known id", a24),
    Family::wrong("A25 changed signature", a25),
];

fn a1(dice: &mut Dice, forge: &Forge) -> Attempt {
    let draft = Draft::valid(dice, forge);
    let signature = dice.pick(&[String::new(), last(&draft.token(&forge.ring))]);
    let draft = draft.header("alg", dice.pick(&["none", "None", "nOnE", "NONE"]));
    bearing(dice, format!("{}.{signature}", draft.text()))
}

fn a2(dice: &mut Dice, forge: &Forge) -> Attempt {
    let draft = Draft::valid(dice, forge);
    let name = forge.ring.get(draft.key).algorithm();
    let algorithm = dice.pick(&[
        Value::Null,
        json!([name]),
        json!(1),
        json!(""),
        json!(true),
        json!({ "alg": name }),
        json!(name.to_lowercase()),
        json!(format!("{name} ")),
        json!(format!(" {name}")),
        json!(format!("{name}\0")),
        json!(format!("{name}K")),
    ]);
    let absent = dice.once_in(8);
    let draft = if absent { draft.without_header("alg") } else { draft.header("alg", algorithm) };
    bearing(dice, draft.token(&forge.ring))
}

fn a3(dice: &mut Dice, forge: &Forge) -> Attempt {
    let draft = Draft::valid(dice, forge);
    let secret = dice.pick(&forge.ring.get(draft.key).as_secrets());
    // Some libraries take the algorithm of the key for the one of the header.
    let draft = if dice.once_in(4) { draft } else { draft.header("alg", "HS256") };
    bearing(dice, hs256(&draft.text(), &secret))
}

fn a5(dice: &mut Dice, forge: &Forge) -> Attempt {
    let draft = Draft::valid(dice, forge);
    let id = draft.key;
    let (long, word) = ("k".repeat(dice.count(129, 4000)), dice.word(8));
    let id = dice.pick(&[
        json!("../../../../dev/null"),
        json!("' OR '1'='1"),
        json!("https://evil.example/jwks.json"),
        json!("__proto__"),
        json!(long),
        json!(1),
        json!(""),
        Value::Null,
        json!([id]),
        json!({ "kid": id }),
        json!(format!("{id}\0")),
        json!(format!("{id} ")),
        json!(id.to_uppercase()),
        json!(word),
    ]);
    bearing(dice, draft.header("kid", id).token(&forge.ring))
}

fn a7(dice: &mut Dice, forge: &Forge) -> Attempt {
    let draft = Draft::valid(dice, forge).by("b1", &forge.ring);
    bearing(dice, draft.token(&forge.ring))
}

fn a8(dice: &mut Dice, forge: &Forge) -> Attempt {
    let draft = Draft::valid(dice, forge).without_header("kid");
    bearing(dice, draft.token(&forge.ring))
}

fn a9(dice: &mut Dice, forge: &Forge) -> Attempt {
    let key = dice.pick(&["twin", "other twin"]);
    let draft = Draft::valid(dice, forge).by(key, &forge.ring).header("kid", "twin");
    bearing(dice, draft.token(&forge.ring))
}

/// Members of a header that bring a key, or would have it fetched.
fn key_member(dice: &mut Dice, forge: &Forge) -> (&'static str, Value) {
    let mut jwk = forge.ring.get("evil").jwk();
    jwk["kid"] = json!("e1");
    let digest = base64url(dice.bytes(32));
    dice.pick(&[
        ("jwk", jwk),
        ("jku", json!("https://evil.example/jwks.json")),
        ("jku", json!(format!("{}.well-known/jwks.json", forge.issuer_a))),
        ("x5u", json!("https://evil.example/cert.pem")),
        ("x5c", json!(["MIIB"])),
        ("x5t", json!("AAAAAAAAAAAAAAAAAAAAAAAAAAA")),
        ("x5t#S256", json!(digest)),
    ])
}

fn a10(dice: &mut Dice, forge: &Forge) -> Attempt {
    let (name, value) = key_member(dice, forge);
    let draft = Draft::valid(dice, forge).header(name, value);
    bearing(dice, draft.token(&forge.ring))
}

fn a11(dice: &mut Dice, forge: &Forge) -> Attempt {
    let (name, value) = key_member(dice, forge);
    let draft = Draft::valid(dice, forge).by("evil", &forge.ring).header("kid", "e1");
    bearing(dice, draft.header(name, value).token(&forge.ring))
}

fn a15(dice: &mut Dice, forge: &Forge) -> Attempt {
    let draft = Draft::valid(dice, forge).by("encrypts", &forge.ring);
    bearing(dice, draft.token(&forge.ring))
}

/// Published keys, correct signatures, and an algorithm that the operator has not named.
fn a17(dice: &mut Dice, forge: &Forge) -> Attempt {
    let draft = Draft::valid(dice, forge);
    let token = if dice.once_in(64) {
        let text = draft.header("alg", "PS256").header("kid", "r1").text();
        format!("{text}.{}", base64url(forge.ring.get("r1").sign_pss(text.as_bytes())))
    } else {
        draft.by(dice.pick(&["p384", "ed"]), &forge.ring).token(&forge.ring)
    };
    bearing(dice, token)
}

fn a19(dice: &mut Dice, forge: &Forge) -> Attempt {
    let (algorithm, id, key) = dice.pick(&[
        ("ES256", "r1", "e1"),
        ("RS256", "e1", "e1"),
        ("ES256", "p384", "p384"),
        ("ES384", "e1", "e1"),
        ("ES256", "ed", "ed"),
        ("RS256", "p384", "e2"),
    ]);
    let draft = Draft::valid(dice, forge).header("alg", algorithm).header("kid", id).key(key);
    bearing(dice, draft.token(&forge.ring))
}

/// The order of P-256's group.
const ORDER: &str = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";

fn a21(dice: &mut Dice, forge: &Forge) -> Attempt {
    let draft = Draft::valid(dice, forge).by(dice.pick(&["e1", "e2"]), &forge.ring);
    let good = forge.ring.get(draft.key).sign(draft.text().as_bytes());
    let order: Vec<u8> =
        (0..32).map(|i| u8::from_str_radix(&ORDER[2 * i..2 * i + 2], 16).unwrap()).collect();
    let one = [&[0; 31][..], &[1]].concat();
    let (r, s) = (good[..32].to_vec(), good[32..].to_vec());
    let halves = [vec![0; 32], one, order, vec![0xff; 32], r, s];
    let (first, second) = (dice.below(6), dice.below(5));
    // The fifth and the sixth in this order would be the good one, so the sixth never comes second.
    let raw = [halves[first].clone(), halves[second].clone()].concat();
    let length = dice.count(1, 40);
    let signature = match dice.below(5) {
        0 => der(&good),
        1 => good[..64 - length].to_vec(),
        2 => [good, dice.bytes(length)].concat(),
        3 => [dice.bytes(length), good].concat(),
        _ => raw,
    };
    bearing(dice, format!("{}.{}", draft.text(), base64url(signature)))
}

/// As TLS writes a signature: two integers in a sequence.
fn der(raw: &[u8]) -> Vec<u8> {
    let integer = |bytes: &[u8]| {
        let bytes = [&[0][..], bytes].concat();
        [&[2, u8::try_from(bytes.len()).unwrap()][..], &bytes].concat()
    };
    let integers = [integer(&raw[..32]), integer(&raw[32..])].concat();
    [&[0x30, u8::try_from(integers.len()).unwrap()][..], &integers].concat()
}

fn a24(dice: &mut Dice, forge: &Forge) -> Attempt {
    let (key, id) = if dice.once_in(64) {
        ("evil rsa", "r1")
    } else {
        dice.pick(&[("evil", "e1"), ("evil", "e2"), ("b1", "e1"), ("e2", "e1")])
    };
    let draft = Draft::valid(dice, forge).by(key, &forge.ring).header("kid", id);
    bearing(dice, draft.token(&forge.ring))
}

fn a25(dice: &mut Dice, forge: &Forge) -> Attempt {
    let draft = Draft::valid(dice, forge);
    let mut signature = forge.ring.get(draft.key).sign(draft.text().as_bytes());
    let place = dice.below(signature.len());
    signature[place] ^= 1 << dice.below(8);
    bearing(dice, format!("{}.{}", draft.text(), base64url(signature)))
}

fn last(token: &str) -> String {
    token.rsplit_once('.').map(|(_, signature)| signature.to_owned()).unwrap()
}
