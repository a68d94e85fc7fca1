//! Evaluation of what is known: the rest becomes an operand.

use std::cell::RefCell;

use super::{
    form::Mode,
    literal::literal,
    operand::{Operand, Whole},
    operator,
};
use crate::engine::cel::{
    Constant, Expression, Frame,
    eval::{Evaluated, Run},
    node::{Kind, Logic, Loop, Node, Path, Root},
    syntax::LoopKind,
    value::{Entries, V},
};

/// Deeper than any expression and condition can be, and shallow enough for the stack of a worker.
const DEPTH: usize = 1_000;

/// What an expression is worth while a part of the question is unknown.
#[derive(Clone, Debug)]
pub enum Outcome<'a> {
    Known(V<'a>),
    /// It fails, whatever is unknown. The operand fails as well.
    Failed(Operand),
    /// It depends on what is unknown.
    Residual(Operand),
}

/// A variable of the policy.
#[derive(Clone, Debug)]
pub struct Slot<'a> {
    pub outcome: Outcome<'a>,
    /// A known value that has no literal, as it is made.
    pub(super) made: Option<Operand>,
    /// What is left of it where it is a condition.
    pub(super) condition: Outcome<'a>,
}

/// What is known of a question.
#[derive(Debug)]
pub struct Partly<'k, 'a> {
    /// Its resource has the attributes that are known, its variables the values that are.
    pub frame: Frame<'a>,
    /// By slot; `None` where the variable is unused.
    pub variables: &'k [Option<Slot<'a>>],
    /// `runtime.effectiveDerivedRoles`
    pub runtime: &'k Outcome<'a>,
    /// A condition that fails denies, so nothing may become of a failure.
    pub strict: bool,
}

/// What becomes of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// Whether it is true. What is no truth value fails.
    Truth,
    Value,
}

/// What the variable of a macro stands for.
pub(super) enum Binding<'a> {
    /// One element after the other, by the name that it has in the lambda.
    Unknown(Box<str>),
    Known(V<'a>),
    Operand(Operand),
}

pub(super) struct Partial<'e, 'k, 'a> {
    pub(super) known: &'e Partly<'k, 'a>,
    pub(super) expression: &'a Expression,
    /// By slot.
    bindings: RefCell<Vec<Option<Binding<'a>>>>,
}

// === impl Partial ===

impl<'e, 'k, 'a> Partial<'e, 'k, 'a> {
    pub(super) fn new(expression: &'a Expression, known: &'e Partly<'k, 'a>) -> Self {
        let bindings = RefCell::new((0..expression.locals).map(|_| None).collect());
        Self { known, expression, bindings }
    }

    pub(super) fn bind(&self, slot: usize, binding: Binding<'a>) {
        if let Some(place) = self.bindings.borrow_mut().get_mut(slot) {
            *place = Some(binding);
        }
    }

    pub(super) fn unbind(&self, slot: usize) {
        if let Some(place) = self.bindings.borrow_mut().get_mut(slot) {
            *place = None;
        }
    }

    /// What a variable of a macro is written as. One that is not bound belongs to a macro that is
    /// evaluated as a whole.
    pub(super) fn local(&self, slot: usize) -> Operand {
        let name = || Operand::variable(self.name(slot));
        match self.bindings.borrow().get(slot) {
            Some(Some(Binding::Operand(operand))) => self.copied(operand),
            Some(Some(Binding::Known(value))) => literal(*value).unwrap_or_else(name),
            Some(Some(Binding::Unknown(name))) => Operand::variable(name),
            Some(None) | None => name(),
        }
    }

