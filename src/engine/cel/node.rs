//! The lowered tree: names are resolved to what they read, macros to loops, calls to functions.
//!
//! It has three readers: the evaluator, the read set, and plans (`residual`), which turn what is left
//! of it after partial evaluation into operators and operands. So it keeps what was written apart
//! from constants, which are folded.

use super::{
    constant::Constant,
    early::Early,
    functions::{Group, Overload},
    horizon::Moving,
    regex::Pattern,
    syntax::{LoopKind, OptionalForm},
    value::V,
};
use crate::engine::model::Value;

#[derive(Debug)]
pub(super) struct Node {
    pub kind: Kind,
}

#[derive(Debug)]
pub(super) enum Kind {
    Constant(Constant),
    /// What a macro always is; folding comes to it last, so that nothing around it is folded.
    Settled(Constant),
    /// A constant of the policy. cel-go does not know it while it folds: it is an input there.
    Given(Value),
    Path(Path),
    /// A variable of a macro, by its slot.
    Local(usize),
    /// A variable of a macro that holds a type: cel-go looks for a type of its name, in vain.
    TypeVariable(Box<str>),
    Select {
        operand: Box<Node>,
        field: Box<str>,
    },
    OptionalSelect {
        operand: Box<Node>,
        field: Box<str>,
    },
    Has {
        operand: Box<Node>,
        field: Box<str>,
    },
    And(Box<[Node; 2]>),
    Or(Box<[Node; 2]>),
    /// Condition, then, else.
    Conditional(Box<[Node; 3]>),
    List(Box<[Element]>),
    Map(Box<[Entry]>),
    Call(Call),
    Loop(Box<Loop>),
    /// The value and the body.
    Bind {
        slot: usize,
        parts: Box<[Node; 2]>,
    },
    /// The optional and the body.
    OptionalMap {
        slot: usize,
        parts: Box<[Node; 2]>,
        form: OptionalForm,
    },
    /// `left.or(right)`, `left.orValue(right)`: the right side is evaluated only where it is needed.
    OptionalOr {
        parts: Box<[Node; 2]>,
        result: Alternative,
    },
    /// The list and the key.
    SortBy {
        slot: usize,
        parts: Box<[Node; 2]>,
    },
    /// `V` as a value of its own.
    AllVariables(Box<[(Box<str>, usize)]>),
}

/// What `or` and `orValue` give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Alternative {
    Optional,
    Value,
}

/// `&&` or `||`, `all` or `exists`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Logic {
    And,
    Or,
}

/// A static path: what it begins with, and the fields below.
#[derive(Debug)]
pub(super) struct Path {
    pub root: Root,
    pub keys: Box<[Key]>,
}

#[derive(Debug)]
pub(super) struct Key {
    pub name: Box<str>,
    /// Written as in `R.attr["k"]`, and not as in `R.attr.k`.
    pub in_brackets: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Root {
    Request,
    Principal,
    PrincipalId,
    PrincipalRoles,
    PrincipalPolicyVersion,
    PrincipalScope,
    PrincipalAttributes,
    Resource,
    ResourceKind,
    ResourceId,
    ResourcePolicyVersion,
    ResourceScope,
    ResourceAttributes,
    AuxData,
    Claims,
    NamedTokens,
    Runtime,
    EffectiveDerivedRoles,
    Variable {
        slot: usize,
        name: Box<str>,
    },
    /// Where constants decide without it; any other expression with it is refused.
    UndefinedConstant(Box<str>),
    Globals,
    Global(Box<str>),
}

#[derive(Debug)]
pub(super) struct Element {
    pub optional: bool,
    pub value: Node,
}

#[derive(Debug)]
pub(super) struct Entry {
    pub optional: bool,
    pub key: Node,
    pub value: Node,
}

#[derive(Debug)]
pub(super) struct Call {
    pub group: &'static Group,
    /// The overload that the types leave: it is asked alone, even where they turn out to be wrong.
    pub only: Option<&'static Overload>,
    pub args: Box<[Node]>,
    /// The regular expression that is a literal among the arguments, compiled.
    pub pattern: Option<Box<Pattern>>,
    pub early: Early,
    /// The side that moves, where it is compared with the clock.
    pub moving: Option<Moving>,
}

#[derive(Debug)]
pub(super) struct Loop {
    pub kind: LoopKind,
    pub range: Node,
    pub slot: usize,
    pub second: Option<usize>,
    pub filter: Option<Node>,
    pub body: Node,
}

// === impl Logic ===

impl Logic {
    /// The value that decides alone.
    pub(super) fn deciding(self) -> bool {
        self == Self::Or
    }
}

// === impl Node ===

impl Node {
    /// The value, if it is a constant.
    pub(super) fn literal(&self) -> Option<V<'_>> {
        match &self.kind {
            Kind::Constant(constant) => Some(constant.view()),
            _ => None,
        }
    }

    /// The direct parts of a node, in the order in which they were written.
    pub(super) fn parts(&self) -> Vec<&Self> {
        match &self.kind {
            Kind::Constant(_)
            | Kind::Settled(_)
            | Kind::Given(_)
            | Kind::Path(_)
            | Kind::Local(_)
            | Kind::TypeVariable(_)
            | Kind::AllVariables(_) => vec![],
            Kind::Select { operand, .. }
            | Kind::OptionalSelect { operand, .. }
            | Kind::Has { operand, .. } => vec![operand],
            Kind::And(parts)
            | Kind::Or(parts)
            | Kind::Bind { parts, .. }
            | Kind::OptionalMap { parts, .. }
            | Kind::OptionalOr { parts, .. }
            | Kind::SortBy { parts, .. } => parts.iter().collect(),
            Kind::Conditional(parts) => parts.iter().collect(),
            Kind::List(elements) => elements.iter().map(|element| &element.value).collect(),
            Kind::Map(entries) => {
                entries.iter().flat_map(|entry| [&entry.key, &entry.value]).collect()
            }
            Kind::Call(call) => call.args.iter().collect(),
            Kind::Loop(details) => {
                let Loop { range, filter, body, .. } = &**details;
                [Some(range), filter.as_ref(), Some(body)].into_iter().flatten().collect()
            }
        }
    }

    pub(super) fn parts_mut(&mut self) -> Vec<&mut Self> {
        match &mut self.kind {
            Kind::Constant(_)
            | Kind::Settled(_)
            | Kind::Given(_)
            | Kind::Path(_)
            | Kind::Local(_)
            | Kind::TypeVariable(_)
            | Kind::AllVariables(_) => vec![],
            Kind::Select { operand, .. }
            | Kind::OptionalSelect { operand, .. }
            | Kind::Has { operand, .. } => vec![operand],
            Kind::And(parts)
            | Kind::Or(parts)
            | Kind::Bind { parts, .. }
            | Kind::OptionalMap { parts, .. }
            | Kind::OptionalOr { parts, .. }
            | Kind::SortBy { parts, .. } => parts.iter_mut().collect(),
            Kind::Conditional(parts) => parts.iter_mut().collect(),
            Kind::List(elements) => elements.iter_mut().map(|element| &mut element.value).collect(),
            Kind::Map(entries) => {
                entries.iter_mut().flat_map(|entry| [&mut entry.key, &mut entry.value]).collect()
            }
            Kind::Call(call) => call.args.iter_mut().collect(),
            Kind::Loop(details) => {
                let Loop { range, filter, body, .. } = &mut **details;
                [Some(range), filter.as_mut(), Some(body)].into_iter().flatten().collect()
            }
        }
    }
}
