//! Constant folding, with the visible effects that it has in Cerbos and no others.
//!
//! cel-go folds the checked tree, writes what is left as an expression, and checks that. If it does
//! not pass, as `dyn(1) == P.id` does not once it says `1 == P.id`, nothing is folded at all.

use std::collections::HashMap;

use bumpalo::Bump;

use super::{
    budget::Budget,
    compare,
    constant::Constant,
    early,
    eval::Run,
    node::{Call, Kind, Logic, Loop, Node},
    syntax::{self, Syntax},
    value::V,
    write::Shape,
};

/// Steps for one constant. What takes more is left to be evaluated, within the budget of a request.
const BUDGET: u64 = 10_000;

/// What is folded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Folding {
    /// All that is constant, and what constants decide.
    Whole,
    /// Conversions and aggregates of literals, and no more.
    Literals,
}

/// What folding makes of a node.
#[derive(Clone, Debug)]
pub(super) enum Folded {
    Constant(Constant),
    /// A value that is none of those.
    Shape(Shape),
    /// The argument at this index.
    Argument(usize),
    /// The operand of `optMap` or `optFlatMap`, which has no value.
    Nothing,
}

/// All that was folded, by the id of the node as it was written.
#[derive(Debug, Default)]
pub(super) struct Folds(HashMap<usize, Folded>);

// === impl Folds ===

impl Folds {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn add(&mut self, node: &Syntax, folded: Option<Folded>) {
        self.0.extend(folded.map(|folded| (node.id, folded)));
    }

    pub(super) fn of(&self, node: &Syntax) -> Option<&Folded> {
        self.0.get(&node.id)
    }

    /// Whether the condition of a loop is always false: its body is gone then.
    pub(super) fn excludes_all(&self, details: &syntax::Loop) -> bool {
        // Whatever is written is checked, too.
        let condition = details.filter.as_ref().filter(|_| !self.is_empty());
        condition.is_some_and(|condition| match (self.of(condition), &condition.kind) {
            (Some(Folded::Constant(Constant::Bool(holds))), _)
            | (None, syntax::Kind::Literal(Constant::Bool(holds))) => !holds,
            _ => false,
        })
    }
}

/// The node, or what is left of it. A constant that fails stays as it is: it fails at run time, or
/// does not matter there.
pub(super) fn fold(node: Node, folding: Folding) -> (Node, Option<Folded>) {
    if folding == Folding::Whole
        && let Some(index) = chosen(&node)
    {
        return (argument(node, index), Some(Folded::Argument(index)));
    }
    let value = match &node.kind {
        Kind::Call(call) if call.group.name == "@in" => {
            is_member(call, folding).map(Constant::Bool)
        }
        _ => None,
    };
    let value = value.or_else(|| if folds(&node, folding) { constant_of(&node, 0) } else { None });
    match value {
        Some(value) => settled(value.clone(), Kind::Constant(value)),
        None if folding == Folding::Whole => {
            let shape = of_folded(&node, 0, Shape::without_joints).flatten();
            (node, shape.map(Folded::Shape))
        }
        None => (node, None),
    }
}

/// Where a macro is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Outside,
    InAnother,
}

/// A macro. One in another one is left for the end, and so is one that names inputs: whatever has a
/// value without them is folded then, but nothing around it.
pub(super) fn fold_macro(node: Node, locals: usize, place: Place) -> (Node, Option<Folded>) {
    let node = match node.kind {
        Kind::OptionalMap { parts, .. } if has_nothing(&parts, locals) => {
            let [operand, _] = *parts;
            return (operand, Some(Folded::Nothing));
        }
        kind => Node { kind },
    };
    match constant_of(&node, locals) {
        Some(value) if place == Place::Outside && is_constant(&node, &mut Vec::new()) => {
            settled(value.clone(), Kind::Constant(value))
        }
        Some(value) => settled(value.clone(), Kind::Settled(value)),
        None => (node, None),
    }
}

fn has_nothing([operand, _]: &[Node; 2], locals: usize) -> bool {
    is_nothing(operand, locals)
}

/// Whether there is nothing to map or to look into, so that what would be done with it is gone.
pub(super) fn is_nothing(operand: &Node, locals: usize) -> bool {
    let is_none = |value: V<'_>| matches!(value, V::Optional(None));
    is_constant(operand, &mut Vec::new()) && with_value(operand, locals, is_none).unwrap_or(false)
}

fn settled(value: Constant, kind: Kind) -> (Node, Option<Folded>) {
    (Node { kind }, Some(Folded::Constant(value)))
}

/// The other side of `true && other` and of `false || other`, if one is such a literal.
pub(super) fn neutral(parts: &[Node], logic: Logic) -> Option<usize> {
    let is_neutral =
        |node: &Node| matches!(node.literal(), Some(V::Bool(value)) if value != logic.deciding());
    parts.iter().position(is_neutral).map(|index| 1 - index)
}

/// Takes away the body of a loop that has no element for it.
pub(super) fn never_reached(details: &mut Loop) {
    if let Some(V::Bool(false)) = details.filter.as_ref().and_then(Node::literal) {
        details.body = Node { kind: Kind::Constant(Constant::Null) };
    }
}

