//! Random expressions over the whole function library.
//!
//! `types` are what the checker knows, `table` lists every function as a template, `leaves` are
//! literals and attributes that reach the corners, `grow` puts them together, and a `term` is what
//! comes out: a text that still knows its parts, so that it can be made smaller. `known` is what is
//! left out.

mod grow;
pub(super) mod known;
mod leaves;
mod table;
mod term;
mod types;

pub(super) use grow::{Grower, Taste};
pub(super) use leaves::WHOLE;
pub(super) use table::{PRODUCTIONS, Production};
pub(super) use term::Term;
pub(super) use types::Type;
