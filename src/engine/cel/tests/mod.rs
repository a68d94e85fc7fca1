//! What expressions do, seen through the door of the room.
