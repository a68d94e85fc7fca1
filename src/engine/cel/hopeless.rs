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
    functions::Call as Arguments,
    node::{Call, Kind, Loop, Node},
    value::{Entries, V},
};

/// Steps for constants. What takes more is left to be evaluated, within the budget of a request.
const BUDGET: u64 = 10_000;

/// Why the expression can have no value, if it cannot. `locals`: how many variables it binds.
/// Inner parts come first, in the order in which they are written.
pub(super) fn why(node: &Node, locals: usize) -> Option<Box<str>> {
    why_from(node, locals, Early::Folded)
}

/// Looks at calls that are at least as early as this.
fn why_from(node: &Node, locals: usize, least: Early) -> Option<Box<str>> {
    if binds(node) && has_value(node, locals) {
        return None;
    }
    if let Kind::Loop(details) = &node.kind
        && let Some(why) = never_runs(details)
    {
        return match why {
            Idle::Empty => None,
            Idle::Excluded => why_from(&details.range, locals, least),
        };
    }
    let least = if loops_over_nothing(node) { Early::Literal } else { least };
    if let Some(why) = node.parts().into_iter().find_map(|part| why_from(part, locals, least)) {
        return Some(why);
    }
    let Kind::Call(call) = &node.kind else { return None };
    let arena = Bump::new();
    let budget = Budget::of_steps(BUDGET);
    let run = Run::without_inputs(&arena, &budget, 0);
    let fault: Option<Fault<'_>> = match (call.group.name, &*call.args) {
        ("_[_]" | "_[?_]", [_, key]) => access::qualifier(&run, key.literal()?).err(),
        _ if call.early >= least => call_early(&run, call)?.err(),
        _ => None,
    };
    // For want of steps nothing is known.
    fault.filter(|_| !budget.is_spent()).map(|fault| fault.text().into())
}

/// Folding evaluates a loop over literals as a whole, and then nothing in it is left.
fn binds(node: &Node) -> bool {
    matches!(
        node.kind,
        Kind::Loop(_) | Kind::Bind { .. } | Kind::OptionalMap { .. } | Kind::SortBy { .. }
    )
}

/// Why the body of a loop is never evaluated. Folding takes it away.
enum Idle {
    Empty,
    Excluded,
}

fn never_runs(details: &Loop) -> Option<Idle> {
    let range = details.range.literal();
    let size = range.and_then(|range| match (range.list(), range.entries()) {
        (Some(list), _) => Some(list.len()),
        (None, entries) => entries.map(Entries::len),
    });
    match details.filter.as_ref().and_then(Node::literal) {
        _ if size == Some(0) => Some(Idle::Empty),
        Some(V::Bool(false)) => Some(Idle::Excluded),
        _ => None,
    }
}

/// Nothing is folded in a loop over a constant that is neither list nor map.
fn loops_over_nothing(node: &Node) -> bool {
    let range = match &node.kind {
        Kind::Loop(details) => Some(&details.range),
        Kind::SortBy { parts, .. } => parts.first(),
        _ => None,
    };
    let range = range.and_then(Node::literal);
    range.is_some_and(|range| range.list().is_none() && range.entries().is_none())
}

fn has_value(node: &Node, locals: usize) -> bool {
    let arena = Bump::new();
    let budget = Budget::of_steps(BUDGET);
    is_constant(node) && Run::without_inputs(&arena, &budget, locals).whole(node).is_ok()
}

fn is_constant(node: &Node) -> bool {
    match &node.kind {
        Kind::Constant(_) => node.literal().is_some(),
        Kind::Path(_) | Kind::AllVariables(_) => false,
        Kind::Call(call) => call.group.is_pure() && call.args.iter().all(is_constant),
        _ => node.parts().into_iter().all(is_constant),
    }
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
    Some(call.group.call(&Arguments { run, args: &args, pattern: call.pattern.as_deref() }))
}
