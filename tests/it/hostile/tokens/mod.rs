//! Families of hostile tokens. Each changes one thing of a token that would be accepted; most are
//! signed correctly, so that only the check in question can refuse them.

mod claims;
mod keys;
mod kinds;
mod replay;
mod structure;
mod transport;

use super::{
    canonical::OPEN,
    dice::Dice,
    draft::{Draft, Forge},
    house::{ALLOWED, Attempt},
};

pub(crate) struct Family {
    pub(crate) name: &'static str,
    pub(crate) sign: Sign,
    make: Make,
}

#[derive(Clone, Copy)]
enum Make {
    Alone(fn(&mut Dice, &Forge) -> Attempt),
    /// After a request that must pass, so that its token is remembered.
    After(fn(&mut Dice, &Forge) -> [Attempt; 2]),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sign {
    /// Signed by the key that it should be signed by, over what is sent, and wrong in something else.
    Correct,
    /// The signature, or what it is over, is what is wrong.
    Wrong,
}

pub(crate) fn families() -> Vec<&'static Family> {
    [
        keys::FAMILIES,
        structure::FAMILIES,
        kinds::FAMILIES,
        claims::FAMILIES,
        transport::FAMILIES,
        replay::FAMILIES,
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A request that must be allowed.
pub(crate) fn valid(dice: &mut Dice, forge: &Forge) -> Attempt {
    let is_of_b = dice.once_in(8);
    let draft = if is_of_b { Draft::of_b(dice, forge) } else { Draft::valid(dice, forge) };
    let token = draft.token(&forge.ring);
    let scheme = dice.pick(&["Bearer", "bearer", "BEARER", "Bearer ", "Bearer  "]);
    wherever(dice).header("authorization", format!("{scheme} {token}"))
}

/// A request without credentials for something that a reader may read.
pub(crate) fn wherever(dice: &mut Dice) -> Attempt {
    let mut attempt = if dice.once_in(4) {
        Attempt::to(&open_path(dice))
    } else {
        Attempt::to(dice.pick(&ALLOWED))
    };
    attempt.method = dice.pick(&["GET", "HEAD"]).to_owned();
    attempt.separate = dice.once_in(2);
    attempt
}

fn open_path(dice: &mut Dice) -> String {
    let segments =
        ["a", "report.pdf", "x%20y", "%C3%BC", "b+c", "~k", "a%26b", "7", "..x", "a=b,c"];
    let segments: Vec<&str> = (0..dice.count(1, 5)).map(|_| dice.pick(&segments)).collect();
    let end = dice.pick(&["", "", "/"]);
    format!("{OPEN}{}{end}", segments.join("/"))
}

fn bearing(dice: &mut Dice, token: impl AsRef<[u8]>) -> Attempt {
    wherever(dice).header("authorization", [b"Bearer ", token.as_ref()].concat())
}

// === impl Family ===

impl Family {
    /// The request that comes before, if there is one, and the hostile one.
    pub(crate) fn make(&self, dice: &mut Dice, forge: &Forge) -> (Option<Attempt>, Attempt) {
        match self.make {
            Make::Alone(make) => (None, make(dice, forge)),
            Make::After(make) => {
                let [before, hostile] = make(dice, forge);
                (Some(before), hostile)
            }
        }
    }

    const fn correct(name: &'static str, make: fn(&mut Dice, &Forge) -> Attempt) -> Self {
        Self { name, sign: Sign::Correct, make: Make::Alone(make) }
    }

    const fn wrong(name: &'static str, make: fn(&mut Dice, &Forge) -> Attempt) -> Self {
        Self { name, sign: Sign::Wrong, make: Make::Alone(make) }
    }

    const fn after(
        name: &'static str,
        sign: Sign,
        make: fn(&mut Dice, &Forge) -> [Attempt; 2],
    ) -> Self {
        Self { name, sign, make: Make::After(make) }
    }
}
