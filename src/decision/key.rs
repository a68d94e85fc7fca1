//! The key of a cached answer: a digest of everything that the answer can depend on.
//!
//! The encoding under the digest is injective: every text and every list is preceded by its length,
//! every value by a tag of its type, so no two questions share an encoding, and absent differs from
//! null and from empty. SHA-256 then makes a collision nobody's concern.

use aws_lc_rs::digest::{SHA256, digest};

use super::Generation;
use crate::engine::model::{Action, AuxData, Map, Principal, Resource, Value};

/// Changes with the encoding, so that no key of another version can be found.
const ENCODING: u8 = 1;

/// Names one question under one generation of rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CacheKey([u8; 32]);

/// The part of a key that stays the same for all requests with one token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallerDigest([u8; 32]);

#[derive(Debug, Default)]
struct Encoding(Vec<u8>);

// === impl CacheKey ===

impl CacheKey {
    #[must_use]
    pub fn new(
        generation: Generation,
        caller: &CallerDigest,
        resource: &Resource,
        action: &Action,
    ) -> Self {
        let Resource { kind, id, policy_version, scope, attr } = resource;
        let mut encoding = Encoding::with_capacity(512);
        encoding.0.push(ENCODING);
        encoding.0.extend_from_slice(&generation.0.to_le_bytes());
        encoding.0.extend_from_slice(&caller.0);
        encoding.text(action.as_str());
        encoding.text(kind.as_str());
        encoding.text(id);
        encoding.text(policy_version.as_str());
        encoding.text(scope.as_str());
        encoding.map(attr);
        Self(encoding.digest())
    }
}

// === impl CallerDigest ===

impl CallerDigest {
    #[must_use]
    pub fn new(principal: &Principal, aux_data: &AuxData) -> Self {
        let Principal { id, roles, policy_version, scope, attr } = principal;
        let AuxData { jwt, jwts } = aux_data;
        let mut encoding = Encoding::with_capacity(2048);
        encoding.0.push(ENCODING);
        encoding.text(id);
        encoding.length(roles.len());
        for role in roles {
            encoding.text(role.as_str());
        }
        encoding.text(policy_version.as_str());
        encoding.text(scope.as_str());
        encoding.map(attr);
        encoding.map(jwt);
        encoding.length(jwts.len());
        for (name, claims) in jwts {
            encoding.text(name);
            encoding.map(claims);
        }
        Self(encoding.digest())
    }
}

// === impl Encoding ===

impl Encoding {
    fn with_capacity(bytes: usize) -> Self {
        Self(Vec::with_capacity(bytes))
    }

    fn length(&mut self, length: usize) {
        self.0.extend_from_slice(&(length as u64).to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.length(text.len());
        self.0.extend_from_slice(text.as_bytes());
    }

    fn map(&mut self, map: &Map) {
        self.length(map.len());
        for (name, value) in map.iter() {
            self.text(name);
            self.value(value);
        }
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Null => self.0.push(0),
            Value::Bool(false) => self.0.push(1),
            Value::Bool(true) => self.0.push(2),
            Value::Number(number) => {
                self.0.push(3);
                self.0.extend_from_slice(&number.to_bits().to_le_bytes());
            }
            Value::String(text) => {
                self.0.push(4);
                self.text(text);
            }
            Value::List(items) => {
                self.0.push(5);
                self.length(items.len());
                for item in items {
                    self.value(item);
                }
            }
            Value::Map(map) => {
                self.0.push(6);
                self.map(map);
            }
        }
    }

    fn digest(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        // SHA-256 has 32 bytes; were it to have fewer, the rest would stay zero.
        for (to, from) in bytes.iter_mut().zip(digest(&SHA256, &self.0).as_ref()) {
            *to = *from;
        }
        bytes
    }
}
