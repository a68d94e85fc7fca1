//! The way through: asks once, remembers, writes down.
