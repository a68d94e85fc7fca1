//! The room through its door.
