//! C: signed by the issuer, and no access token for this API.

use serde_json::{Value, json};

use super::{Family, bearing};
use crate::hostile::{
    dice::Dice,
    draft::{AUDIENCE, AUDIENCE_OF_B, Draft, Forge},
    house::Attempt,
};

pub(super) const FAMILIES: &[Family] = &[
    Family::correct("C1 ID token", c1),
    Family::correct("C2 claim of another kind of token", c2),
    Family::correct("C5 type of another kind of token", c5),
    Family::correct("C6 no type", c6),
    Family::correct("C8 not the issuer's profile", c8),
    Family::correct("C11 audience of the issuer's own API", c11),
    Family::wrong("C12 client assertion", c12),
    Family::correct("C13 audience of another API of ours", c13),
    Family::correct("X17 bound token as a bearer token", x17),
    Family::correct("X20 malformed confirmation", x20),
];

fn c1(dice: &mut Dice, forge: &Forge) -> Attempt {
    let draft = Draft::valid(dice, forge)
        .header("typ", "JWT")
        .claim("aud", dice.word(32))
        .claim("nonce", dice.word(10))
        .claim("email", "a@hostile.example");
    bearing(dice, draft.token(&forge.ring))
}

fn c2(dice: &mut Dice, forge: &Forge) -> Attempt {
    let logout = json!({ "http://schemas.openid.net/event/backchannel-logout": {} });
    let word = json!(dice.word(22));
    let (name, value) = dice.pick(&[
        ("events", logout),
        ("events", Value::Null),
        ("nonce", word.clone()),
        ("at_hash", word.clone()),
        ("c_hash", word.clone()),
        ("s_hash", word),
        ("htm", json!("GET")),
        ("htu", json!("https://api.hostile.example/")),
    ]);
    let draft = Draft::valid(dice, forge).claim(name, value);
    bearing(dice, draft.token(&forge.ring))
}

fn c5(dice: &mut Dice, forge: &Forge) -> Attempt {
    let token_type = dice.pick(&[
        "dpop+jwt",
        "logout+jwt",
        "secevent+jwt",
        "oauth-id-jag+jwt",
        "token-introspection+jwt",
        "JWE",
        "JOSE",
        "JWT ",
        "at+jwt\0",
        "application/application/jwt",
        "text/jwt",
        "",
    ]);
    let draft = Draft::valid(dice, forge).header("typ", token_type);
    bearing(dice, draft.token(&forge.ring))
}

fn c6(dice: &mut Dice, forge: &Forge) -> Attempt {
    let draft = Draft::valid(dice, forge);
    let draft = match dice.below(4) {
        0 => draft.header("typ", json!(["at+jwt"])),
        1 => draft.header("typ", 1),
        2 => draft.header("typ", Value::Null),
        _ => draft.without_header("typ"),
    };
    bearing(dice, draft.token(&forge.ring))
}

fn c8(dice: &mut Dice, forge: &Forge) -> Attempt {
    let draft = Draft::of_b(dice, forge);
    let draft = match dice.below(4) {
        0 => draft.header("typ", "JWT"),
        1 => draft.without("jti"),
        2 => draft.without("client_id"),
        _ => draft.claim("jti", 7),
    };
    bearing(dice, draft.token(&forge.ring))
}

fn c11(dice: &mut Dice, forge: &Forge) -> Attempt {
    let issuer = &forge.issuer_a;
    let audience = dice.pick(&[
        format!("{issuer}userinfo"),
        format!("{issuer}api/v2/"),
        format!("{issuer}mfa/"),
        format!("{issuer}me/"),
        format!("urn:{issuer}session_transfer"),
    ]);
    let draft = Draft::valid(dice, forge).claim("aud", audience);
    bearing(dice, draft.token(&forge.ring))
}

fn c12(dice: &mut Dice, forge: &Forge) -> Attempt {
    let client = dice.word(32);
    let draft = Draft::valid(dice, forge)
        .by("evil", &forge.ring)
        .claim("iss", client.as_str())
        .claim("sub", client)
        .claim("aud", forge.issuer_a.as_str());
    bearing(dice, draft.token(&forge.ring))
}

fn c13(dice: &mut Dice, forge: &Forge) -> Attempt {
    let draft = if dice.once_in(2) {
        Draft::valid(dice, forge).claim("aud", AUDIENCE_OF_B)
    } else {
        Draft::of_b(dice, forge).claim("aud", AUDIENCE)
    };
    bearing(dice, draft.token(&forge.ring))
}

fn x17(dice: &mut Dice, forge: &Forge) -> Attempt {
    let thumbprint = dice.word(43);
    let confirmation = dice.pick(&[
        json!({ "jkt": thumbprint }),
        json!({ "x5t#S256": thumbprint }),
        json!({ "jkt": thumbprint, "x5t#S256": thumbprint }),
    ]);
    let draft = Draft::valid(dice, forge).claim("cnf", confirmation);
    let attempt = bearing(dice, draft.token(&forge.ring));
    let proof = "eyJ0eXAiOiJkcG9wK2p3dCJ9.e30.AA";
    if dice.once_in(2) { attempt.header("dpop", proof) } else { attempt }
}

fn x20(dice: &mut Dice, forge: &Forge) -> Attempt {
    let short = dice.word(42);
    let confirmation = dice.pick(&[
        json!({}),
        json!({ "jkt": "" }),
        json!({ "jkt": 7 }),
        json!({ "jkt": short }),
        json!({ "jkt": [short] }),
        json!({ "x5t#S256": null }),
        json!({ "osc": 1 }),
        json!("x"),
        json!([]),
        json!(null),
        json!(false),
    ]);
    let draft = Draft::valid(dice, forge).claim("cnf", confirmation);
    bearing(dice, draft.token(&forge.ring))
}
