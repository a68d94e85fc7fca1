//! K: claims that do not hold, or do not say enough.

use serde_json::{Value, json};

use super::{Family, bearing};
use crate::hostile::{
    dice::Dice,
    draft::{AUDIENCE, Draft, Forge, ROLES},
    house::Attempt,
};

pub(super) const FAMILIES: &[Family] = &[
    Family::correct("K1 issuer almost right", k1),
    Family::wrong("K2 issuer that is not trusted", k2),
    Family::correct("K5 audience almost right", k5),
    Family::correct("K6 audience of a wrong type", k6),
    Family::correct("K8 exp of a wrong type", k8),
    Family::correct("K9 expired", k9),
    Family::correct("K10 never expires", k10),
    Family::correct("K13 nbf", k13),
    Family::correct("K14 iat", k14),
    Family::correct("K17 no subject", k17),
    Family::correct("K18 two clients", k18),
    Family::correct("K19 scope or permissions of a wrong type", k19),
    Family::correct("K22 malformed actor", k22),
    Family::correct("K24 kind that cannot be told", k24),
    Family::correct("K25 role almost right", k25),
    Family::correct("K26 control characters", k26),
    Family::correct("K27 role that no token can claim", k27),
    Family::correct("K28 roles in another claim", k28),
];

fn with(dice: &mut Dice, forge: &Forge, name: &str, values: &[Value]) -> Attempt {
    let draft = Draft::valid(dice, forge).claim(name, dice.pick(values));
    bearing(dice, draft.token(&forge.ring))
}

fn without(dice: &mut Dice, forge: &Forge, name: &str) -> Attempt {
    let draft = Draft::valid(dice, forge).without(name);
    bearing(dice, draft.token(&forge.ring))
}

fn k1(dice: &mut Dice, forge: &Forge) -> Attempt {
    if dice.once_in(12) {
        return without(dice, forge, "iss");
    }
    let issuer = &forge.issuer_a;
    let bare = issuer.trim_end_matches('/');
    let host = bare.trim_start_matches("http://");
    let issuers = [
        json!(bare),
        json!(format!("{issuer}/")),
        json!(issuer.replace("http", "HTTP")),
        json!(issuer.replace("http:", "https:")),
        json!(format!("{issuer} ")),
        json!(format!(" {issuer}")),
        json!(format!("{bare}@evil.example/")),
        json!(format!("http://evil.example@{host}/")),
        json!(format!("{issuer}?x")),
        json!(format!("{issuer}\0")),
        json!(issuer.replace("127.0.0.1", "localhost")),
        json!([issuer]),
        json!({ "iss": issuer }),
        Value::Null,
        json!(""),
    ];
    with(dice, forge, "iss", &issuers)
}

fn k2(dice: &mut Dice, forge: &Forge) -> Attempt {
    let draft = Draft::valid(dice, forge).by("evil", &forge.ring);
    let draft = draft.claim("iss", format!("https://{}.example/", dice.word(10)));
    bearing(dice, draft.token(&forge.ring))
}

fn k5(dice: &mut Dice, forge: &Forge) -> Attempt {
    if dice.once_in(12) {
        return without(dice, forge, "aud");
    }
    let audiences = [
        json!(format!("{AUDIENCE}/")),
        json!(format!("{AUDIENCE}.evil.example")),
        json!(AUDIENCE.to_uppercase()),
        json!(&AUDIENCE[..AUDIENCE.len() - 1]),
        json!(format!(" {AUDIENCE}")),
        json!(format!("{AUDIENCE} https://other.example/")),
        json!(format!("{AUDIENCE}\0")),
        json!("*"),
        json!(""),
        json!([]),
        json!(["https://other.example/"]),
    ];
    with(dice, forge, "aud", &audiences)
}

fn k6(dice: &mut Dice, forge: &Forge) -> Attempt {
    let audiences = [
        Value::Null,
        json!({}),
        json!({ "aud": AUDIENCE }),
        json!([[AUDIENCE]]),
        json!([AUDIENCE, 42]),
        json!([null, AUDIENCE]),
        json!(7),
        json!(true),
    ];
    with(dice, forge, "aud", &audiences)
}

fn k8(dice: &mut Dice, forge: &Forge) -> Attempt {
    if dice.once_in(8) {
        return without(dice, forge, "exp");
    }
    let later = forge.now + 3600;
    let values = [
        json!(later.to_string()),
        Value::Null,
        json!(true),
        json!({}),
        json!([later]),
        json!("never"),
        json!(""),
    ];
    with(dice, forge, "exp", &values)
}

fn k9(dice: &mut Dice, forge: &Forge) -> Attempt {
    let expired = forge.now - dice.between(30, 100_000);
    let fraction = f64::from(i32::try_from(expired).unwrap()) - 0.5;
    let value = dice.pick(&[
        json!(expired),
        json!(expired),
        json!(fraction),
        json!(0),
        json!(-1),
        json!(-1e9),
        json!(-1e300),
    ]);
    let issued_at = expired - dice.between(1, 10_000);
    let draft = Draft::valid(dice, forge).claim("iat", issued_at).claim("exp", value);
    bearing(dice, draft.token(&forge.ring))
}

