//! Expressions that can have no value, whatever is asked.
//!
//! cel-go converts literals, and looks at literal keys and patterns, before it evaluates anything. If
//! that fails there is no program, so `x || bool("maybe")` fails even where `x` is true. What folding
//! has taken away, as in `true || bool("maybe")`, does not count.

use bumpalo::Bump;

use super::{
    access,
    budget::Budget,
    early::Early,
    eval::{Evaluated, Fault, Run},
    fold::{self, Folding},
    functions::Call as Arguments,
    node::{Call, Kind, Node},
    syntax::{self, Syntax},
    value::V,
};

/// Steps for constants. What takes more is left to be evaluated, within the budget of a request.
const BUDGET: u64 = 100_000;

/// Why the expression can have no value, if it cannot. Inner parts come first, in the order in which
/// they are written.
pub(super) fn why(node: &Node, (folding, locals): (Folding, usize)) -> Option<Box<str>> {
    if folding == Folding::Whole && fold::is_replaced(node, locals) {
        return None;
    }
    let inner = |part| why(part, (folding, locals));
    if let Some(why) = node.parts().into_iter().find_map(inner) {
        return Some(why);
    }
    let arena = Bump::new();
    let budget = Budget::of_steps(BUDGET);
    let run = Run::without_inputs(&arena, &budget, 0);
    let call = match &node.kind {
        Kind::Call(call) => call,
        Kind::TypeVariable(name) => return Some(run.undefined_type(name).text().into()),
        _ => return None,
    };
    let least = if folding == Folding::Whole { Early::Folded } else { Early::Literal };
    let fault: Option<Fault<'_>> = match (call.group.name, &*call.args) {
        ("_[_]" | "_[?_]", [_, key]) => access::qualifier(&run, key.literal()?).err(),
        _ if call.early >= least => call_early(&run, call)?.err(),
        _ => None,
    };
    // For want of steps nothing is known.
    fault.filter(|_| !budget.is_spent()).map(|fault| fault.text().into())
}

/// Whether cel-go can make no program of a macro that it would fold: literal keys are looked at by
/// whatever plans an expression, and conversions are not.
pub(super) fn has_no_program(node: &Node) -> bool {
    fold::is_constant_macro(node) && has_impossible_key(node)
}

fn has_impossible_key(node: &Node) -> bool {
    let is_impossible = match &node.kind {
        Kind::Call(call) if matches!(call.group.name, "_[_]" | "_[?_]") => {
            call.args.get(1).is_some_and(is_impossible_key)
        }
        _ => false,
    };
    is_impossible || node.parts().into_iter().any(has_impossible_key)
}

fn is_impossible_key(key: &Node) -> bool {
    let arena = Bump::new();
    let budget = Budget::of_steps(BUDGET);
    let run = Run::without_inputs(&arena, &budget, 0);
    key.literal().is_some_and(|key| access::qualifier(&run, key).is_err())
}

/// Whether it is a look into what is not there, whose key is a literal, or became one, and can be
/// none. A list or a map is not looked at where it is written as such.
pub(super) fn is_impossible((name, args): (&str, &[&Syntax]), lowered: &[Node]) -> bool {
    let ("_[_]" | "_[?_]", [_, written], [operand, key]) = (name, args, lowered) else {
        return false;
    };
    !matches!(written.kind, syntax::Kind::List(_) | syntax::Kind::Map(_))
        && is_impossible_key(key)
        && fold::is_nothing(operand, 0)
}

/// Whether something is left of which cel-go makes no program.
pub(super) fn is_impossible_still(node: &Node) -> bool {
    matches!(&node.kind, Kind::Call(call) if call.early == Early::Impossible)
        || node.parts().into_iter().any(is_impossible_still)
}

fn call_early<'a>(run: &Run<'a>, call: &'a Call) -> Option<Evaluated<'a>> {
    let args = match &*call.args {
        [only] => vec![only.literal()?],
        // The text is not looked at.
        [_, pattern] => match pattern.literal()? {
            pattern @ V::String(_) => vec![V::String(""), pattern],
            _ => return None,
        },
        _ => return None,
    };
    let pattern = call.pattern.as_deref();
    Some(call.group.call(&Arguments { run, only: call.only, args: &args, pattern }))
}
