//! Identity headers on the way to the upstream, and the removal of a client's own copies.
//!
//! Backends behind CGI or WSGI read `x_user` and `x-user` as one name, so every spelling of a
//! configured name is removed. Envoy drops a header that one answer both sets and removes; a name
//! that is set is therefore overwritten and not listed for removal.

use std::sync::Arc;

use http::HeaderName;

use super::Reason;
use crate::engine::model::{Map, Principal, Value};
use crate::identity::ClaimPath;

/// Names with more dashes than this are refused: each dash doubles the spellings to remove.
const MOST_DASHES: usize = 6;

/// Which headers the upstream gets about the caller. A name stands in it once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UpstreamHeaders {
    headers: Vec<Configured>,
}

#[derive(Clone, Debug, PartialEq)]
struct Configured {
    name: Arc<str>,
    source: HeaderSource,
    /// The spellings of the name with `_` for some of the dashes.
    aliases: Vec<Arc<str>>,
}

/// Where the value of an identity header comes from.
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

/// A header that cannot carry identity.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` cannot be an identity header: {why}")]
pub struct InvalidUpstreamHeader {
    name: String,
    why: &'static str,
}

/// What Envoy does to the headers of a request that may pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpstreamMutation {
    pub reason: Reason,
    /// Overwrites what the client sent under the name.
    pub set: Vec<(Arc<str>, String)>,
    pub remove: Vec<Arc<str>>,
}

// === impl UpstreamHeaders ===

impl UpstreamHeaders {
    /// Adds a header.
    ///
    /// # Errors
    /// A name that is not an HTTP field name, that Envoy or HTTP itself uses, or that is there
    /// already.
    pub fn add(&mut self, name: &str, source: HeaderSource) -> Result<(), InvalidUpstreamHeader> {
        let invalid = |why| InvalidUpstreamHeader { name: name.to_owned(), why };
        let parsed: HeaderName =
            name.parse().map_err(|_invalid| invalid("it is not an HTTP field name"))?;
        let parsed = parsed.as_str();
        if parsed.contains('_') {
            return Err(invalid("proxies drop names with `_`: use `-`"));
        }
        if is_taken(parsed) {
            return Err(invalid("the name belongs to HTTP or to Envoy"));
        }
        if parsed.matches('-').count() > MOST_DASHES {
            return Err(invalid("it has more than 6 dashes"));
        }
        if self.headers.iter().any(|header| &*header.name == parsed) {
            return Err(invalid("it is there twice"));
        }
        self.headers.push(Configured { name: parsed.into(), source, aliases: aliases(parsed) });
        Ok(())
    }

    /// Nobody is known: every configured name is removed.
    #[must_use]
    pub fn anonymous(&self, reason: Reason) -> UpstreamMutation {
        let mut remove = Vec::new();
        for header in &self.headers {
            remove.push(header.name.clone());
            remove.extend(header.aliases.iter().cloned());
        }
        UpstreamMutation { reason, set: Vec::new(), remove }
    }

    /// The headers for a caller. A value that a header cannot carry unchanged is percent-encoded.
    #[must_use]
    pub fn known(
        &self,
        reason: Reason,
        principal: &Principal,
        claims: &Map,
    ) -> UpstreamMutation {
        let mut set = Vec::with_capacity(self.headers.len());
        let mut remove = Vec::new();
        for header in &self.headers {
            remove.extend(header.aliases.iter().cloned());
            match header.source.value(principal, claims) {
                Some(value) => set.push((header.name.clone(), value)),
                None => remove.push(header.name.clone()),
            }
        }
        UpstreamMutation { reason, set, remove }
    }
}

// === impl HeaderSource ===

impl HeaderSource {
    /// `None` where the principal has nothing to say; the header is then removed.
    fn value(&self, principal: &Principal, claims: &Map) -> Option<String> {
        match self {
            Self::Id => Some(encode(&principal.id)),
            Self::Roles => {
                let roles: Vec<String> =
                    principal.roles.iter().map(|role| encode_item(role.as_str())).collect();
                Some(roles.join(","))
            }
            Self::Claim(path) => {
                let (first, rest) = path.0.split_first()?;
                let mut value = claims.get(first)?;
                for name in rest {
                    let Value::Map(map) = value else { return None };
                    value = map.get(name)?;
                }
                text(value)
            }
            Self::Attribute(name) => text(principal.attr.get(name)?),
        }
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(encode(text)),
        Value::Bool(value) => Some(value.to_string()),
        Value::Number(_) => Some(value.to_json().to_string()),
        Value::List(items) => {
            let items: Option<Vec<String>> =
                items.iter().map(|item| item.as_str().map(encode_item)).collect();
            Some(items?.join(","))
        }
        Value::Null | Value::Map(_) => None,
    }
}

/// Percent-encodes what is not visible ASCII, and `%` itself: no CR, LF or NUL reaches a header,
/// and the upstream can undo it.
fn encode(text: &str) -> String {
    percent_encode(text, |byte| byte == b' ')
}

/// In a list the comma separates, so one inside an item is encoded too.
fn encode_item(text: &str) -> String {
    percent_encode(text, |_byte| false).replace(',', "%2C")
}

fn percent_encode(text: &str, also_plain: impl Fn(u8) -> bool) -> String {
    const HEX: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'];
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if (byte.is_ascii_graphic() && byte != b'%') || also_plain(byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            encoded.extend(HEX.get(usize::from(byte >> 4)));
            encoded.extend(HEX.get(usize::from(byte & 15)));
        }
    }
    encoded
}

/// Names that an identity header would break, or that Envoy would not let us set.
fn is_taken(name: &str) -> bool {
    const TAKEN: [&str; 18] = [
        "host",
        "authorization",
        "proxy-authorization",
        "cookie",
        "connection",
        "content-length",
        "content-type",
        "content-encoding",
        "transfer-encoding",
        "te",
        "trailer",
        "upgrade",
        "expect",
        "dpop",
        "forwarded",
        "via",
        "origin",
        "x-request-id",
    ];
    TAKEN.contains(&name) || name.starts_with("x-envoy-") || name.starts_with("x-forwarded-")
}

/// Every spelling of `name` in which at least one dash is an underscore.
fn aliases(name: &str) -> Vec<Arc<str>> {
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
