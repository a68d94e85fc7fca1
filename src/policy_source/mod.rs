//! Where policies come from: a directory, and word of its changes.

mod disk;
mod fingerprint;
mod watcher;

#[cfg(test)]
mod tests;

pub use disk::{Entry, ReadError, ReadErrors, read, read_those};
pub use fingerprint::{Fingerprint, Watched, WatchedPolicies};
pub use watcher::Watcher;
