//! Expressions that can have no value, whatever is asked.
//!
//! cel-go converts constants and looks at constant keys before it evaluates anything. If that fails
//! there is no program, so `x || bool("maybe")` fails even where `x` is true. What folding has taken
//! away, as in `true || bool("maybe")`, does not count.

use bumpalo::Bump;

use super::{
    access,
    budget::Budget,
    eval::Run,
    node::{Call, Kind, Node},
    signature::Style,
};

const STEPS: u64 = 5_000_000;

/// Conversions that cel-go tries on constants. Those to timestamps and durations are not among them:
/// there it takes the expression as it was before folding.
const CONVERSIONS: [&str; 5] = ["bool", "double", "int", "string", "uint"];

/// Why the expression can have no value, if it cannot.
pub(super) fn why(root: &Node) -> Option<Box<str>> {
    // Inner ones first, in the order in which they are written.
    for part in root.parts() {
        if let Some(why) = why(part) {
            return Some(why);
        }
    }
    let Kind::Call(call) = &root.kind else { return None };
    let arena = Bump::new();
    // One operation on constants.
    let budget = Budget::of_steps(STEPS);
    let run = Run::without_inputs(&arena, &budget);
    let fails = match (call.group.name, &*call.args) {
        _ if is_conversion(call) => run.eval(root).map(drop),
        ("_[_]" | "_[?_]", [_, key]) => access::qualifier(&run, key.constant()?),
        _ => return None,
    };
    fails.err().map(|fault| fault.text().into())
}

fn is_conversion(call: &Call) -> bool {
    let Call { group, args, .. } = call;
    group.style == Style::Global
        && CONVERSIONS.contains(&group.name)
        && matches!(&**args, [only] if only.constant().is_some())
}
