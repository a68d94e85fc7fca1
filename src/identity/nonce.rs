//! Nonces for the makers of proofs (RFC 9449, 9): the second in which one was given, under a seal that only
//! we can make. Nothing is remembered of them, so whoever has the same key takes each other's.

use std::{fmt, time::Duration};

use aws_lc_rs::hmac::{self, HMAC_SHA256, Key};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};

/// Gives nonces, and knows its own again.
#[derive(Clone)]
pub struct Nonces {
    key: Key,
    lifetime: Duration,
}

/// Before the second, so that the seal is good for nothing else.
const PURPOSE: &[u8] = b"portcullis DPoP nonce\0";

const SECOND_BYTES: usize = 8;

/// The clock of whoever has given one may be ahead of ours.
const AHEAD: SignedDuration = SignedDuration::from_secs(60);

// === impl Nonces ===

impl Nonces {
    /// `secret`: what the key is made of. `lifetime`: how long a nonce is good.
    #[must_use]
    pub fn new(secret: &[u8], lifetime: Duration) -> Self {
        Self { key: Key::new(HMAC_SHA256, secret), lifetime }
    }

    /// A nonce of this second.
    #[must_use]
    pub fn give(&self, now: Timestamp) -> String {
        let second = now.as_second().to_be_bytes();
        let seal = hmac::sign(&self.key, &sealed(second));
        URL_SAFE_NO_PAD.encode([&second, seal.as_ref()].concat())
    }

    /// Whether it was given by us, and not too long ago.
    pub(super) fn take(&self, nonce: &str, now: Timestamp) -> bool {
        self.given_at(nonce).is_some_and(|given| {
            let age = now.duration_since(given);
            age >= -AHEAD && SignedDuration::try_from(self.lifetime).is_ok_and(|most| age <= most)
        })
    }

    fn given_at(&self, nonce: &str) -> Option<Timestamp> {
        let bytes = URL_SAFE_NO_PAD.decode(nonce).ok()?;
        let (second, seal) = bytes.split_first_chunk::<SECOND_BYTES>()?;
        // In constant time.
        hmac::verify(&self.key, &sealed(*second), seal).ok()?;
        Timestamp::from_second(i64::from_be_bytes(*second)).ok()
    }
}

impl fmt::Debug for Nonces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Nonces").field("lifetime", &self.lifetime).finish_non_exhaustive()
    }
}

fn sealed(second: [u8; SECOND_BYTES]) -> Vec<u8> {
    [PURPOSE, &second].concat()
}