/// The argument that is all that is left: a side that decides `&&` or `||` alone, or the branch that
/// a constant condition chooses.
fn chosen(node: &Node) -> Option<usize> {
    let truth = |node: &Node| match node.literal() {
        Some(V::Bool(value)) => Some(value),
        _ => None,
    };
    let decides = |parts: &[Node; 2], logic: Logic| {
        parts.iter().position(|part| truth(part) == Some(logic.deciding()))
    };
    match &node.kind {
        Kind::And(parts) => decides(parts, Logic::And),
        Kind::Or(parts) => decides(parts, Logic::Or),
        Kind::Conditional(parts) => {
            let [condition, ..] = &**parts;
            truth(condition).map(|holds| if holds { 1 } else { 2 })
        }
        _ => None,
    }
}

fn argument(node: Node, index: usize) -> Node {
    let argument = match node.kind {
        Kind::And(parts) | Kind::Or(parts) => parts.into_iter().nth(index),
        Kind::Conditional(parts) => parts.into_iter().nth(index),
        _ => None,
    };
    argument.unwrap_or(Node { kind: Kind::Constant(Constant::Null) })
}

fn folds(node: &Node, folding: Folding) -> bool {
    let is_literal = |node: &Node| match &node.kind {
        Kind::Constant(_) => true,
        Kind::Settled(_) => folding == Folding::Literals,
        _ => false,
    };
    match &node.kind {
        Kind::Call(call) if folding == Folding::Literals => {
            early::converts(call.group.name) && call.args.iter().all(is_literal)
        }
        Kind::List(elements) => {
            elements.iter().all(|element| !element.optional && is_literal(&element.value))
        }
        Kind::Map(entries) => entries
            .iter()
            .all(|entry| !entry.optional && is_literal(&entry.key) && is_literal(&entry.value)),
        Kind::Constant(_) => false,
        _ => folding == Folding::Whole && is_constant(node, &mut Vec::new()),
    }
}

/// Whether it is made of literals alone and has a value: cel-go puts the value in its place, and what
/// the node holds without evaluating it is gone.
pub(super) fn is_replaced(node: &Node, locals: usize) -> bool {
    is_constant_macro(node) && with_value(node, locals, |_| ()).is_some()
}

/// Whether it is a macro, all of which is made of literals.
pub(super) fn is_constant_macro(node: &Node) -> bool {
    is_macro(node) && is_constant(node, &mut Vec::new())
}

fn is_macro(node: &Node) -> bool {
    matches!(
        node.kind,
        Kind::Loop(_) | Kind::Bind { .. } | Kind::OptionalMap { .. } | Kind::SortBy { .. }
    )
}

/// Whether it is made of literals alone, by way of values that are no literals, such as addresses.
/// `bound` are the variables of macros around it.
fn is_constant(node: &Node, bound: &mut Vec<usize>) -> bool {
    match &node.kind {
        Kind::Constant(_) => return true,
        Kind::Settled(_)
        | Kind::Given(_)
        | Kind::Path(_)
        | Kind::TypeVariable(_)
        | Kind::AllVariables(_) => return false,
        Kind::Local(slot) => return bound.contains(slot),
        Kind::Call(call) if !call.group.is_pure() => return false,
        // It is folded once both sides are, though it needs only one of them.
        Kind::OptionalOr { parts, .. } if bound.is_empty() => {
            let has_value = |part| with_value(part, 0, |_| ()).is_some();
            return parts.iter().all(|part| is_constant(part, bound) && has_value(part));
        }
        Kind::Loop(details) => bound.extend([details.slot].into_iter().chain(details.second)),
        Kind::Bind { slot, .. } | Kind::OptionalMap { slot, .. } | Kind::SortBy { slot, .. } => {
            bound.push(*slot);
        }
        _ => {}
    }
    node.parts().into_iter().all(|part| is_constant(part, bound))
}

fn with_value<T>(node: &Node, locals: usize, then: impl FnOnce(V<'_>) -> T) -> Option<T> {
    let arena = Bump::new();
    let budget = Budget::of_steps(BUDGET);
    Run::without_inputs(&arena, &budget, locals).whole(node).ok().map(then)
}

fn constant_of(node: &Node, locals: usize) -> Option<Constant> {
    with_value(node, locals, Constant::from_value).flatten()
}

/// `x in []` is false, whatever x is; `c in [.., c, ..]` is true, whatever the other elements are.
fn is_member(call: &Call, folding: Folding) -> Option<bool> {
    let [element, container] = &*call.args else { return None };
    if let Some(list) = container.literal().and_then(V::list)
        && list.len() == 0
    {
        return Some(false);
    }
    let (Some(element), Kind::List(items)) = (element.literal(), &container.kind) else {
        return None;
    };
    let is_scalar = element.list().is_none() && element.entries().is_none();
    if folding == Folding::Literals || !is_scalar {
        return None;
    }
    let arena = Bump::new();
    let budget = Budget::of_steps(BUDGET);
    let run = Run::without_inputs(&arena, &budget, 0);
    let found = items.iter().filter(|item| !item.optional).any(|item| {
        let item = item.value.literal();
        item.is_some_and(|item| compare::equal(&run, element, item).unwrap_or(false))
    });
    found.then_some(true)
}

/// What comes of the value of a node that is folded, if it is.
pub(super) fn of_folded<T>(node: &Node, locals: usize, then: impl FnOnce(V<'_>) -> T) -> Option<T> {
    let folds = is_macro(node) || is_constant(node, &mut Vec::new());
    if folds { with_value(node, locals, then) } else { None }
}
