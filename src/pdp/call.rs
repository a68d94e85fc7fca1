//! One call: when it came, and what it is called.

use jiff::Timestamp;

/// What the door knows of a call beside its message.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    /// What `now()` says, the same for all its resources.
    pub now: Timestamp,
    /// Unique, and larger for later calls.
    pub id: u128,
}

/// Crockford's alphabet: no letter that looks like a digit.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// 128 bits, five at a time.
const LENGTH: u32 = 26;

// === impl Call ===

impl Call {
    /// `cerbosCallId`: the id as a ULID is written.
    #[must_use]
    pub fn name(&self) -> String {
        let digits = (0..LENGTH).rev().map(|place| self.id >> (place * 5) & 31);
        digits
            .filter_map(|digit| ALPHABET.get(usize::try_from(digit).ok()?).copied())
            .map(char::from)
            .collect()
    }
}
