//! Types of expressions, written as in the table: `list(int)`.

use std::fmt;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Type {
    /// A type without parameters, or a text of a special form such as `regex`.
    Plain(&'static str),
    List(Box<Self>),
    /// From strings.
    Map(Box<Self>),
    Optional(Box<Self>),
    /// `A` or `B`: any type, the same everywhere in one template.
    Any(char),
}

/// What a type parameter is chosen from.
pub(super) const PLAIN: [&str; 9] =
    ["bool", "int", "uint", "double", "string", "bytes", "timestamp", "duration", "dyn"];

/// Texts of a special form: to the checker they are strings.
pub(super) const TEXTS: [&str; 16] = [
    "key",
    "two_format",
    "regex",
    "path",
    "path_pattern",
    "zone",
    "ip_text",
    "cidr_text",
    "spiffe_text",
    "domain_text",
    "time_text",
    "duration_text",
    "number_text",
    "base64_text",
    "dotted_text",
    "format_text",
];

// === impl Type ===

impl Type {
    /// Reads a type at the start of a text, and what follows it.
    pub(in crate::conformance) fn read(text: &'static str) -> (Self, &'static str) {
        let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        let (name, rest) = text.split_at(end.unwrap_or(text.len()));
        let inner = || {
            let (inner, rest) = Self::read(rest.strip_prefix('(').expect("a parameter"));
            (Box::new(inner), rest.strip_prefix(')').expect("the end of a parameter"))
        };
        match name {
            "list" => {
                let (inner, rest) = inner();
                (Self::List(inner), rest)
            }
            "map" => {
                let (inner, rest) = inner();
                (Self::Map(inner), rest)
            }
            "optional" => {
                let (inner, rest) = inner();
                (Self::Optional(inner), rest)
            }
            "A" | "B" => (Self::Any(name.chars().next().unwrap()), rest),
            name => (Self::Plain(name), rest),
        }
    }

    /// Whether a template with this result can give the wanted type; binds the parameters of the
    /// template.
    pub(in crate::conformance) fn gives(&self, wanted: &Self, bound: &mut Bindings) -> bool {
        match (self, wanted) {
            (Self::Any(name), wanted) => bound.bind(*name, wanted),
            (Self::Plain(name), Self::Plain(wanted)) => name == wanted,
            (Self::List(inner), Self::List(wanted))
            | (Self::Map(inner), Self::Map(wanted))
            | (Self::Optional(inner), Self::Optional(wanted)) => inner.gives(wanted, bound),
            _ => false,
        }
    }

    /// The type with its parameters replaced.
    pub(in crate::conformance) fn with(&self, bound: &Bindings) -> Self {
        match self {
            Self::Any(name) => bound.get(*name).cloned().unwrap_or(Self::Plain("dyn")),
            Self::Plain(name) => Self::Plain(name),
            Self::List(inner) => Self::List(Box::new(inner.with(bound))),
            Self::Map(inner) => Self::Map(Box::new(inner.with(bound))),
            Self::Optional(inner) => Self::Optional(Box::new(inner.with(bound))),
        }
    }

    /// What the checker takes it for.
    pub(in crate::conformance) fn checked(&self) -> Self {
        match self {
            Self::Plain(name) if TEXTS.contains(name) => Self::Plain("string"),
            Self::Plain("small" | "index") => Self::Plain("int"),
            Self::Plain("dyn_list" | "dyn_map" | "dyn_number" | "dyn_numbers") => {
                Self::Plain("dyn")
            }
            other => other.clone(),
        }
    }

    pub(in crate::conformance) fn is_any(&self) -> bool {
        matches!(self, Self::Any(_))
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(name) => f.write_str(name),
            Self::List(inner) => write!(f, "list({inner})"),
            Self::Map(inner) => write!(f, "map({inner})"),
            Self::Optional(inner) => write!(f, "optional({inner})"),
            Self::Any(name) => write!(f, "{name}"),
        }
    }
}

/// What `A` and `B` stand for in one use of a template.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bindings([Option<Type>; 2]);

// === impl Bindings ===

impl Bindings {
    pub(in crate::conformance) fn get(&self, name: char) -> Option<&Type> {
        self.0[usize::from(name == 'B')].as_ref()
    }

    pub(in crate::conformance) fn bind(&mut self, name: char, to: &Type) -> bool {
        let slot = &mut self.0[usize::from(name == 'B')];
        match slot {
            Some(bound) => bound == to,
            None => {
                *slot = Some(to.clone());
                true
            }
        }
    }
}
