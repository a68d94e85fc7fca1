//! R: tokens that look like one which was accepted a moment ago, and is remembered.

use serde_json::{Value, json};

use super::{Family, Sign, bearing, structure};
use crate::hostile::{
    dice::Dice,
    draft::{Draft, Forge},
    house::Attempt,
};

pub(super) const FAMILIES: &[Family] = &[
    Family::after("R2 other bytes, remembered signature", Sign::Wrong, r2),
    Family::after("R2 other claims, remembered signature", Sign::Wrong, r2_claims),
    Family::after("R3 remembered, then expired", Sign::Correct, r3),
    Family::after("R8 second spelling of a remembered token", Sign::Correct, r8),
];

/// Any one character of header or payload.
fn r2(dice: &mut Dice, forge: &Forge) -> [Attempt; 2] {
    let token = Draft::valid(dice, forge).token(&forge.ring);
    let end = token.rfind('.').unwrap();
    let mut other = token.clone().into_bytes();
    while other == token.as_bytes() {
        other[dice.below(end)] = dice.pick(structure::ALPHABET);
    }
    [bearing(dice, token), bearing(dice, other)]
}

fn r2_claims(dice: &mut Dice, forge: &Forge) -> [Attempt; 2] {
    let draft = Draft::valid(dice, forge);
    let token = draft.token(&forge.ring);
    let (_, signature) = token.rsplit_once('.').unwrap();
    let other = match dice.below(4) {
        0 => draft.claim("sub", "auth0|admin"),
        1 => draft.claim("permissions", json!(["everything"])),
        2 => draft.claim("exp", forge.now + 90_000),
        _ => draft.header("x", dice.word(4)),
    };
    let other = format!("{}.{signature}", other.text());
    [bearing(dice, token), bearing(dice, other)]
}

fn r3(dice: &mut Dice, forge: &Forge) -> [Attempt; 2] {
    let draft = Draft::valid(dice, forge);
    // Rounded up, and the half minute by which clocks may differ.
    let expiry = draft.claims.get("exp").and_then(Value::as_f64).unwrap().ceil();
    let first_refused = format!("{expiry}").parse::<i64>().unwrap() + 30;
    let valid = bearing(dice, draft.token(&forge.ring));
    let at = first_refused + if dice.once_in(2) { 0 } else { dice.between(1, 100_000) };
    [valid.clone(), Attempt { at, ..valid }]
}

fn r8(dice: &mut Dice, forge: &Forge) -> [Attempt; 2] {
    let token = Draft::valid(dice, forge).token(&forge.ring);
    let other = structure::second_spelling(dice, &token);
    [bearing(dice, token), bearing(dice, other)]
}
