//! Expressions: CEL text → checked, lowered expression → value.
//!
//! The crate `cel` parses; the checker and the evaluator are ours, because policies must be refused
//! and answered as cel-go does it inside Cerbos. An expression knows which inputs it can read.
//!
//! A text goes through `bounds` (not too deep), `parse` and `macros` (a tree), `check` and
//! `validate` (types, literals), `lower` and `fold` (names resolved, constants folded). What comes
//! out is evaluated by `eval` as often as asked, over values that borrow from the question.

mod access;
mod bounds;
mod budget;
mod calls;
mod check;
mod compare;
mod constant;
mod convert;
mod duration;
mod early;
mod eval;
mod fold;
mod functions;
mod hopeless;
mod horizon;
mod loops;
mod lower;
mod macros;
mod message;
mod node;
mod parse;
mod parts;
mod re2;
mod read_set;
mod regex;
mod residual;
mod roots;
mod signature;
mod syntax;
#[cfg(test)]
mod tests;
mod time;
mod types;
mod undefined;
mod unify;
mod validate;
mod value;
mod write;

use std::collections::{BTreeMap, BTreeSet};

use bumpalo::Bump;

pub(crate) use self::regex::Pattern;
pub use self::{
    budget::Budget,
    constant::{Constant, Globals},
    horizon::{ClockReading, Horizon},
    message::Message,
    parts::{Parts, parts},
    residual::{Failing, Operand, Outcome, Partly, Slot, Whole, holds},
    syntax::LoopKind,
    time::Moment,
    value::{Cidr, Object, SpiffeMatcher, V},
};
pub(in crate::engine) use self::{budget::Spent, functions::Quoted};
use self::{
    check::Types,
    eval::{Evaluated, Run},
    fold::{Folding, Folds},
    lower::Typed,
    node::Node,
    syntax::Syntax,
    validate::Checked,
};
use super::model::{CheckInput, Value};

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
    /// `R.attr.a`, only compared as a time: not its value matters where it is the time of the request
    /// ([`CheckInput::now_attributes`]), but until when the comparison holds.
    ResourceTime(Box<str>),
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
    /// What is left for the whole question.
    pub budget: &'a Budget,
    /// Brought nearer by what is compared with the clock.
    pub horizon: &'a Horizon,
}

/// An expression that was checked, ready to be evaluated.
#[derive(Debug)]
pub struct Expression {
    source: Box<str>,
    root: Node,
    locals: usize,
    local_names: Vec<Box<str>>,
    reads: BTreeSet<Read>,
    clock: ClockReading,
    hopeless: Option<Box<str>>,
}

/// Compiles an expression.
///
/// # Errors
/// All reasons why Cerbos would refuse it, in the order of their places.
pub fn compile(source: &str, names: &Names) -> Result<Expression, Vec<Issue>> {
    let syntax = parse::parse(source)?;
    let none = Folds::default();
    let types = check::check(&syntax, source, &none)?;
    let issues = validate::validate(&syntax, source, Checked { types: &types, folds: &none });
    if !issues.is_empty() {
        return Err(issues);
    }
    let (lowered, folding) = fold_if_it_holds(&syntax, source, &types, names);
    let lower::Lowered { root, locals, local_names, shadows, .. } = lowered;
    let issues = undefined::undefined(&root, &shadows, names);
    if !issues.is_empty() {
        return Err(issues);
    }
    let reads = read_set::reads(&root);
    let clock = horizon::reading(&root);
    let hopeless = hopeless::why(&root, (folding, locals));
    Ok(Expression { source: source.into(), root, locals, local_names, reads, clock, hopeless })
}

/// Lowers an expression, folded if what is left then is an expression that would not be refused.
fn fold_if_it_holds(
    syntax: &Syntax,
    source: &str,
    types: &Types,
    names: &Names,
) -> (lower::Lowered, Folding) {
    if lower::folding(syntax) == Folding::Whole {
        let typed = Typed { written: types, left: types };
        let mut lowered = lower::lower(syntax, typed, names, Folding::Whole);
        let holds = !lowered.gives_up && write::can_be_written(&lowered.root, lowered.locals);
        if holds && lowered.folds.is_empty() {
            write::write_down(&mut lowered.root, lowered.locals);
            return (lowered, Folding::Whole);
        }
        if holds
            && let Ok(left) = check::check(syntax, source, &lowered.folds)
            && validate::validate(syntax, source, Checked { types: &left, folds: &lowered.folds })
                .is_empty()
        {
            let typed = Typed { written: types, left: &left };
            let mut lowered = lower::lower(syntax, typed, names, Folding::Whole);
            write::write_down(&mut lowered.root, lowered.locals);
            return (lowered, Folding::Whole);
        }
    }
    let typed = Typed { written: types, left: types };
    (lower::lower(syntax, typed, names, Folding::Literals), Folding::Literals)
}

// === impl Read ===

