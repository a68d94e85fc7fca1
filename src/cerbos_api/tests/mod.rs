//! The room through its door.

mod plans;
mod round_trip;
