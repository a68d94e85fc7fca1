//! Key ids that an issuer was asked for and did not have.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// A bounded memory of misses. Where it is full, a miss is not remembered: the cooldown between two
/// fetches holds all the same.
#[derive(Debug)]
pub(super) struct Misses {
    lifetime: Duration,
    until: Mutex<HashMap<Box<str>, Instant>>,
}

const CAPACITY: usize = 1024;

// === impl Misses ===

impl Misses {
    pub(super) fn new(lifetime: Duration) -> Self {
        Self { lifetime, until: Mutex::default() }
    }

    pub(super) fn contains(&self, key_id: &str, now: Instant) -> bool {
        let until = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        until.get(key_id).is_some_and(|until| now < *until)
    }

    pub(super) fn insert(&self, key_id: &str, now: Instant) {
        let mut until = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        if until.len() >= CAPACITY {
            until.retain(|_, until| now < *until);
        }
        if until.len() < CAPACITY {
            until.insert(key_id.into(), now + self.lifetime);
        }
    }
}
