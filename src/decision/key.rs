//! The key of a cached verdict: a digest of everything that the verdict can depend on, and of as little
//! else as names can tell.
//!
//! The encoding under the digest is injective: every text and every list is preceded by its length,
//! every value by a tag of its type, so no two questions share an encoding, and absent differs from
//! null and from empty. SHA-256 then makes a collision nobody's concern.

use std::slice;

use super::Generation;
use crate::engine::PolicyChain;
use crate::engine::cel::Read;
use crate::engine::model::{CheckInput, Map, Principal, Resource, Role, Value};
use crate::identity::sha256;

/// Changes with the encoding, so that no key of another version can be found.
const CHAIN_ENCODING: u8 = 3;
/// The same, of keys that are of a chain and values, and of those that are of whole requests.
const VALUES_ENCODING: u8 = 64;
const REQUEST_ENCODING: u8 = 128;

/// Names all questions that have the same answer under one generation of rules, or, as
/// [`ChainKey::name`], a chain: no digest is both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CacheKey([u8; 32]);

/// Which rules a question is asked of: the first part of a key. What else belongs to it follows from this
/// part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainKey {
    name: CacheKey,
    /// Has room for the values, too.
    encoding: Encoding,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Encoding(Vec<u8>);

/// A key's encoding is rarely longer.
const USUAL_BYTES: usize = 512;

// === impl CacheKey ===

impl CacheKey {
    /// Covers everything that another PDP is sent, and the claims only as its token has them: what is
    /// not sent, an answer cannot depend on.
    #[must_use]
    pub fn of_request(
        generation: Generation,
        input: &CheckInput<'_>,
        token: Option<&[u8]>,
    ) -> Self {
        let CheckInput { principal, resource, actions, aux_data: _, now: _, now_attributes: _ } =
            input;
        let mut encoding = Encoding(Vec::with_capacity(USUAL_BYTES));
        encoding.0.push(REQUEST_ENCODING);
        encoding.0.extend_from_slice(&generation.0.to_le_bytes());
        let Principal { id, roles, policy_version, scope, attr } = principal;
        encoding.text(id);
        encoding.roles(roles);
        encoding.text(policy_version.as_str());
        encoding.text(scope.as_str());
        encoding.map(attr);
        let Resource { kind, id, policy_version, scope, attr } = resource;
        encoding.text(kind.as_str());
        encoding.text(id);
        encoding.text(policy_version.as_str());
        encoding.text(scope.as_str());
        encoding.map(attr);
        encoding.length(actions.len());
        for action in *actions {
            encoding.text(action.as_str());
        }
        match token {
            Some(token) => {
                encoding.0.push(STRING);
                encoding.bytes(token);
            }
            None => encoding.0.push(ABSENT),
        }
        Self(sha256(&encoding.0))
    }
}

// === impl ChainKey ===

impl ChainKey {
    /// `route`: the template of the matched route.
    #[must_use]
    pub fn new(generation: Generation, route: &str, chain: &PolicyChain<'_>) -> Self {
        let PolicyChain {
            principal,
            principal_version,
            principal_scope,
            roles,
            kind,
            resource_version,
            resource_scope,
            action,
        } = chain;
        let mut encoding = Encoding(Vec::with_capacity(USUAL_BYTES));
        encoding.0.push(CHAIN_ENCODING);
        encoding.0.extend_from_slice(&generation.0.to_le_bytes());
        encoding.text(route);
        encoding.option(*principal);
        encoding.text(principal_version);
        encoding.text(principal_scope);
        encoding.length(roles.len());
        for role in roles {
            encoding.option(*role);
        }
        for text in [kind, resource_version, resource_scope, action] {
            encoding.text(text);
        }
        Self { name: CacheKey(sha256(&encoding.0)), encoding }
    }

    /// As short for a chain of long names as for any other.
    #[must_use]
    pub fn name(&self) -> CacheKey {
        self.name
    }