impl Read {
    /// As an expression that has its value.
    #[must_use]
    pub fn text(&self, names: &Names) -> String {
        let path = |root: &str, path: &[Box<str>]| {
            let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
            let is_plain = |name: &str| {
                name.starts_with(|c: char| is_word(c) && !c.is_ascii_digit())
                    && name.chars().all(is_word)
            };
            let steps = path.iter().map(|name| match is_plain(name) {
                true => format!(".{name}"),
                false => format!("[{name:?}]"),
            });
            root.to_owned() + &steps.collect::<String>()
        };
        match self {
            Self::PrincipalId => "P.id".to_owned(),
            Self::PrincipalRoles => "P.roles".to_owned(),
            Self::PrincipalPolicyVersion => "P.policyVersion".to_owned(),
            Self::PrincipalScope => "P.scope".to_owned(),
            Self::PrincipalAttribute(names) => path("P.attr", names),
            Self::ResourceKind => "R.kind".to_owned(),
            Self::ResourceId => "R.id".to_owned(),
            Self::ResourcePolicyVersion => "R.policyVersion".to_owned(),
            Self::ResourceScope => "R.scope".to_owned(),
            Self::ResourceAttribute(names) => path("R.attr", names),
            Self::ResourceTime(name) => path("R.attr", std::slice::from_ref(name)),
            Self::Claim(names) => path("request.auxData.jwt", names),
            Self::NamedTokens => "request.auxData.jwts".to_owned(),
            Self::EffectiveDerivedRoles => "runtime.effectiveDerivedRoles".to_owned(),
            Self::Variable(slot) => {
                let name = names.variables.iter().find(|(_, known)| *known == slot);
                format!("V.{}", name.map(|(name, _)| &**name).unwrap_or_default())
            }
            Self::Clock => "now()".to_owned(),
        }
    }

    /// Whether it is a path, and whatever `other` reads is at its end or below.
    #[must_use]
    pub fn leads_to(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::PrincipalAttribute(path), Self::PrincipalAttribute(other))
            | (Self::ResourceAttribute(path), Self::ResourceAttribute(other))
            | (Self::Claim(path), Self::Claim(other)) => other.starts_with(path),
            _ => false,
        }
    }

    /// About how many bytes it takes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let names: &[Box<str>] = match self {
            Self::PrincipalAttribute(names)
            | Self::ResourceAttribute(names)
            | Self::Claim(names) => names,
            Self::ResourceTime(name) => std::slice::from_ref(name),
            _ => &[],
        };
        let below = names.iter().map(|name| size_of_val(name) + name.len());
        size_of::<Self>() + below.sum::<usize>()
    }
}

// === impl Expression ===

impl Expression {
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Which inputs an evaluation could look at. What constants decide does not count.
    #[must_use]
    pub fn reads(&self) -> &BTreeSet<Read> {
        &self.reads
    }

    /// How it reads the clock itself; its variables may, too.
    #[must_use]
    pub fn clock(&self) -> ClockReading {
        self.clock
    }

    /// The slots of the variables that are named, as in `V.x`. What is reached through `V` as a
    /// whole is not among them: in Cerbos that does not make a variable used.
    #[must_use]
    pub fn named_variables(&self) -> BTreeSet<usize> {
        read_set::named_variables(&self.root)
    }

    /// Bytes that the regular expressions take that are literals in it, compiled.
    #[must_use]
    pub fn pattern_bytes(&self) -> usize {
        regex::bytes_of_literals(&self.root)
    }

    /// Why it can have no value, whatever is asked, where that is certain: every evaluation fails
    /// with this text.
    #[must_use]
    pub fn hopeless(&self) -> Option<&str> {
        self.hopeless.as_deref()
    }

    /// Whether the value is `true`; any other value is not.
    ///
    /// # Errors
    /// The evaluation failed.
    pub fn holds(&self, frame: &Frame<'_>) -> Result<bool, EvaluationFailure> {
        let run = Run::new(frame, self.locals);
        finish(frame, self.evaluate(&run).map(|value| matches!(value, V::Bool(true))))
    }

    /// The value as that of a variable. Cerbos converts it to a native value and back, which
    /// unwraps optionals, for one.
    ///
    /// # Errors
    /// The evaluation failed.
    pub fn variable<'a>(&'a self, frame: &Frame<'a>) -> Result<V<'a>, EvaluationFailure> {
        let run = Run::new(frame, self.locals);
        finish(frame, self.evaluate(&run).map(|value| convert::to_variable(frame.arena, value)))
    }

    /// The value as JSON. Numbers may be NaN or infinite.
    ///
    /// # Errors
    /// The evaluation failed, or the value has no form in JSON.
    pub fn output(&self, frame: &Frame<'_>) -> Result<Value, EvaluationFailure> {
        let run = Run::new(frame, self.locals);
        finish(frame, self.evaluate(&run).and_then(|value| convert::to_json(&run, value)))
    }

    fn evaluate<'a>(&'a self, run: &Run<'a>) -> Evaluated<'a> {
        match &self.hopeless {
            Some(why) => Err(eval::Fault::Text(why)),
            None => run.whole(&self.root),
        }
    }
}

/// No failure for want of steps or memory is made up for by another part of the expression.
fn finish<T>(
    frame: &Frame<'_>,
    result: Result<T, eval::Fault<'_>>,
) -> Result<T, EvaluationFailure> {
    if let Some(spent) = frame.budget.spent() {
        return Err(EvaluationFailure(spent.to_string().into()));
    }
    result.map_err(|fault| {
        frame.budget.keep(fault.text().len());
        EvaluationFailure(fault.text().into())
    })
}
