//! [`V`], a value while an expression is evaluated: `Copy`, borrowing what is already there.
//!
//! Attributes, claims and constants are looked at where they lie, in several representations;
//! [`List`] and [`Entries`] make one list and one map of them. Only new values go to the arena.

use std::net::IpAddr;

use bumpalo::Bump;

use super::{constant::Constant, message::Message, time::Moment};
use crate::engine::model::{Map, Role, Value};

/// A value during evaluation; it borrows from the question, the expression or the arena.
#[derive(Clone, Copy, Debug)]
pub enum V<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Double(f64),
    String(&'a str),
    Bytes(&'a [u8]),
    /// Nanoseconds.
    Duration(i64),
    Timestamp(Moment),
    List(&'a [Self]),
    /// What `+` made of a list of the request and another one: on its way out its elements become
    /// native values first.
    Joined(&'a [Self]),
    /// What `+` made of a list of the expression and another one. Addresses stay what they are on its
    /// way out.
    Extended(&'a [Self]),
    JsonList(&'a [Value]),
    ConstantList(&'a [Constant]),
    Roles(&'a [Role]),
    Names(&'a [&'a str]),
    Map(&'a [(Self, Self)]),
    JsonMap(&'a Map),
    ConstantMap(&'a [(Constant, Constant)]),
    /// `request.auxData.jwts`
    Tokens(&'a [(Box<str>, Map)]),
    /// The value of a type name such as `int`, by its name.
    Type(&'a str),
    Optional(Option<&'a Self>),
    Message(Message<'a>),
    Ip(&'a IpAddr),
    Cidr(&'a Cidr),
    Object(&'a Object<'a>),
}

/// An address and the length of its prefix; host bits may be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cidr {
    pub address: IpAddr,
    pub prefix: u8,
}

/// Values of Cerbos's own types.
#[derive(Clone, Copy, Debug)]
pub enum Object<'a> {
    Hierarchy(&'a [&'a str]),
    /// The text after `spiffe://`, in two parts; the path is empty or begins with `/`.
    SpiffeId {
        trust_domain: &'a str,
        path: &'a str,
    },
    SpiffeTrustDomain(&'a str),
    SpiffeMatcher(SpiffeMatcher<'a>),
    /// A variable's value that cannot be used again: every use is this error.
    Unusable(&'a str),
}

#[derive(Clone, Copy, Debug)]
pub enum SpiffeMatcher<'a> {
    Any,
    /// Trust domain and path of the identities that match.
    OneOf(&'a [(&'a str, &'a str)]),
    TrustDomain(&'a str),
}

/// Every kind of list as one.
#[derive(Clone, Copy, Debug)]
pub(super) enum List<'a> {
    Values(&'a [V<'a>]),
    Json(&'a [Value]),
    Constants(&'a [Constant]),
    Roles(&'a [Role]),
    Names(&'a [&'a str]),
}

/// Every kind of map as one.
#[derive(Clone, Copy, Debug)]
pub(super) enum Entries<'a> {
    Values(&'a [(V<'a>, V<'a>)]),
    Json(&'a Map),
    Constants(&'a [(Constant, Constant)]),
    Tokens(&'a [(Box<str>, Map)]),
}

// A value fits in three words; evaluation copies them all the time.
const _: () = assert!(size_of::<V<'_>>() <= 24);

// === impl V ===

impl<'a> V<'a> {
    pub(super) fn json(value: &'a Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(*value),
            Value::Number(number) => Self::Double(*number),
            Value::String(text) => Self::String(text),
            Value::List(items) => Self::JsonList(items),
            Value::Map(map) => Self::JsonMap(map),
        }
    }

    pub(super) fn list(self) -> Option<List<'a>> {
        match self {
            Self::List(items) | Self::Joined(items) | Self::Extended(items) => {
                Some(List::Values(items))
            }
            Self::JsonList(items) => Some(List::Json(items)),
            Self::ConstantList(items) => Some(List::Constants(items)),
            Self::Roles(roles) => Some(List::Roles(roles)),
            Self::Names(names) => Some(List::Names(names)),
            _ => None,
        }
    }

    pub(super) fn entries(self) -> Option<Entries<'a>> {
        match self {
            Self::Map(entries) => Some(Entries::Values(entries)),
            Self::JsonMap(map) => Some(Entries::Json(map)),
            Self::ConstantMap(entries) => Some(Entries::Constants(entries)),
            Self::Tokens(tokens) => Some(Entries::Tokens(tokens)),
            _ => None,
        }
    }

    /// Whether it is of one of the types that JSON values have parts of.
    pub(super) fn is_scalar(self) -> bool {
        match self {
            Self::Null
            | Self::Bool(_)
            | Self::Int(_)
            | Self::Uint(_)
            | Self::Double(_)
            | Self::String(_)
            | Self::Bytes(_)
            | Self::Duration(_)
            | Self::Timestamp(_) => true,
            Self::List(_)
            | Self::Joined(_)
            | Self::Extended(_)
            | Self::JsonList(_)
            | Self::ConstantList(_)
            | Self::Roles(_)
            | Self::Names(_)
            | Self::Map(_)
            | Self::JsonMap(_)
            | Self::ConstantMap(_)
            | Self::Tokens(_)
            | Self::Type(_)
            | Self::Optional(_)
            | Self::Message(_)
            | Self::Ip(_)
            | Self::Cidr(_)
            | Self::Object(_) => false,
        }
    }

    /// The name of the value's type, as `type(x)` has it.
    pub(super) fn type_name(self) -> &'static str {
        match self {
            Self::Null => "null_type",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Uint(_) => "uint",
            Self::Double(_) => "double",
            Self::String(_) => "string",
            Self::Bytes(_) => "bytes",
            Self::Duration(_) => "google.protobuf.Duration",
            Self::Timestamp(_) => "google.protobuf.Timestamp",
            Self::List(_)
            | Self::Joined(_)
            | Self::Extended(_)
            | Self::JsonList(_)
            | Self::ConstantList(_)
            | Self::Roles(_)
            | Self::Names(_) => "list",
            Self::Map(_) | Self::JsonMap(_) | Self::ConstantMap(_) | Self::Tokens(_) => "map",
            Self::Type(_) => "type",
            Self::Optional(_) => "optional_type",
            Self::Message(message) => message.type_name(),
            Self::Ip(_) => "net.IP",
            Self::Cidr(_) => "net.CIDR",
            Self::Object(object) => object.type_name(),
        }
    }
}

// === impl Object ===

impl Object<'_> {
    fn type_name(&self) -> &'static str {
        match self {
            Self::Hierarchy(_) => "cerbos.lib.hierarchy",
            Self::SpiffeId { .. } => "cerbos.lib.spiffeID",
            Self::SpiffeTrustDomain(_) => "cerbos.lib.spiffeTrustDomain",
            Self::SpiffeMatcher(_) => "cerbos.lib.spiffeMatcher",
            Self::Unusable(_) => "error",
        }
    }
}

// === impl List ===

impl<'a> List<'a> {
    pub(super) fn len(self) -> usize {
        match self {
            Self::Values(items) => items.len(),
            Self::Json(items) => items.len(),
            Self::Constants(items) => items.len(),
            Self::Roles(roles) => roles.len(),
            Self::Names(names) => names.len(),
        }
    }

    pub(super) fn get(self, index: usize) -> Option<V<'a>> {
        match self {
            Self::Values(items) => items.get(index).copied(),
            Self::Json(items) => items.get(index).map(V::json),
            Self::Constants(items) => items.get(index).map(Constant::view),
            Self::Roles(roles) => roles.get(index).map(|role| V::String(role.as_str())),
            Self::Names(names) => names.get(index).map(|name| V::String(name)),
        }
    }

    pub(super) fn iter(self) -> impl Iterator<Item = V<'a>> {
        (0..self.len()).filter_map(move |index| self.get(index))
    }
}

// === impl Entries ===

impl<'a> Entries<'a> {
    pub(super) fn len(self) -> usize {
        match self {
            Self::Values(entries) => entries.len(),
            Self::Json(map) => map.len(),
            Self::Constants(entries) => entries.len(),
            Self::Tokens(tokens) => tokens.len(),
        }
    }

    /// The value under a key that is a string.
    pub(super) fn field(self, name: &str) -> Option<V<'a>> {
        match self {
            Self::Json(map) => map.get(name).map(V::json),
            Self::Values(entries) => entries
                .iter()
                .find(|(key, _)| matches!(key, V::String(key) if *key == name))
                .map(|(_, value)| *value),
            Self::Constants(entries) => entries
                .iter()
                .find(|(key, _)| matches!(key, Constant::String(key) if **key == *name))
                .map(|(_, value)| value.view()),
            Self::Tokens(tokens) => tokens
                .iter()
                .find(|(key, _)| **key == *name)
                .map(|(_, claims)| V::Message(Message::Token(claims))),
        }
    }

    /// All entries, in the arena.
    pub(super) fn pairs(self, arena: &'a Bump) -> &'a [(V<'a>, V<'a>)] {
        let pairs: Vec<(V<'a>, V<'a>)> = match self {
            Self::Values(entries) => return entries,
            Self::Json(map) => {
                map.iter().map(|(key, value)| (V::String(key), V::json(value))).collect()
            }
            Self::Constants(entries) => {
                entries.iter().map(|(key, value)| (key.view(), value.view())).collect()
            }
            Self::Tokens(tokens) => tokens
                .iter()
                .map(|(key, claims)| (V::String(key), V::Message(Message::Token(claims))))
                .collect(),
        };
        arena.alloc_slice_fill_iter(pairs)
    }
}
