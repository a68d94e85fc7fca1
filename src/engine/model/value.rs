//! Values of attributes, claims and constants: JSON, with every number a double, as in Cerbos.

/// A JSON value. Numbers are doubles: policies see `type(R.attr.x) == double`.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    #[default]
    Null,
    Bool(bool),
    Number(f64),
    String(Box<str>),
    List(Box<[Self]>),
    Map(Map),
}

/// A map from strings to values.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Map {
    // Invariant: sorted by key, no key twice. So lookup can be a binary search, and two maps with the
    // same content are equal and encode to the same bytes.
    entries: Box<[(Box<str>, Value)]>,
}

/// Among so few a key is found sooner by looking at each: most differ in length, which is told before
/// any text is read.
const FEW_ENTRIES: usize = 24;

// === impl Value ===

impl Value {
    /// The value as JSON. A number that JSON cannot hold (NaN, an infinity) becomes null.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Null => serde_json::Value::Null,
            Self::Bool(value) => (*value).into(),
            Self::Number(number) => number_to_json(*number),
            Self::String(text) => serde_json::Value::String(text.to_string()),
            Self::List(items) => items.iter().map(Self::to_json).collect(),
            Self::Map(map) => map.to_json(),
        }
    }

    /// About how many bytes of memory it takes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let below: usize = match self {
            Self::Null | Self::Bool(_) | Self::Number(_) => 0,
            Self::String(text) => text.len(),
            Self::List(items) => items.iter().map(Self::bytes).sum(),
            Self::Map(map) => {
                let name = |name: &str| size_of::<Box<str>>() + name.len();
                map.iter().map(|(key, value)| name(key) + value.bytes()).sum()
            }
        };
        size_of::<Self>() + below
    }

    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::List(_) | Self::Map(_) => None,
        }
    }
}

/// Whole numbers print without a fraction, as Cerbos and JavaScript print them.
fn number_to_json(number: f64) -> serde_json::Value {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if number.fract() == 0.0 && number.abs() < EXACT {
        #[expect(clippy::cast_possible_truncation, reason = "a whole number below 2^53")]
        return serde_json::Value::from(number as i64);
    }
    serde_json::Number::from_f64(number).map_or(serde_json::Value::Null, Into::into)
}

impl From<serde_json::Value> for Value {
    /// Integers beyond 2^53 are rounded, as they are in Cerbos.
    fn from(json: serde_json::Value) -> Self {
        match json {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(value) => Self::Bool(value),
            serde_json::Value::Number(number) => Self::Number(number.as_f64().unwrap_or(f64::NAN)),
            serde_json::Value::String(text) => Self::String(text.into()),
            serde_json::Value::Array(items) => {
                Self::List(items.into_iter().map(Into::into).collect())
            }
            serde_json::Value::Object(object) => {
                Self::Map(object.into_iter().map(|(key, value)| (key, value.into())).collect())
            }
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text.into())
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl FromIterator<Self> for Value {
    fn from_iter<I: IntoIterator<Item = Self>>(items: I) -> Self {
        Self::List(items.into_iter().collect())
    }
}

// === impl Map ===

impl Map {
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        if self.entries.len() <= FEW_ENTRIES {
            return self.entries.iter().find(|(name, _)| **name == *key).map(|(_, value)| value);
        }
        let found = self.entries.binary_search_by(|(name, _)| (**name).cmp(key)).ok()?;
        self.entries.get(found).map(|(_, value)| value)
    }

    /// The entries in the order of their keys.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Value)> {
        self.entries.iter().map(|(name, value)| (&**name, value))
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::Value::Object(
            self.iter().map(|(name, value)| (name.to_owned(), value.to_json())).collect(),
        )
    }
}

impl<K: Into<Box<str>>> FromIterator<(K, Value)> for Map {
    /// Of two entries with the same key the last one stays.
    fn from_iter<I: IntoIterator<Item = (K, Value)>>(entries: I) -> Self {
        let mut entries: Vec<(Box<str>, Value)> =
            entries.into_iter().map(|(key, value)| (key.into(), value)).collect();
        // The sort is stable, so the last of equal keys is the last one given.
        entries.sort_by(|(left, _), (right, _)| left.cmp(right));
        entries.reverse();
        entries.dedup_by(|(left, _), (right, _)| left == right);
        entries.reverse();
        Self { entries: entries.into() }
    }
}
