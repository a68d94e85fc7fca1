//! Questions with the answers that the Cerbos PDP gave to them (`tests/record/checks.py`).

mod answers;
mod case;
mod clock;
mod hostile;

pub(in crate::engine) use case::{Answers, check_recorded, policies};
