//! H: a good token, and a header that does not carry exactly it.

use super::{Family, bearing, wherever};
use crate::hostile::{
    dice::Dice,
    draft::{Draft, Forge},
    house::Attempt,
};

pub(super) const FAMILIES: &[Family] = &[
    Family::correct("H3 white space", h3),
    Family::wrong("H4 empty", h4),
    Family::correct("H5 two headers", h5),
    Family::correct("H6 two credentials in one header", h6),
    Family::correct("H7 token as a parameter", h7),
    Family::correct("H8 other scheme", h8),
    Family::correct("H9 token outside of the header", h9),
    Family::correct("H16 bytes beyond ASCII", h16),
    Family::correct("H17 proof promised for an unbound token", h17),
];

fn token(dice: &mut Dice, forge: &Forge) -> String {
    Draft::valid(dice, forge).token(&forge.ring)
}

fn h3(dice: &mut Dice, forge: &Forge) -> Attempt {
    let token = token(dice, forge);
    let (start, end) = token.split_at(dice.count(1, token.len()));
    let value = dice.pick(&[
        format!("Bearer\t{token}"),
        format!("Bearer \t{token}"),
        format!("Bearer {start} {end}"),
        format!("Bearer {start}\t{end}"),
        format!("Bearer {token} x"),
        format!("Bearer\u{a0}{token}"),
        format!("Bearer\n{token}"),
        format!("Bearer {token}\n"),
    ]);
    wherever(dice).header("authorization", value)
}

fn h4(dice: &mut Dice, _: &Forge) -> Attempt {
    let value = dice.pick(&["Bearer", "Bearer ", "bearer  ", "", " ", "DPoP", "DPoP "]);
    wherever(dice).header("authorization", value)
}

fn h5(dice: &mut Dice, forge: &Forge) -> Attempt {
    let good = format!("Bearer {}", token(dice, forge));
    let bad = dice.pick(&["Bearer x".to_owned(), good.clone(), "Bearer".to_owned(), String::new()]);
    let (first, second) = if dice.once_in(2) { (good, bad) } else { (bad, good) };
    wherever(dice).header("authorization", first).header("authorization", second)
}

fn h6(dice: &mut Dice, forge: &Forge) -> Attempt {
    let token = token(dice, forge);
    let value = dice.pick(&[
        format!("Bearer {token}, Bearer {token}"),
        format!("Bearer {token},{token}"),
        format!("Bearer {token},"),
        format!(",Bearer {token}"),
        format!("Basic eDp5, Bearer {token}"),
        format!("Bearer {token}, Basic eDp5"),
        format!("Bearer x,Bearer {token}"),
    ]);
    wherever(dice).header("authorization", value)
}

fn h7(dice: &mut Dice, forge: &Forge) -> Attempt {
    let token = token(dice, forge);
    let value = dice.pick(&[
        format!("token=\"{token}\""),
        format!("\"{token}\""),
        format!("token={token}"),
        format!("Bearer{token}"),
        format!("<{token}>"),
    ]);
    bearing(dice, value)
}

fn h8(dice: &mut Dice, forge: &Forge) -> Attempt {
    let token = token(dice, forge);
    let scheme = dice.pick(&[
        "",
        "Basic ",
        "Negotiate ",
        "JWT ",
        "Token ",
        "Bearer",
        "Bearer:",
        "Bearer=",
        "Bearer/",
        "Be\u{e4}rer ",
        "OAuth ",
        "\"Bearer\" ",
        "\u{feff}Bearer ",
    ]);
    wherever(dice).header("authorization", format!("{scheme}{token}"))
}

fn h9(dice: &mut Dice, forge: &Forge) -> Attempt {
    let token = token(dice, forge);
    let attempt = wherever(dice);
    if dice.once_in(4) {
        return attempt.followed_by(&format!("?access_token={token}"));
    }
    let (name, value) = dice.pick(&[
        ("x-authorization", format!("Bearer {token}")),
        ("x-forwarded-authorization", format!("Bearer {token}")),
        ("proxy-authorization", format!("Bearer {token}")),
        ("authorization_", format!("Bearer {token}")),
        ("x-access-token", token.clone()),
        ("sec-websocket-protocol", format!("bearer, {token}")),
        ("cookie", format!("access_token={token}")),
    ]);
    attempt.header(name, value)
}

fn h16(dice: &mut Dice, forge: &Forge) -> Attempt {
    let mut value = format!("Bearer {}", token(dice, forge)).into_bytes();
    let place = dice.below(value.len() + 1);
    value.insert(place, u8::try_from(dice.between(0x80, 0x100)).unwrap());
    wherever(dice).header("authorization", value)
}

fn h17(dice: &mut Dice, forge: &Forge) -> Attempt {
    let scheme = dice.pick(&["DPoP", "dpop", "DPOP"]);
    let value = format!("{scheme} {}", token(dice, forge));
    wherever(dice).header("authorization", value)
}
