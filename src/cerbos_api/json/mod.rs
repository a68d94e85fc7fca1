//! Protobuf's JSON ↔ messages, as a Cerbos PDP reads and writes it.
//!
//! Text becomes the bytes of a message, guided by the message's description, and is decoded like any
//! other; answers take the same way back. Two readers say what is wrong with a text, as they do
//! in a PDP: `scan` finds the first JSON value and whether it is one (Go's `encoding/json`), `read`
//! whether it is the message (Go's `protojson`).

mod lexer;
mod number;
mod read;
mod scan;
mod wire;
mod write;

pub(in crate::cerbos_api) use scan::quote;

pub use read::{JsonError, read};
pub use write::{Layout, Unwritable, write};