    /// Adds the values of everything that the chain's answer can depend on: `reads` must be those of
    /// the chain ([`PolicySet::reads`](crate::engine::PolicySet::reads)).
    #[must_use]
    pub fn with_values(self, reads: &[Read], input: &CheckInput<'_>) -> CacheKey {
        let Self { name, mut encoding } = self;
        encoding.0.clear();
        encoding.0.push(VALUES_ENCODING);
        encoding.0.extend_from_slice(&name.0);
        for read in reads {
            encoding.read(read, input);
        }
        CacheKey(sha256(&encoding.0))
    }
}

// === impl Encoding ===

impl Encoding {
    fn read(&mut self, read: &Read, input: &CheckInput<'_>) {
        let CheckInput { principal, resource, aux_data, now_attributes, .. } = input;
        match read {
            Read::PrincipalId => self.text(&principal.id),
            Read::PrincipalRoles => self.roles(&principal.roles),
            Read::PrincipalPolicyVersion => self.text(principal.policy_version.as_str()),
            Read::PrincipalScope => self.text(principal.scope.as_str()),
            Read::PrincipalAttribute(path) => self.at(&principal.attr, path),
            Read::ResourceKind => self.text(resource.kind.as_str()),
            Read::ResourceId => self.text(&resource.id),
            Read::ResourcePolicyVersion => self.text(resource.policy_version.as_str()),
            Read::ResourceScope => self.text(resource.scope.as_str()),
            Read::ResourceAttribute(path) => self.at(&resource.attr, path),
            // It is the clock, of which the engine says until when the answer holds.
            Read::ResourceTime(name) if now_attributes.contains(name) => {}
            Read::ResourceTime(name) => self.at(&resource.attr, slice::from_ref(name)),
            Read::Claim(path) => self.at(&aux_data.jwt, path),
            Read::NamedTokens => {
                self.length(aux_data.jwts.len());
                for (name, claims) in &aux_data.jwts {
                    self.text(name);
                    self.map(claims);
                }
            }
            // The engine says of its answer whether it read the clock; the others it has resolved.
            Read::Clock | Read::Variable(_) | Read::EffectiveDerivedRoles => {}
        }
    }

    /// What is found on the way along a path: the value at its end, or what ends the way before.
    fn at(&mut self, map: &Map, path: &[Box<str>]) {
        let mut map = map;
        for (depth, name) in path.iter().enumerate() {
            match map.get(name) {
                Some(Value::Map(inner)) => map = inner,
                found => {
                    self.length(depth);
                    return match found {
                        Some(value) => self.value(value),
                        None => self.0.push(ABSENT),
                    };
                }
            }
        }
        self.length(path.len());
        self.0.push(MAP);
        self.map(map);
    }

    fn length(&mut self, length: usize) {
        self.0.extend_from_slice(&(length as u64).to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.length(bytes.len());
        self.0.extend_from_slice(bytes);
    }

    fn roles(&mut self, roles: &[Role]) {
        self.length(roles.len());
        for role in roles {
            self.text(role.as_str());
        }
    }

    fn option(&mut self, text: Option<&str>) {
        match text {
            Some(text) => {
                self.0.push(STRING);
                self.text(text);
            }
            None => self.0.push(ABSENT),
        }
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
            Value::Null => self.0.push(NULL),
            Value::Bool(false) => self.0.push(FALSE),
            Value::Bool(true) => self.0.push(TRUE),
            Value::Number(number) => {
                self.0.push(NUMBER);
                self.0.extend_from_slice(&number.to_bits().to_le_bytes());
            }
            Value::String(text) => {
                self.0.push(STRING);
                self.text(text);
            }
            Value::List(items) => {
                self.0.push(LIST);
                self.length(items.len());
                for item in items {
                    self.value(item);
                }
            }
            Value::Map(map) => {
                self.0.push(MAP);
                self.map(map);
            }
        }
    }
}

// Tags, before what they announce.
const NULL: u8 = 0;
const FALSE: u8 = 1;
const TRUE: u8 = 2;
const NUMBER: u8 = 3;
const STRING: u8 = 4;
const LIST: u8 = 5;
const MAP: u8 = 6;
const ABSENT: u8 = 7;
