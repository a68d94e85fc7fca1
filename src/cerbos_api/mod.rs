//! What is said between Cerbos PDPs and their clients: messages, service, and their meaning in our words.
//!
//! The `.proto` files are our own and hold as much of Cerbos's API as is spoken here, with its
//! names and numbers, so that the other side may be any PDP or any SDK. Generated code is fenced off
//! in [`proto`]; everything else goes through [`convert`]. [`json`] is how messages are written as
//! text, [`validate`] what a PDP demands of them, [`schema`] what both know them by.

pub mod convert;
pub mod json;
pub mod proto;
pub mod schema;
pub mod validate;

#[cfg(test)]
mod tests;
