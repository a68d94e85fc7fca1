//! What an operand means once everything is known.

use super::{
    operand::{Operand, Whole},
    raise::{Raised, raise},
};
use crate::engine::cel::{Frame, convert, eval::Run, value::V};

/// Whether the operand is true. Each whole is evaluated on its own; where failures deny, one that
/// fails is the end of it.
#[must_use]
pub fn wholes(operand: &Operand, frame: &Frame<'_>, strict: bool) -> bool {
    let Raised { parts, root, locals } = raise(operand);
    evaluate(&parts, &root, locals, (frame, strict)).unwrap_or(false)
}

/// `None`: it failed.
fn evaluate<'a>(
    parts: &'a [(Whole, super::super::node::Node)],
    root: &'a super::super::node::Node,
    locals: usize,
    (frame, strict): (&Frame<'a>, bool),
) -> Option<bool> {
    let mut values: Vec<Option<V<'a>>> = Vec::with_capacity(parts.len());
    for (kind, node) in parts {
        let seen = frame.arena.alloc_slice_copy(&values);
        let run = Run::new(&Frame { variables: seen, ..*frame }, locals);
        let value = run.whole(node);
        values.push(match (kind, value) {
            (Whole::Condition, Err(_fault)) if strict => return None,
            (Whole::Condition, value) => Some(V::Bool(matches!(value, Ok(V::Bool(true))))),
            (Whole::Variable | Whole::NullableVariable, Ok(value)) => {
                Some(convert::to_variable(frame.arena, value))
            }
            (Whole::NullableVariable, Err(_fault)) => Some(V::Null),
            (Whole::Variable, Err(_fault)) => None,
        });
    }
    let seen = frame.arena.alloc_slice_copy(&values);
    let run = Run::new(&Frame { variables: seen, ..*frame }, locals);
    let holds = matches!(run.whole(root), Ok(V::Bool(true)));
    Some(holds && !frame.budget.is_spent())
}
