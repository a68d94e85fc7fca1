//! What all replicas remember together: one Redis, asked one command at a time.
//!
//! This room knows connections and nothing of what is stored. Whoever stores something has its own
//! keys under the configured prefix, its own commands, and its own answer to an outage: an error
//! here says only that nothing is known.

mod memory;
mod settings;

#[cfg(test)]
mod tests;

pub use memory::{BuildError, SharedMemory, Unavailable};
pub use settings::{OnOutage, RedisUrl, SharedMemoryConfig};
