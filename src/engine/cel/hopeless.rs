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
    fold::Folding,
    functions::Call as Arguments,
    node::{Call, Kind, Node},
    value::V,
};

/// Steps for constants. What takes more is left to be evaluated, within the budget of a request.
const BUDGET: u64 = 100_000;

/// Why the expression can have no value, if it cannot. Inner parts come first, in the order in which
/// they are written.
pub(super) fn why(node: &Node, folding: Folding) -> Option<Box<str>> {
    if let Some(why) = node.parts().into_iter().find_map(|part| why(part, folding)) {
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
