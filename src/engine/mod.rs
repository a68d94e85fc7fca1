//! MAY THEY? Policies in Cerbos's language, compiled once, asked many times.
//!
//! This room has no I/O, no clock and no log, and names no other room than `yaml`: it could be a
//! crate of its own. Text goes in ([`policy::compile`]), an immutable [`PolicySet`] comes out, and
//! [`PolicySet::check`] answers as Cerbos 0.55 does for the same policies, and [`PolicySet::plan`] where
//! the resource is still unknown.

pub mod cel;
mod check;
pub mod model;
pub mod plan;
pub mod policy;

pub use check::{Explanation, Looked, Part, PolicyChain, RuleReason, Strictness, Trace};
pub use policy::{PolicyErrors, PolicyFile, PolicySet, compile};
