//! Constant folding, with the visible effects that it has in Cerbos and no others.

use bumpalo::Bump;

use super::{
    budget::Budget,
    compare,
    constant::Constant,
    eval::Run,
    node::{Call, Kind, Logic, Node},
    value::V,
};

/// Steps for one constant. What takes more is left to be evaluated, within the budget of a request.
const BUDGET: u64 = 10_000;

/// Whether `c in [.., c, ..]` is decided without its other elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Membership {
    Folded,
    Kept,
}

/// The node, or the constant that it always is. A constant that fails stays as it is: it fails at
/// run time, or does not matter there.
pub(super) fn fold(node: Node, membership: Membership) -> Node {
    let decided = match &node.kind {
        Kind::And(parts) => shortcut(parts, Logic::And),
        Kind::Or(parts) => shortcut(parts, Logic::Or),
        Kind::Call(call) if call.group.name == "@in" => is_member(call, membership),
        _ => None,
    };
    if let Some(value) = decided {
        return Node { kind: Kind::Constant(Constant::Bool(value)) };
    }
    let constant = match &node.kind {
        Kind::Call(_) => is_pure(&node),
        Kind::List(elements) => {
            elements.iter().all(|element| !element.optional && element.value.literal().is_some())
        }
        Kind::Map(entries) => entries.iter().all(|entry| {
            !entry.optional && entry.key.literal().is_some() && entry.value.literal().is_some()
        }),
        _ => false,
    };
    match node.kind {
        Kind::Conditional(parts) => choose(parts),
        _ if constant => match value_of(&node) {
            Some(value) => Node { kind: Kind::Constant(value) },
            None => node,
        },
        _ => node,
    }
}

/// Whether it is made of literals alone, by way of values that are no literals, such as addresses.
fn is_pure(node: &Node) -> bool {
    match &node.kind {
        Kind::Call(call) => call.group.is_pure() && call.args.iter().all(is_pure),
        _ => node.literal().is_some(),
    }
}

fn value_of(node: &Node) -> Option<Constant> {
    let arena = Bump::new();
    let budget = Budget::of_steps(BUDGET);
    let value = Run::without_inputs(&arena, &budget, 0).whole(node).ok()?;
    Constant::from_value(value)
}

/// A side that decides `&&` or `||` alone.
fn shortcut(parts: &[Node; 2], logic: Logic) -> Option<bool> {
    let decides =
        |node: &Node| matches!(node.literal(), Some(V::Bool(value)) if value == logic.deciding());
    parts.iter().any(decides).then_some(logic.deciding())
}

/// `x in []` is false, whatever x is; `c in [.., c, ..]` is true, whatever the other elements are.
fn is_member(call: &Call, membership: Membership) -> Option<bool> {
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
    if membership == Membership::Kept || !is_scalar {
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

/// The branch that a constant condition chooses.
fn choose(parts: Box<[Node; 3]>) -> Node {
    let chosen = match parts.first().and_then(Node::literal) {
        Some(V::Bool(value)) => Some(value),
        _ => None,
    };
    let [_, then, otherwise] = match chosen {
        Some(_) => *parts,
        None => return Node { kind: Kind::Conditional(parts) },
    };
    if chosen == Some(true) { then } else { otherwise }
}
