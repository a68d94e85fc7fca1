//! The tree of an expression as written, macros recognised, before names have a meaning.

use super::constant::Constant;

#[derive(Debug)]
pub(super) struct Syntax {
    pub id: usize,
    /// Where it is in the source, in bytes: the operator, the dot, the parenthesis, the literal.
    pub at: usize,
    pub kind: Kind,
}

#[derive(Debug)]
pub(super) enum Kind {
    Literal(Constant),
    /// An identifier; a leading dot is part of it.
    Name(String),
    Select {
        operand: Box<Syntax>,
        field: String,
    },
    /// `operand.?field`
    OptionalSelect {
        operand: Box<Syntax>,
        field: String,
    },
    /// `has(operand.field)`
    Has {
        operand: Box<Syntax>,
        field: String,
    },
    /// A call, or an operator by its internal name.
    Call {
        name: String,
        target: Option<Box<Syntax>>,
        args: Vec<Syntax>,
    },
    List(Vec<Element>),
    Map(Vec<Entry>),
    Loop(Box<Loop>),
    /// `cel.bind(name, value, body)`
    Bind {
        name: String,
        value: Box<Syntax>,
        body: Box<Syntax>,
    },
    /// `operand.optMap(name, body)`
    OptionalMap {
        operand: Box<Syntax>,
        name: String,
        body: Box<Syntax>,
        form: OptionalForm,
    },
    /// `list.sortBy(name, key)`
    SortBy {
        list: Box<Syntax>,
        name: String,
        key: Box<Syntax>,
    },
}

#[derive(Debug)]
pub(super) struct Element {
    /// Written with `?`: left out where the value is `optional.none()`.
    pub optional: bool,
    pub value: Syntax,
}

#[derive(Debug)]
pub(super) struct Entry {
    pub optional: bool,
    pub key: Syntax,
    pub value: Syntax,
}

/// A macro that goes through a list or a map.
#[derive(Debug)]
pub(super) struct Loop {
    pub kind: LoopKind,
    pub range: Syntax,
    pub variable: String,
    pub second: Option<String>,
    /// The condition of `map`, `transformList` and the like, if there is one.
    pub filter: Option<Syntax>,
    /// The predicate, or what an element becomes.
    pub body: Syntax,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoopKind {
    All,
    Exists,
    ExistsOne,
    Filter,
    Map,
    TransformList,
    TransformMap,
    TransformMapEntry,
}

/// What becomes of the body of `optMap` and `optFlatMap`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OptionalForm {
    /// It is the value of a new optional.
    Map,
    /// It is an optional itself.
    FlatMap,
}

// === impl Syntax ===

impl Syntax {
    /// `a.b.c` as a name, if it is nothing but names.
    pub(super) fn qualified_name(&self) -> Option<String> {
        match &self.kind {
            Kind::Name(name) => Some(name.clone()),
            Kind::Select { operand, field } => {
                let mut name = operand.qualified_name()?;
                name.push('.');
                name.push_str(field);
                Some(name)
            }
            _ => None,
        }
    }
}
