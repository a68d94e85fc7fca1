//! Calls of functions, once their arguments are lowered.

use super::{
    constant::Constant,
    early::Early,
    functions::{self, Overload},
    horizon::Moving,
    node::{Alternative, Call, Kind, Node},
    regex::Pattern,
    signature::Style,
};

/// Which function, and what is known of the call.
pub(super) struct Callee<'n> {
    pub name: &'n str,
    pub style: Style,
    pub only: Option<&'static Overload>,
    pub early: Early,
}

/// The node for a call. Operators that do not evaluate all their arguments have kinds of their own.
pub(super) fn node(callee: &Callee<'_>, args: Vec<Node>) -> Kind {
    match <[Node; 2]>::try_from(args) {
        Ok(parts) => of_two(callee, parts),
        Err(args) => match (callee.name, <[Node; 3]>::try_from(args)) {
            ("_?_:_", Ok(parts)) => Kind::Conditional(Box::new(parts)),
            (_, Ok(parts)) => of_function(callee, parts.into()),
            (_, Err(args)) => of_function(callee, args),
        },
    }
}

fn of_two(callee: &Callee<'_>, parts: [Node; 2]) -> Kind {
    let alternative = |parts, result| Kind::OptionalOr { parts: Box::new(parts), result };
    match (callee.name, callee.style) {
        ("_&&_", _) => Kind::And(Box::new(parts)),
        ("_||_", _) => Kind::Or(Box::new(parts)),
        ("or", Style::Member) => alternative(parts, Alternative::Optional),
        ("orValue", Style::Member) => alternative(parts, Alternative::Value),
        _ => of_function(callee, parts.into()),
    }
}

fn of_function(callee: &Callee<'_>, args: Vec<Node>) -> Kind {
    let &Callee { name, style, only, early } = callee;
    let Some(group) = functions::find_group(name, style, args.len()) else {
        // The checker has found one, so this is not reached.
        return Kind::Constant(Constant::Null);
    };
    let pattern = literal_pattern(name, &args).map(Box::new);
    let moving = Moving::of(name, &args);
    Kind::Call(Call { group, only, args: args.into(), pattern, early, moving })
}

/// The pattern of a call that takes one, if it is a literal and valid.
fn literal_pattern(name: &str, args: &[Node]) -> Option<Pattern> {
    let takes_pattern =
        matches!(name, "matches" | "regex.extract" | "regex.extractAll" | "regex.replace");
    let Some(Kind::Constant(Constant::String(pattern))) = args.get(1).map(|arg| &arg.kind) else {
        return None;
    };
    if takes_pattern { Pattern::new(pattern).ok() } else { None }
}
