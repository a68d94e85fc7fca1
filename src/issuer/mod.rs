//! Where keys come from: discovery, then the key set, kept fresh.
