//! One issuer's keys, and what each of them may be used for.

use std::{collections::BTreeMap, fmt};

use jsonwebtoken::DecodingKey;

use super::{Algorithm, jwk, jwk::KeyType};
use crate::engine::model::{Map, Value};
use crate::request::json::{self, JsonError, JsonLimits};

/// The usable keys of an issuer, by key id.
#[derive(Clone, Debug)]
pub struct KeySet {
    // Invariant: not empty.
    keys: BTreeMap<Box<str>, Key>,
    skipped: Vec<SkippedKey>,
}

/// A public key.
#[derive(Clone, Debug)]
pub struct Key {
    pub(super) id: Box<str>,
    pub(super) key_type: KeyType,
    /// The one algorithm that the issuer uses it with, if it says so.
    pub(super) algorithm: Option<Algorithm>,
    pub(super) material: DecodingKey,
    pub(super) fingerprint: KeyFingerprint,
}

/// SHA-256 over a public key. Two keys with one fingerprint verify the same signatures.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyFingerprint(pub(super) [u8; 32]);

/// A key of the document that is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SkippedKey {
    /// If it has one that is a text.
    pub id: Option<Box<str>>,
    pub reason: SkipReason,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum SkipReason {
    #[error("it is not an object")]
    NotAnObject,
    #[error("it has no usable key id")]
    NoKeyId,
    #[error("another key has the same id")]
    RepeatedId,
    #[error("it is not for signatures")]
    NotForSignatures,
    #[error("it contains a private key")]
    Private,
    #[error("its type or curve is not supported")]
    UnsupportedType,
    #[error("its algorithm is not supported, or does not fit its type")]
    UnsupportedAlgorithm,
    #[error("it is not well-formed")]
    Malformed,
    #[error("its modulus or exponent is not safe")]
    Weak,
}

/// A document that is no key set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeySetError {
    #[error("it cannot be read")]
    NotJson(#[source] JsonError),
    #[error("it has no list `keys`")]
    NoKeys,
    #[error("it has more than {MAX_KEYS} keys")]
    TooManyKeys,
    #[error("none of its keys can be used")]
    NoUsableKey { skipped: Vec<SkippedKey> },
}

const MAX_KEYS: usize = 100;

/// Whoever fetches a document has its own limit of bytes.
const JSON_LIMITS: JsonLimits = JsonLimits { bytes: usize::MAX, depth: 16, values: 10_000 };

// === impl KeySet ===

impl KeySet {
    /// Reads a JWKS document (RFC 7517). Keys that we cannot use are left out, not an error: issuers
    /// publish keys for other purposes and of other kinds beside ours.
    pub fn parse(jwks: &[u8]) -> Result<Self, KeySetError> {
        let document = json::parse(jwks, JSON_LIMITS).map_err(KeySetError::NotJson)?;
        let Value::Map(document) = Value::from(document) else { return Err(KeySetError::NoKeys) };
        let Some(Value::List(entries)) = document.get("keys") else {
            return Err(KeySetError::NoKeys);
        };
        if entries.len() > MAX_KEYS {
            return Err(KeySetError::TooManyKeys);
        }
        let mut keys = BTreeMap::new();
        let mut skipped = Vec::new();
        for entry in entries {
            match read(entry, entries) {
                Ok(key) => drop(keys.insert(key.id.clone(), key)),
                Err(skip) => skipped.push(skip),
            }
        }
        if keys.is_empty() {
            return Err(KeySetError::NoUsableKey { skipped });
        }
        Ok(Self { keys, skipped })
    }

    /// The key of that id, if it may be used with that algorithm.
    #[must_use]
    pub fn find(&self, id: &str, algorithm: Algorithm) -> Option<&Key> {
        self.keys.get(id).filter(|key| key.may_be_used_with(algorithm))
    }

    /// Whether there is a key of that id, for whatever algorithm.
    #[must_use]
    pub fn contains(&self, id: &str) -> bool {
        self.keys.contains_key(id)
    }

    /// Sorted.
    #[must_use]
    pub fn ids(&self) -> Vec<&str> {
        self.keys.keys().map(|id| &**id).collect()
    }

    /// What was left out, for a log.
    #[must_use]
    pub fn skipped(&self) -> &[SkippedKey] {
        &self.skipped
    }
}

fn read(entry: &Value, entries: &[Value]) -> Result<Key, SkippedKey> {
    let Value::Map(jwk) = entry else {
        return Err(SkippedKey { id: None, reason: SkipReason::NotAnObject });
    };
    let id = key_id(jwk);
    let skip = |reason| SkippedKey { id: id.map(Into::into), reason };
    let same_id = |other: &&Value| match other {
        Value::Map(other) => key_id(other).is_some() && key_id(other) == id,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::List(_) => {
            false
        }
    };
    // Which of two keys is meant cannot be known, so neither is: even if one of them is unusable.
    if entries.iter().filter(same_id).count() > 1 {
        return Err(skip(SkipReason::RepeatedId));
    }
    jwk::parse(jwk).map_err(skip)
}

fn key_id(jwk: &Map) -> Option<&str> {
    jwk.get("kid").and_then(Value::as_str)
}

// === impl Key ===

impl Key {
    #[must_use]
    pub fn fingerprint(&self) -> KeyFingerprint {
        self.fingerprint
    }

    fn may_be_used_with(&self, algorithm: Algorithm) -> bool {
        self.key_type == algorithm.key_type() && self.algorithm.is_none_or(|only| only == algorithm)
    }
}

// === impl Algorithm ===

impl Algorithm {
    pub(super) fn key_type(self) -> KeyType {
        match self {
            Self::Rs256 | Self::Rs384 | Self::Rs512 | Self::Ps256 | Self::Ps384 | Self::Ps512 => {
                KeyType::Rsa
            }
            Self::Es256 => KeyType::P256,
            Self::Es384 => KeyType::P384,
            Self::EdDsa => KeyType::Ed25519,
        }
    }
}

// === impl KeyFingerprint ===

impl fmt::Debug for KeyFingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, ..] = self.0;
        write!(f, "KeyFingerprint({a:02x}{b:02x}{c:02x}{d:02x}..)")
    }
}
