//! The room through its door.

mod upstream;
