//! Values that outlive an evaluation: literals of expressions and `engine.globals`.

use super::{
    time::Moment,
    types::Type,
    value::{Entries, List, V},
};

/// A value that owns itself. Other than JSON values it tells integers from doubles.
#[derive(Clone, Debug)]
pub enum Constant {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Double(f64),
    String(Box<str>),
    Bytes(Box<[u8]>),
    /// Nanoseconds.
    Duration(i64),
    Timestamp(Moment),
    List(Box<[Self]>),
    Map(Box<[(Self, Self)]>),
    Type(Box<str>),
}

/// `engine.globals`: values of the configuration, in which integers stay integers.
#[derive(Clone, Debug, Default)]
pub struct Globals {
    entries: Box<[(Constant, Constant)]>,
}

// === impl Constant ===

impl Constant {
    pub(super) fn view(&self) -> V<'_> {
        match self {
            Self::Null => V::Null,
            Self::Bool(value) => V::Bool(*value),
            Self::Int(value) => V::Int(*value),
            Self::Uint(value) => V::Uint(*value),
            Self::Double(value) => V::Double(*value),
            Self::String(text) => V::String(text),
            Self::Bytes(bytes) => V::Bytes(bytes),
            Self::Duration(nanoseconds) => V::Duration(*nanoseconds),
            Self::Timestamp(moment) => V::Timestamp(*moment),
            Self::List(items) => V::ConstantList(items),
            Self::Map(entries) => V::ConstantMap(entries),
            Self::Type(name) => V::Type(name),
        }
    }

    /// The static type of a value that has no parts.
    pub(super) fn scalar_type(&self) -> Type {
        match self {
            Self::Null => Type::Null,
            Self::Bool(_) => Type::Bool,
            Self::Int(_) => Type::Int,
            Self::Uint(_) => Type::Uint,
            Self::Double(_) => Type::Double,
            Self::String(_) => Type::String,
            Self::Bytes(_) => Type::Bytes,
            Self::Duration(_) => Type::Duration,
            Self::Timestamp(_) => Type::Timestamp,
            Self::Type(name) => {
                Type::Meta(Box::new(Type::named(name).map_or(Type::Dyn, |(_, named)| named)))
            }
            Self::List(_) | Self::Map(_) => Type::Dyn,
        }
    }

    /// The value as a constant, if it is of a kind that constants have.
    pub(super) fn from_value(value: V<'_>) -> Option<Self> {
        Some(match value {
            V::Null => Self::Null,
            V::Bool(value) => Self::Bool(value),
            V::Int(value) => Self::Int(value),
            V::Uint(value) => Self::Uint(value),
            V::Double(value) => Self::Double(value),
            V::String(text) => Self::String(text.into()),
            V::Bytes(bytes) => Self::Bytes(bytes.into()),
            V::Duration(nanoseconds) => Self::Duration(nanoseconds),
            V::Timestamp(moment) => Self::Timestamp(moment),
            V::Type(name) => Self::Type(name.into()),
            // Elements that change on their way out must know that they were joined.
            V::Joined(items) | V::Extended(items) if items.iter().any(|item| !item.is_scalar()) => {
                return None;
            }
            V::Joined(_)
            | V::Extended(_)
            | V::List(_)
            | V::JsonList(_)
            | V::ConstantList(_)
            | V::Roles(_)
            | V::Names(_) => Self::from_list(value.list()?)?,
            V::Map(_) | V::JsonMap(_) | V::ConstantMap(_) | V::Tokens(_) => {
                Self::from_entries(value.entries()?)?
            }
            V::Optional(_) | V::Message(_) | V::Ip(_) | V::Cidr(_) | V::Object(_) => return None,
        })
    }

    fn from_list(list: List<'_>) -> Option<Self> {
        Some(Self::List(list.iter().map(Self::from_value).collect::<Option<_>>()?))
    }

    fn from_entries(entries: Entries<'_>) -> Option<Self> {
        let entries = match entries {
            Entries::Values(entries) => entries,
            Entries::Constants(entries) => return Some(Self::Map(entries.into())),
            Entries::Json(_) | Entries::Tokens(_) => return None,
        };
        let entries = entries
            .iter()
            .map(|(key, value)| Some((Self::from_value(*key)?, Self::from_value(*value)?)))
            .collect::<Option<_>>()?;
        Some(Self::Map(entries))
    }

    /// An integer that fits neither kind of integer is a double.
    fn from_json(json: &serde_json::Value) -> Self {
        match json {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(value) => Self::Bool(*value),
            serde_json::Value::Number(number) => number
                .as_i64()
                .map(Self::Int)
                .or_else(|| number.as_u64().map(Self::Uint))
                .or_else(|| number.as_f64().map(Self::Double))
                .unwrap_or(Self::Null),
            serde_json::Value::String(text) => Self::String(text.as_str().into()),
            serde_json::Value::Array(items) => {
                Self::List(items.iter().map(Self::from_json).collect())
            }
            serde_json::Value::Object(object) => Self::Map(entries(object)),
        }
    }
}

fn entries(object: &serde_json::Map<String, serde_json::Value>) -> Box<[(Constant, Constant)]> {
    let entry = |(name, value): (&String, &serde_json::Value)| {
        (Constant::String(name.as_str().into()), Constant::from_json(value))
    };
    object.iter().map(entry).collect()
}

// === impl Globals ===

impl Globals {
    #[must_use]
    pub fn from_json(globals: &serde_json::Map<String, serde_json::Value>) -> Self {
        Self { entries: entries(globals) }
    }

    pub(super) fn view(&self) -> V<'_> {
        V::ConstantMap(&self.entries)
    }
}