/// Numbers as JSON writes them, of which some are no double.
fn k10(dice: &mut Dice, forge: &Forge) -> Attempt {
    let draft = Draft::valid(dice, forge).without("exp");
    let number = dice.pick(&[
        "1e18",
        "1e400",
        "1e308",
        "9.9e9",
        "9223372036854775807",
        "9223372036854775808",
        "18446744073709551615",
        "18446744073709551616",
        "2741514057",
        "99999999999999999999999999",
    ]);
    let payload = draft.payload_text().replacen('{', &format!("{{\"exp\":{number},"), 1);
    bearing(dice, draft.with_payload(&forge.ring, payload))
}

fn k13(dice: &mut Dice, forge: &Forge) -> Attempt {
    let later = forge.now + dice.between(31, 100_000);
    let values =
        [json!(later), json!(later), json!("x"), Value::Null, json!([]), json!(true), json!(1e300)];
    with(dice, forge, "nbf", &values)
}

fn k14(dice: &mut Dice, forge: &Forge) -> Attempt {
    if dice.once_in(8) {
        return without(dice, forge, "iat");
    }
    let later = forge.now + dice.between(31, 100_000);
    let values = [
        json!(later),
        json!(forge.now.to_string()),
        json!(-5),
        json!(-1e300),
        Value::Null,
        json!([forge.now]),
        json!(false),
        // Longer ago than any lifetime that is believed.
        json!(forge.now - 40 * 86_400),
    ];
    with(dice, forge, "iat", &values)
}

fn k17(dice: &mut Dice, forge: &Forge) -> Attempt {
    if dice.once_in(8) {
        return without(dice, forge, "sub");
    }
    let long = "s".repeat(dice.count(256, 3000));
    let values = [
        json!(""),
        json!(" "),
        json!("\u{a0}"),
        json!(42),
        json!({}),
        json!(["auth0|1"]),
        Value::Null,
        json!(long),
    ];
    with(dice, forge, "sub", &values)
}

fn k18(dice: &mut Dice, forge: &Forge) -> Attempt {
    let word = dice.word(32);
    let values = [json!(word), json!(7), Value::Null, json!(""), json!([word])];
    with(dice, forge, "client_id", &values)
}

fn k19(dice: &mut Dice, forge: &Forge) -> Attempt {
    let other = json!(["read:invoices"]);
    let (name, other) = dice.pick(&[("scope", other), ("permissions", json!("read:invoices"))]);
    let values = [other, json!(1), json!({}), Value::Null, json!([1]), json!([null])];
    with(dice, forge, name, &values)
}

fn k22(dice: &mut Dice, forge: &Forge) -> Attempt {
    let depth = dice.between(6, 14);
    let deep = (0..depth).fold(json!({ "sub": "a" }), |act, _| json!({ "sub": "a", "act": act }));
    let values = [
        json!("client@clients"),
        json!({}),
        json!({ "sub": "" }),
        json!({ "sub": 7 }),
        json!({ "sub": "a", "act": "b" }),
        json!({ "sub": "a", "act": {} }),
        json!([{ "sub": "a" }]),
        Value::Null,
        deep,
    ];
    with(dice, forge, "act", &values)
}

fn k24(dice: &mut Dice, forge: &Forge) -> Attempt {
    let (name, value) = dice.pick(&[
        ("sub_profile", json!("unheard of")),
        ("sub_profile", json!("user service")),
        ("sub_profile", json!("user ai_agent")),
        ("sub_profile", json!("")),
        ("sub_profile", json!(["user"])),
        ("gty", json!(7)),
        ("gty", json!({})),
    ]);
    with(dice, forge, name, &[value])
}

fn k25(dice: &mut Dice, forge: &Forge) -> Attempt {
    let role = dice.pick(&[
        "Reader",
        "READER",
        "reader ",
        " reader",
        "reader\u{200b}",
        "r\u{435}ader",
        "\u{ff52}eader",
        "reade\u{301}r",
        "reader,reader",
        "reader\0",
        "*",
        "read",
        "readers",
        "admin",
        "%72eader",
    ]);
    with(dice, forge, ROLES, &[json!([role]), json!([role, "other"]), json!(["x", role])])
}

fn k26(dice: &mut Dice, forge: &Forge) -> Attempt {
    let word = dice.word(8);
    let bad = dice.pick(&[
        "\r\nx-admin: 1",
        "\n",
        "\r",
        "\0",
        "\t",
        "\u{1b}[2J",
        "\u{7f}",
        "\u{85}",
        "\u{202e}",
        "\u{2028}",
        "\u{2066}",
        "\u{200f}",
    ]);
    let subjects = [json!(format!("auth0|{word}{bad}")), json!(format!("auth0|{bad}{word}"))];
    with(dice, forge, "sub", &subjects)
}

fn k27(dice: &mut Dice, forge: &Forge) -> Attempt {
    let roles = [json!(["m2m"]), json!(["anonymous"]), json!(["ai_agent"]), json!(["user", "m2m"])];
    with(dice, forge, ROLES, &roles)
}

fn k28(dice: &mut Dice, forge: &Forge) -> Attempt {
    let name = dice.pick(&[
        "roles".to_owned(),
        format!("{ROLES}/"),
        ROLES.to_uppercase(),
        format!(" {ROLES}"),
        ROLES.replace("https", "http"),
    ]);
    let draft = Draft::valid(dice, forge);
    let draft = match dice.below(4) {
        0 => draft.claim(ROLES, json!([])),
        1 => draft.claim(ROLES, json!([["reader"]])),
        2 => draft.claim(ROLES, "reader"),
        _ => draft.without(ROLES),
    };
    bearing(dice, draft.claim(&name, json!(["reader"])).token(&forge.ring))
}
