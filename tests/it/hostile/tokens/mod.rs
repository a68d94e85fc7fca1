//! Families of hostile tokens. Each changes one thing of a token that would be accepted; most are
//! signed correctly, so that only the check in question can refuse them.

mod claims;
mod keys;
mod kinds;
mod structure;
mod transport;

use super::{
    dice::Dice,
    draft::{Draft, Forge},
    house::{ALLOWED, Attempt},
};

pub(super) struct Family {
    pub(super) name: &'static str,
    pub(super) sign: Sign,
    make: fn(&mut Dice, &Forge) -> Attempt,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    /// Signed by the key that it should be signed by, over what is sent, and wrong in something else.
    Correct,
    /// The signature, or what it is over, is what is wrong.
    Wrong,
}

pub(super) fn families() -> Vec<&'static Family> {
    [keys::FAMILIES, structure::FAMILIES, kinds::FAMILIES, claims::FAMILIES, transport::FAMILIES]
        .into_iter()
        .flatten()
        .collect()
}

/// A request that must be allowed.
pub(super) fn valid(dice: &mut Dice, forge: &Forge) -> Attempt {
    let token = Draft::valid(dice, forge).token(&forge.ring);
    let scheme = dice.pick(&["Bearer", "bearer", "BEARER", "Bearer ", "Bearer  "]);
    wherever(dice).header("authorization", format!("{scheme} {token}"))
}

/// A request without credentials for something that a reader may read.
pub(super) fn wherever(dice: &mut Dice) -> Attempt {
    let mut attempt = Attempt::to(dice.pick(&ALLOWED));
    attempt.method = dice.pick(&["GET", "HEAD"]).to_owned();
    attempt.separate = dice.once_in(2);
    attempt
}

fn bearing(dice: &mut Dice, token: impl AsRef<[u8]>) -> Attempt {
    wherever(dice).header("authorization", [b"Bearer ", token.as_ref()].concat())
}

// === impl Family ===

impl Family {
    pub(super) fn make(&self, dice: &mut Dice, forge: &Forge) -> Attempt {
        (self.make)(dice, forge)
    }

    const fn correct(name: &'static str, make: fn(&mut Dice, &Forge) -> Attempt) -> Self {
        Self { name, sign: Sign::Correct, make }
    }

    const fn wrong(name: &'static str, make: fn(&mut Dice, &Forge) -> Attempt) -> Self {
        Self { name, sign: Sign::Wrong, make }
    }
}
