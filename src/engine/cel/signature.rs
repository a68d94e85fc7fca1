//! Declarations of functions as text: `charAt: string.(int) -> string`.
//!
//! A single capital letter is a type parameter. The text before the dot is the receiver.

use super::types::{self, Type};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Signature {
    pub name: &'static str,
    pub style: Style,
    /// The receiver, if any, is the first.
    pub parameters: Vec<Type>,
    pub result: Type,
    /// How many type variables occur, numbered from 0.
    pub variables: usize,
}

/// How a function is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Style {
    /// `f(a, b)`
    Global,
    /// `a.f(b)`
    Member,
}

impl Signature {
    /// `None` where the text is not a declaration; a test keeps that from happening.
    pub(super) fn parse(text: &'static str) -> Option<Self> {
        let (name, rest) = text.split_once(": ")?;
        let (parameters, result) = rest.rsplit_once(" -> ")?;
        let mut reader = Reader { rest: parameters, variables: 0 };
        let mut types = Vec::new();
        let style = if parameters.starts_with('(') { Style::Global } else { Style::Member };
        if style == Style::Member {
            types.push(reader.read_type()?);
            reader.expect('.')?;
        }
        reader.expect('(')?;
        while reader.expect(')').is_none() {
            types.push(reader.read_type()?);
            let _ = reader.expect(',');
        }
        reader.rest = result;
        let result = reader.read_type()?;
        reader.rest.is_empty().then_some(Self {
            name,
            style,
            parameters: types,
            result,
            variables: reader.variables,
        })
    }
}

struct Reader {
    rest: &'static str,
    variables: usize,
}

// === impl Reader ===

impl Reader {
    fn expect(&mut self, c: char) -> Option<()> {
        self.rest = self.rest.trim_start().strip_prefix(c)?;
        Some(())
    }

    fn read_type(&mut self) -> Option<Type> {
        let text = self.rest.trim_start();
        let end =
            text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(text.len());
        let (name, rest) = text.split_at_checked(end)?;
        self.rest = rest;
        Some(match name {
            "bool" => Type::Bool,
            "bytes" => Type::Bytes,
            "double" => Type::Double,
            "duration" => Type::Duration,
            "dyn" => Type::Dyn,
            "int" => Type::Int,
            "string" => Type::String,
            "timestamp" => Type::Timestamp,
            "uint" => Type::Uint,
            "ip" => Type::Opaque(types::IP),
            "cidr" => Type::Opaque(types::CIDR),
            "hierarchy" => Type::Opaque(types::HIERARCHY),
            "spiffe_id" => Type::Opaque(types::SPIFFE_ID),
            "spiffe_trust_domain" => Type::Opaque(types::SPIFFE_TRUST_DOMAIN),
            "spiffe_matcher" => Type::Opaque(types::SPIFFE_MATCHER),
            "list" => Type::list(self.argument()?),
            "optional" => Type::optional(self.argument()?),
            "type" => Type::Meta(Box::new(self.argument()?)),
            "map" => {
                self.expect('(')?;
                let key = self.read_type()?;
                self.expect(',')?;
                let value = self.read_type()?;
                self.expect(')')?;
                Type::map(key, value)
            }
            "A" => self.variable(0),
            "B" => self.variable(1),
            _ => return None,
        })
    }

    fn argument(&mut self) -> Option<Type> {
        self.expect('(')?;
        let argument = self.read_type()?;
        self.expect(')')?;
        Some(argument)
    }

    fn variable(&mut self, index: usize) -> Type {
        self.variables = self.variables.max(index + 1);
        Type::Variable(index)
    }
}
