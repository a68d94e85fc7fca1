//! Expressions: CEL text → checked, lowered expression → value.
//!
//! The crate `cel` parses; the checker and the evaluator are ours, because policies must be refused
//! and answered as cel-go does it inside Cerbos. An expression knows which inputs it can read.

use bumpalo::Bump;
use std::{cell::Cell, collections::BTreeMap};

use super::model::{CheckInput, Map, Value};

/// What `V.name` and `C.name` mean inside one policy. An unknown name is refused at compile time.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// Name of a variable → its slot in [`Frame::variables`].
    pub variables: BTreeMap<Box<str>, usize>,
    /// Constants are compiled into the expression.
    pub constants: BTreeMap<Box<str>, Value>,
}

/// Why an expression does not compile.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Issue {
    #[error("{message}")]
    Invalid {
        /// 1-based line and column within the expression, where known.
        position: Option<(usize, usize)>,
        /// In the words of cel-go, such as `undefined field 'nope'`.
        message: String,
    },
    #[error("undefined variable '{0}'")]
    UndefinedVariable(String),
    #[error("undefined constant '{0}'")]
    UndefinedConstant(String),
}

/// Why an evaluation has no value. The text is cel-go's, such as `no such key: owner`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct EvaluationFailure(pub Box<str>);

/// An input that an expression can read. A path ends where an index is not a constant: the
/// expression then depends on everything below.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Read {
    PrincipalId,
    PrincipalRoles,
    PrincipalPolicyVersion,
    PrincipalScope,
    /// `P.attr.a.b`; empty: all attributes.
    PrincipalAttribute(Box<[Box<str>]>),
    ResourceKind,
    ResourceId,
    ResourcePolicyVersion,
    ResourceScope,
    ResourceAttribute(Box<[Box<str>]>),
    /// `request.auxData.jwt.a.b`
    Claim(Box<[Box<str>]>),
    /// `request.auxData.jwts` and below.
    NamedTokens,
    /// `runtime.effectiveDerivedRoles`
    EffectiveDerivedRoles,
    /// `V.x`: the reads of the variable in this slot are to be added.
    Variable(usize),
    /// `now()`, `timeSince()`
    Clock,
}

/// Everything that one evaluation may look at.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    pub input: &'a CheckInput<'a>,
    /// By slot; `None` where the variable is unused or failed: using it is an error.
    pub variables: &'a [Option<V<'a>>],
    /// `engine.globals`
    pub globals: &'a Globals,
    /// `runtime.effectiveDerivedRoles`, sorted.
    pub effective_derived_roles: &'a [&'a str],
    /// Where values live that the evaluation makes.
    pub arena: &'a Bump,
    /// Steps left for the whole question; at 0 every evaluation fails.
    pub budget: &'a Cell<u64>,
}

/// `engine.globals`: values of the configuration, in which integers stay integers.
#[derive(Clone, Debug, Default)]
pub struct Globals;

/// A value during evaluation; it borrows from the question, the expression or the arena.
#[derive(Clone, Copy, Debug)]
pub enum V<'a> {
    Null,
    Json(&'a Value),
    Map(&'a Map),
}
