//! Calls that cel-go makes when it plans an expression, before it evaluates anything.

use super::{
    syntax::{self, Syntax},
    types::Type,
};

/// Whether cel-go calls a function before it evaluates anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Early {
    /// cel-go makes no program of it at all: a literal key that can be none, of what is not there.
    Impossible,
    Never,
    /// If its arguments were folded to literals.
    Folded,
    /// Its arguments are written as literals.
    Literal,
}

/// When a global function of this name is called with these arguments.
pub(super) fn early(name: &str, args: &[&Syntax]) -> Early {
    let is_literal = args.last().is_some_and(|arg| is_converted_literal(arg));
    match (name, args) {
        (
            "bool" | "bytes" | "double" | "duration" | "int" | "string" | "timestamp" | "uint",
            [_],
        )
        | ("matches", [_, _]) => {
            if is_literal {
                Early::Literal
            } else {
                Early::Folded
            }
        }
        _ => Early::Never,
    }
}

/// Whether cel-go sees through a function of this name even where it does not fold.
pub(super) fn converts(name: &str) -> bool {
    matches!(
        name,
        "bool"
            | "bytes"
            | "double"
            | "duration"
            | "dyn"
            | "int"
            | "string"
            | "timestamp"
            | "type"
            | "uint"
    )
}

/// A chain of names, as that of a type may be.
fn dotted(syntax: &Syntax) -> Option<String> {
    match &syntax.kind {
        syntax::Kind::Name(name) => Some(name.clone()),
        syntax::Kind::Select { operand, field } => Some(format!("{}.{field}", dotted(operand)?)),
        _ => None,
    }
}

fn is_converted_literal(syntax: &Syntax) -> bool {
    use syntax::Kind as Written;
    match &syntax.kind {
        Written::Literal(_) => true,
        Written::Call { name, target: None, args } => {
            converts(name) && args.iter().all(is_converted_literal)
        }
        Written::List(elements) => {
            elements.iter().all(|element| !element.optional && is_converted_literal(&element.value))
        }
        Written::Map(entries) => entries.iter().all(|entry| {
            !entry.optional
                && is_converted_literal(&entry.key)
                && is_converted_literal(&entry.value)
        }),
        Written::Name(_) | Written::Select { .. } => {
            dotted(syntax).is_some_and(|name| Type::named(&name).is_some())
        }
        _ => false,
    }
}
