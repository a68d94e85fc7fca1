//! The room through its door.

mod denial;
mod upstream;