    fn name(&self, slot: usize) -> &'a str {
        self.expression.local_names.get(slot).map_or("", |name| name)
    }

    /// Binds the variable of a lambda. Where what `cel.bind` names is written out within, it must not
    /// come to mean another variable of that name.
    pub(super) fn iterate(&self, slot: usize) {
        let name = self.name(slot);
        let (mut is_taken, mut is_written_out) = (false, false);
        for binding in self.bindings.borrow().iter().flatten() {
            match binding {
                Binding::Unknown(other) => is_taken |= **other == *name,
                Binding::Operand(_) => is_written_out = true,
                Binding::Known(_) => {}
            }
        }
        let name = if is_taken && is_written_out { format!("{name}@{slot}") } else { name.into() };
        self.bind(slot, Binding::Unknown(name.into()));
    }

    /// The operand once more, if there is room for it: variables that use each other could otherwise
    /// make more of it than there is memory, or make it deeper than there is stack.
    pub(super) fn copied(&self, operand: &Operand) -> Operand {
        let (size, depth) = operand.weigh();
        let run = self.run();
        let steps = if depth > DEPTH { usize::MAX } else { size };
        let room = run.charge(steps).and_then(|()| run.keep(size * size_of::<Operand>()));
        if room.is_ok() { operand.clone() } else { Operand::variable("") }
    }

    pub(super) fn slot(&self, slot: usize) -> Option<&'k Slot<'a>> {
        self.known.variables.get(slot).and_then(Option::as_ref)
    }

    /// A run in which what is bound and known has its value.
    pub(super) fn run(&self) -> Run<'a> {
        let run = Run::new(&self.known.frame, self.expression.locals);
        for (slot, binding) in self.bindings.borrow().iter().enumerate() {
            if let Some(Binding::Known(value)) = binding {
                run.set(slot, Ok(*value));
            }
        }
        run
    }

    pub(super) fn value(&self, node: &'a Node) -> Evaluated<'a> {
        self.run().whole(node)
    }

    /// Whether nothing unknown is read, whatever is evaluated.
    pub(super) fn is_known(&self, node: &Node) -> bool {
        match &node.kind {
            Kind::Path(path) => self.is_known_path(path),
            Kind::Local(slot) => match self.bindings.borrow().get(*slot) {
                None | Some(None | Some(Binding::Known(_))) => true,
                Some(Some(Binding::Unknown(_) | Binding::Operand(_))) => false,
            },
            Kind::AllVariables(variables) => {
                variables.iter().all(|(_, slot)| self.is_known_variable(*slot))
            }
            // `has(R.attr.x)` is known where the attribute is.
            Kind::Has { operand, field } => match &operand.kind {
                Kind::Path(Path { root: Root::ResourceAttributes, keys, .. })
                    if keys.is_empty() =>
                {
                    self.is_given(field)
                }
                Kind::Path(Path { root: Root::Resource, keys, .. }) if keys.is_empty() => {
                    matches!(&**field, "kind" | "scope")
                }
                _ => self.is_known(operand),
            },
            _ => node.parts().into_iter().all(|part| self.is_known(part)),
        }
    }

    fn is_known_path(&self, path: &Path) -> bool {
        match &path.root {
            Root::ResourceAttributes => {
                path.keys.first().is_some_and(|key| self.is_given(&key.name))
            }
            Root::Request | Root::Resource | Root::ResourceId | Root::ResourcePolicyVersion => {
                false
            }
            Root::Variable { slot, .. } => self.is_known_variable(*slot),
            Root::Runtime | Root::EffectiveDerivedRoles => {
                matches!(self.known.runtime, Outcome::Known(_) | Outcome::Failed(_))
            }
            Root::Principal
            | Root::PrincipalId
            | Root::PrincipalRoles
            | Root::PrincipalPolicyVersion
            | Root::PrincipalScope
            | Root::PrincipalAttributes
            | Root::ResourceKind
            | Root::ResourceScope
            | Root::AuxData
            | Root::Claims
            | Root::NamedTokens
            | Root::UndefinedConstant(_)
            | Root::Globals
            | Root::Global(_) => true,
        }
    }

    fn is_given(&self, attribute: &str) -> bool {
        self.known.frame.input.resource.attr.get(attribute).is_some()
    }

    /// A variable that is not used, or fails whatever is unknown, is known to fail.
    fn is_known_variable(&self, slot: usize) -> bool {
        let outcome = self.slot(slot).map(|slot| &slot.outcome);
        !matches!(outcome, Some(Outcome::Residual(_)))
    }

    pub(super) fn outcome(&self, node: &'a Node, asked: Asked) -> Outcome<'a> {
        if self.is_known(node) {
            return self.known(node);
        }
        match &node.kind {
            Kind::And(parts) => self.logic(parts, Logic::And, asked),
            Kind::Or(parts) => self.logic(parts, Logic::Or, asked),
            Kind::Conditional(parts) => self.conditional(node, parts, asked),
            Kind::Loop(details) if self.is_over_nothing(details) => {
                Outcome::Known(match details.kind {
                    LoopKind::All => V::Bool(true),
                    LoopKind::Exists | LoopKind::ExistsOne => V::Bool(false),
                    LoopKind::Filter | LoopKind::Map | LoopKind::TransformList => V::List(&[]),
                    LoopKind::TransformMap | LoopKind::TransformMapEntry => V::Map(&[]),
                })
            }
            Kind::Bind { slot, parts } => {
                let [value, body] = &**parts;
                self.bind_to(*slot, value);
                let outcome = self.outcome(body, asked);
                self.unbind(*slot);
                outcome
            }
            Kind::Call(call) if call.group.name == "!_" => match call.args.first() {
                Some(arg) => self.negation(arg),
                None => Outcome::Failed(self.raw(node)),
            },
            _ => {
                let built = self.form(node, Mode::Partial);
                if built.fails {
                    Outcome::Failed(built.operand)
                } else {
                    Outcome::Residual(built.operand)
                }
            }
        }
    }

    fn known(&self, node: &'a Node) -> Outcome<'a> {
        let reads_failure = |node: &Node| {
            let is_runtime = matches!(
                &node.kind,
                Kind::Path(Path { root: Root::Runtime | Root::EffectiveDerivedRoles, .. })
            );
            is_runtime && matches!(self.known.runtime, Outcome::Failed(_))
        };
        let mut left = vec![node];
        while let Some(node) = left.pop() {
            if reads_failure(node) {
                return Outcome::Failed(self.raw(node));
            }
            left.extend(node.parts());
        }
        match self.value(node) {
            Ok(value) => Outcome::Known(value),
            Err(_fault) => Outcome::Failed(self.form(node, Mode::Partial).operand),
        }
    }

    /// Binds the variable of `cel.bind` to its value, or to what the value is written as.
    pub(super) fn bind_to(&self, slot: usize, value: &'a Node) {
        let binding = match self.outcome(value, Asked::Value) {
            Outcome::Known(known) => Binding::Known(known),
            Outcome::Failed(operand) | Outcome::Residual(operand) => Binding::Operand(operand),
        };
        self.bind(slot, binding);
    }

    fn is_over_nothing(&self, details: &'a Loop) -> bool {
        let size = |value: V<'a>| match (value.list(), value.entries()) {
            (Some(list), _) => Some(list.len()),
            (None, entries) => entries.map(Entries::len),
        };
        self.is_known(&details.range)
            && self.value(&details.range).is_ok_and(|v| size(v) == Some(0))
    }

    fn negation(&self, arg: &'a Node) -> Outcome<'a> {
        match self.outcome(arg, Asked::Truth) {
            Outcome::Known(V::Bool(value)) => Outcome::Known(V::Bool(!value)),
            Outcome::Known(value) => {
                let operand = self.written(arg, value);
                Outcome::Failed(Operand::expression(operator::NOT, vec![operand]))
            }
            Outcome::Failed(operand) => {
                Outcome::Failed(Operand::expression(operator::NOT, vec![operand]))
            }
            Outcome::Residual(operand) => {
                Outcome::Residual(Operand::expression(operator::NOT, vec![operand]))
            }
        }
    }

    fn conditional(&self, node: &'a Node, parts: &'a [Node; 3], asked: Asked) -> Outcome<'a> {
        let [condition, then, otherwise] = parts;
        match self.outcome(condition, Asked::Truth) {
            Outcome::Known(V::Bool(true)) => self.outcome(then, asked),
            Outcome::Known(V::Bool(false)) => self.outcome(otherwise, asked),
            Outcome::Known(_) | Outcome::Failed(_) => Outcome::Failed(self.raw(node)),
            Outcome::Residual(condition) => {
                let parts = vec![condition, self.raw(then), self.raw(otherwise)];
                Outcome::Residual(Operand::expression(operator::IF, parts))
            }
        }
    }

    fn logic(&self, parts: &'a [Node; 2], logic: Logic, asked: Asked) -> Outcome<'a> {
        let [left, right] = parts;
        combine(logic, asked, self.truth(left), self.truth(right))
    }

    /// A part of `&&` or `||`: what is no truth value fails there.
    pub(super) fn truth(&self, node: &'a Node) -> Outcome<'a> {
        match self.outcome(node, Asked::Truth) {
            Outcome::Known(value) if !matches!(value, V::Bool(_)) => {
                Outcome::Failed(self.written(node, value))
            }
            other => other,
        }
    }

    /// A known value: as a literal where it has one, else as what it is made from.
    pub(super) fn written(&self, node: &'a Node, value: V<'a>) -> Operand {
        match literal(value) {
            Some(literal) => self.counted(literal),
            None => self.form(node, Mode::Partial).operand,
        }
    }

    /// Counts what a literal takes.
    fn counted(&self, literal: Operand) -> Operand {
        let (size, _) = literal.weigh();
        let room = self.run().keep(size * size_of::<Operand>());
        if room.is_ok() { literal } else { Operand::variable("") }
    }

    /// A known value that has no literal.
    pub(super) fn made(&self, node: &'a Node) -> Operand {
        self.form(node, Mode::Partial).operand
    }

    /// A node as it was written.
    pub(super) fn raw(&self, node: &'a Node) -> Operand {
        self.form(node, Mode::Raw).operand
    }

    /// A variable of the policy, within another expression.
    pub(super) fn variable(&self, slot: usize) -> Option<Operand> {
        let Slot { outcome, made, .. } = self.slot(slot)?;
        let operand = match outcome {
            Outcome::Known(value) => match (literal(*value), made) {
                (Some(literal), _) => return Some(self.counted(literal)),
                (None, made) => self.copied(made.as_ref()?),
            },
            Outcome::Failed(operand) | Outcome::Residual(operand) => self.copied(operand),
        };
        Some(match operand {
            nullable @ Operand::Whole { kind: Whole::NullableVariable, .. } => nullable,
            other => other.into_variable(),
        })
    }
}

/// `&&` or `||` of two truths.
pub(super) fn combine<'a>(
    logic: Logic,
    asked: Asked,
    left: Outcome<'a>,
    right: Outcome<'a>,
) -> Outcome<'a> {
    let decides = |outcome: &Outcome<'_>| matches!(outcome, Outcome::Known(V::Bool(value)) if *value == logic.deciding());
    if decides(&left) || decides(&right) {
        return Outcome::Known(V::Bool(logic.deciding()));
    }
    let operand = |outcome: Outcome<'a>| match outcome {
        Outcome::Known(_) => (Operand::Value(Constant::Bool(!logic.deciding())), true),
        Outcome::Failed(operand) => (operand, true),
        Outcome::Residual(operand) => (operand, false),
    };
    match (left, right) {
        (Outcome::Known(_), other) | (other, Outcome::Known(_))
            if asked == Asked::Truth || is_truth(&other) =>
        {
            other
        }
        (Outcome::Residual(left), Outcome::Residual(right))
            if left == right && asked == Asked::Truth =>
        {
            Outcome::Residual(left)
        }
        (left, right) => {
            let ((left, left_fails), (right, right_fails)) = (operand(left), operand(right));
            let operand = Operand::expression(name(logic), vec![left, right]);
            if left_fails && right_fails {
                Outcome::Failed(operand)
            } else {
                Outcome::Residual(operand)
            }
        }
    }
}

fn name(logic: Logic) -> &'static str {
    match logic {
        Logic::And => operator::AND,
        Logic::Or => operator::OR,
    }
}

/// Whether it is nothing but a truth value, or fails.
fn is_truth(outcome: &Outcome<'_>) -> bool {
    match outcome {
        Outcome::Known(value) => matches!(value, V::Bool(_)),
        Outcome::Failed(_) => true,
        Outcome::Residual(operand) => operand.operator().is_some_and(|operator| {
            let logical = [operator::AND, operator::OR, operator::NOT, operator::EQ, operator::IN];
            let others = ["ne", "lt", "le", "gt", "ge", "exists", "all", "exists_one"];
            logical.contains(&operator) || others.contains(&operator)
        }),
    }
}
