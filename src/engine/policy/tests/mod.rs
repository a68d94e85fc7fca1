//! What is refused and how it is said; what a set tells of itself.

mod hostile;
mod must_fail;
mod set;
