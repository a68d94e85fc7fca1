//! What an operand means once everything is known.

use super::{
    operand::{Operand, Whole},
    raise::{Raised, raise},
};
use crate::engine::cel::{Frame, convert, eval::Run, node::Node, value::V};

/// What becomes of a condition that fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failing {
    /// It does not hold.
    Unmet,
    /// Everything is denied.
    Denies,
}

/// Whether the operand is true. Each whole is evaluated on its own.
#[must_use]
pub fn holds(operand: &Operand, frame: &Frame<'_>, failing: Failing) -> bool {
    let Raised { parts, root, locals } = raise(operand);
    let result = evaluate(&parts, &root, locals, (frame, failing));
    result.unwrap_or(false) && !frame.budget.is_spent()
}

/// `None`: a condition failed, and that denies everything.
fn evaluate<'a>(
    parts: &'a [(Whole, Node)],
    root: &'a Node,
    locals: usize,
    (frame, failing): (&Frame<'a>, Failing),
) -> Option<bool> {
    let run = |values: &[Option<V<'a>>], node: &'a Node| {
        let variables = frame.arena.alloc_slice_copy(values);
        Run::new(&Frame { variables, ..*frame }, locals).whole(node)
    };
    let mut values: Vec<Option<V<'a>>> = Vec::with_capacity(parts.len());
    for (kind, node) in parts {
        let value = match (kind, run(&values, node)) {
            (Whole::Condition, Err(_fault)) if failing == Failing::Denies => return None,
            (Whole::Condition, value) => Some(V::Bool(matches!(value, Ok(V::Bool(true))))),
            (Whole::Variable | Whole::NullableVariable, Ok(value)) => {
                Some(convert::to_variable(frame.arena, value))
            }
            (Whole::NullableVariable, Err(_fault)) => Some(V::Null),
            (Whole::Variable, Err(_fault)) => None,
        };
        values.push(value);
    }
    Some(matches!(run(&values, root), Ok(V::Bool(true))))
}
