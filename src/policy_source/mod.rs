//! Where policies come from: a directory, and word of its changes.

mod disk;
mod fingerprint;
mod watcher;

#[cfg(test)]
mod tests;

pub use disk::{ReadError, ReadErrors, read};
pub use fingerprint::{Fingerprint, Watched, WatchedPolicies};
pub use watcher::Watcher;
