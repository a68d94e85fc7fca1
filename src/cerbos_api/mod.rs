//! What is said between Cerbos PDPs and their clients: messages, service, and their meaning in our words.
//!
//! The `.proto` files are our own and hold as much of Cerbos's API as is spoken here, with its
//! names and numbers, so that the other side may be any PDP or any SDK. Generated code is fenced off
//! in [`proto`]; everything else goes through [`convert`].

pub mod convert;
pub mod proto;

#[cfg(test)]
mod tests;
