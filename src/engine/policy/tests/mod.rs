//! What is refused and how it is said; what a set tells of itself.

mod cases;
mod hostile;
mod must_fail;
mod must_load;
mod set;
