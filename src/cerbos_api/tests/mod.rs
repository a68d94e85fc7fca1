//! The room through its door.

mod round_trip;
