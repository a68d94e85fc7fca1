//! The keys of ours that are in use: the first signs, and all of them are published, so that a backend
//! knows a key before it meets it, and still knows it afterwards.

use serde_json::{Value, json};

use super::{SigningError, SigningKey};

/// Never empty.
#[derive(Clone, Debug)]
pub struct SigningKeys {
    first: SigningKey,
    others: Vec<SigningKey>,
    is_generated: bool,
}

// === impl SigningKeys ===

impl SigningKeys {
    /// One key, made here: nobody else has it, and it ends with the process.
    pub fn generate() -> Result<Self, SigningError> {
        Ok(Self { first: SigningKey::generate()?, others: Vec::new(), is_generated: true })
    }

    /// Keys from elsewhere, if there are any.
    #[must_use]
    pub fn given(keys: Vec<SigningKey>) -> Option<Self> {
        let mut keys = keys.into_iter();
        let first = keys.next()?;
        Some(Self { first, others: keys.collect(), is_generated: false })
    }

    /// The key set as backends fetch it (RFC 7517, 5).
    #[must_use]
    pub fn published(&self) -> Value {
        let Self { first, others, is_generated: _ } = self;
        let keys = std::iter::once(first).chain(others);
        json!({ "keys": keys.map(|key| key.jwk().to_json()).collect::<Value>() })
    }

    pub(super) fn sign(&self, claims: &Value) -> Result<String, SigningError> {
        self.first.sign(claims)
    }

    /// Backends have fetched a generated key, so the next rules go on with it.
    pub(super) fn go_on_with(&mut self, previous: &Self) {
        if self.is_generated && previous.is_generated {
            self.clone_from(previous);
        }
    }
}
