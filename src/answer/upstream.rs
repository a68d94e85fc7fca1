//! Identity headers on the way to the upstream, and the removal of a client's own copies.
//!
//! Backends behind CGI or WSGI read `x_user` and `x-user` as one name, so every spelling of a
//! configured name is removed. Envoy drops a header that one answer both sets and removes; a name
//! that is set is therefore overwritten and not listed for removal.

use std::{iter, str::FromStr, sync::Arc};

use http::HeaderName;

use super::Reason;
use crate::engine::model::{Map, Principal, Role, Value};
use crate::identity::{Carrier, ClaimPath};

/// Each dash doubles the spellings that have to be removed.
const MOST_DASHES: usize = 6;

/// Names that frame, route or authenticate a request: whoever writes them decides more than who the
/// caller is.
const TAKEN: [&str; 19] = [
    "authorization",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "cookie",
    "dpop",
    "expect",
    "forwarded",
    "host",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
    "x-request-id",
];

/// A list of roles is rarely longer.
const USUAL_LIST_BYTES: usize = 64;

/// Which headers the upstream gets about the caller. No name twice: callers check it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UpstreamHeaders(pub Vec<(IdentityHeader, HeaderSource)>);

/// The name of a header that can carry identity, with every spelling that must not reach the
/// upstream from anybody else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityHeader {
    // Invariant: a lower-case field name that neither HTTP nor Envoy uses, without `_`.
    name: Arc<str>,
    /// The name with `_` for some of its dashes.
    aliases: Arc<[Arc<str>]>,
}

/// A name that cannot carry identity.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the header `{name}` {why}")]
pub struct InvalidIdentityHeader {
    name: String,
    why: &'static str,
}

/// Where the value of an identity header comes from, or that of a claim about the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeaderSource {
    /// The principal's id.
    Id,
    /// The principal's roles, separated by commas.
    Roles,
    /// A claim of the token. Lists of strings are separated by commas.
    Claim(ClaimPath),
    /// An attribute of the principal, such as `org_id`.
    Attribute(Box<str>),
}

/// What Envoy does to the headers of a request that may pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpstreamMutation {
    pub reason: Reason,
    /// Overwrites what the client sent under the name.
    pub set: Vec<(Arc<str>, String)>,
    pub remove: Vec<Arc<str>>,
}

// === impl IdentityHeader ===

impl IdentityHeader {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.name
    }

    pub(super) fn name(&self) -> Arc<str> {
        self.name.clone()
    }

    /// The name, and what some upstreams read as the name.
    pub(super) fn spellings(&self) -> impl Iterator<Item = &str> {
        iter::once(&*self.name).chain(self.aliases.iter().map(|alias| &**alias))
    }
}

impl FromStr for IdentityHeader {
    type Err = InvalidIdentityHeader;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse = |why| Err(InvalidIdentityHeader { name: text.to_owned(), why });
        if text.starts_with(':') {
            return refuse("is a pseudo-header, which routes the request");
        }
        let Ok(name) = text.parse::<HeaderName>() else {
            return refuse("is not a header's name");
        };
        let name = name.as_str();
        if name.starts_with("x-envoy-") {
            return refuse("belongs to Envoy");
        }
        if TAKEN.contains(&name) || name.starts_with("x-forwarded-") {
            return refuse("may not be written by an answer");
        }
        if name.contains('_') {
            return refuse("has a `_`, which some upstreams read as `-`");
        }
        if name.matches('-').count() > MOST_DASHES {
            return refuse("has more than 6 dashes");
        }
        Ok(Self { name: name.into(), aliases: aliases(name) })
    }
}

// === impl UpstreamHeaders ===

impl UpstreamHeaders {
    /// Nobody is known: every configured name is removed.
    #[must_use]
    pub fn anonymous(&self, reason: Reason) -> UpstreamMutation {
        let mut remove = Vec::new();
        for (header, _source) in &self.0 {
            remove.push(header.name.clone());
            remove.extend(header.aliases.iter().cloned());
        }
        UpstreamMutation { reason, set: Vec::new(), remove }
    }

    /// The headers for a caller. A value that a header cannot carry unchanged is percent-encoded.
    #[must_use]
    pub fn known(&self, reason: Reason, principal: &Principal, claims: &Map) -> UpstreamMutation {
        let mut set = Vec::with_capacity(self.0.len());
        let mut remove = Vec::new();
        for (header, source) in &self.0 {
            remove.extend(header.aliases.iter().cloned());
            match source.value(principal, claims) {
                Some(value) => set.push((header.name.clone(), value)),
                None => remove.push(header.name.clone()),
            }
        }
        UpstreamMutation { reason, set, remove }
    }
}

// === impl UpstreamMutation ===

