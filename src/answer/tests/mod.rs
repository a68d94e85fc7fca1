//! The room through its door.

mod assertion;
mod denial;
mod refusal;
mod upstream;
