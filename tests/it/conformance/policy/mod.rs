//! Random policy directories of all kinds, and questions about them.
//!
//! A directory holds several sets. The names of a set carry its number, so that sets share which
//! scopes exist and nothing else, as policies of several teams do in one repository. Each expression
//! of a rule ends in a comment of its own: Cerbos merges rules whose expressions have the same texts
//! (`docs/compatibility.md`), and such pairs are kept out.

mod blocks;
mod directory;
mod schema;
mod set;

pub(super) use blocks::ACTIONS;
pub(super) use directory::directory;
