//! The part of `tests/it/hostile` that the targets need.

#[path = "../../it/hostile/canonical.rs"]
pub(crate) mod canonical;
#[path = "../../it/hostile/dice.rs"]
pub(crate) mod dice;
#[path = "../../it/hostile/draft.rs"]
pub(crate) mod draft;
#[path = "../../it/hostile/house.rs"]
pub(crate) mod house;
#[path = "../../it/hostile/keys.rs"]
pub(crate) mod keys;