impl UpstreamMutation {
    /// With the request target that was decided about, where another one was sent.
    #[must_use]
    pub fn to(mut self, target: Option<&str>) -> Self {
        self.set.extend(target.map(|target| (":path".into(), target.to_owned())));
        self
    }

    /// Without headers of the client, but for those that are overwritten anyway.
    #[must_use]
    pub fn without_headers<'n>(mut self, names: impl Iterator<Item = &'n str>) -> Self {
        for name in names {
            // Envoy drops a header that one answer both sets and removes.
            let is_set = self.set.iter().any(|(other, _)| **other == *name);
            if !is_set && !self.remove.iter().any(|other| **other == *name) {
                self.remove.push(name.into());
            }
        }
        self
    }

    /// Without what carries the token.
    #[must_use]
    pub fn without(mut self, carrier: Option<Carrier>) -> Self {
        match carrier {
            None => self,
            Some(Carrier::Header(name)) => {
                let aliases = aliases(&name);
                let aliases = aliases.iter().map(|alias| &**alias);
                self.without_headers(iter::once(&*name).chain(aliases))
            }
            Some(Carrier::Cookie(None)) => self.without_headers(iter::once("cookie")),
            Some(Carrier::Cookie(Some(rest))) => {
                self.set.push(("cookie".into(), rest));
                self
            }
        }
    }
}

// === impl HeaderSource ===

impl HeaderSource {
    /// `None` where the principal has nothing to say; the header is then removed.
    fn value(&self, principal: &Principal, claims: &Map) -> Option<String> {
        match self {
            Self::Id => Some(encode(&principal.id)),
            Self::Roles => Some(list(principal.roles.iter().map(Role::as_str))),
            Self::Claim(path) => text(claim(claims, path)?),
            Self::Attribute(name) => text(principal.attr.get(name)?),
        }
    }

    /// The same with its type, for where there are types.
    pub(super) fn json(&self, principal: &Principal, claims: &Map) -> Option<serde_json::Value> {
        match self {
            Self::Id => Some((&*principal.id).into()),
            Self::Roles => Some(principal.roles.iter().map(Role::as_str).collect()),
            Self::Claim(path) => Some(claim(claims, path)?.to_json()),
            Self::Attribute(name) => Some(principal.attr.get(name)?.to_json()),
        }
    }
}

fn claim<'c>(claims: &'c Map, path: &ClaimPath) -> Option<&'c Value> {
    let (first, rest) = path.0.split_first()?;
    let mut value = claims.get(first)?;
    for name in rest {
        let Value::Map(map) = value else { return None };
        value = map.get(name)?;
    }
    Some(value)
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(encode(text)),
        Value::Bool(value) => Some(value.to_string()),
        Value::Number(_) => Some(value.to_json().to_string()),
        Value::List(items) => {
            let items: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
            Some(list(items?.into_iter()))
        }
        Value::Null | Value::Map(_) => None,
    }
}

/// Percent-encodes what is not visible ASCII, and `%` itself: no CR, LF or NUL reaches a header,
/// and the upstream can undo it.
fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    percent_encode(text, &mut encoded, |byte| byte.is_ascii_graphic() || byte == b' ');
    encoded
}

/// In a list the comma separates, so one inside an item is encoded too, as is a blank.
fn list<'t>(items: impl Iterator<Item = &'t str>) -> String {
    let mut list = String::with_capacity(USUAL_LIST_BYTES);
    for (index, item) in items.enumerate() {
        if index > 0 {
            list.push(',');
        }
        percent_encode(item, &mut list, |byte| byte.is_ascii_graphic() && byte != b',');
    }
    list
}

fn percent_encode(text: &str, encoded: &mut String, is_plain: impl Fn(u8) -> bool) {
    const HEX: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'];
    let is_plain = |byte| is_plain(byte) && byte != b'%';
    if text.bytes().all(is_plain) {
        return encoded.push_str(text);
    }
    for byte in text.bytes() {
        if is_plain(byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            encoded.extend(HEX.get(usize::from(byte >> 4)));
            encoded.extend(HEX.get(usize::from(byte & 15)));
        }
    }
}

/// Every spelling of `name` in which at least one dash is an underscore.
fn aliases(name: &str) -> Arc<[Arc<str>]> {
    let parts: Vec<&str> = name.split('-').collect();
    let mut spellings = vec![String::new()];
    for (index, part) in parts.iter().enumerate() {
        let separators: &[&str] = if index == 0 { &[""] } else { &["-", "_"] };
        spellings = spellings
            .iter()
            .flat_map(|head| separators.iter().map(move |by| format!("{head}{by}{part}")))
            .collect();
    }
    spellings.into_iter().filter(|spelling| spelling != name).map(Into::into).collect()
}
