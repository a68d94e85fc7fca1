//! What expressions do, seen through the door of the room.

mod bounds;
mod environment;
mod patterns;
mod read_set;
mod recorded;
