//! Where policies come from: a directory, and word of its changes.
