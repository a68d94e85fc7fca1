//! The room through its door, beside what the real PDP answered (`tests/data/plan`).

mod cases;
mod expressions;
mod hostile;
mod meaning;
mod normal;
