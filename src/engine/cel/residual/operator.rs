//! The names of operators.
//!
//! Most are Cerbos's. It has none for `has`, for optionals, for `sortBy` and for `orValue`; ours for
//! them are the names that CEL has.

use super::operand::Operand;
use crate::engine::cel::syntax::LoopKind;

pub(super) const AND: &str = "and";
pub(super) const OR: &str = "or";
pub(super) const NOT: &str = "not";
pub(super) const EQ: &str = "eq";
pub(super) const IN: &str = "in";
pub(super) const IF: &str = "if";
pub(super) const INDEX: &str = "index";
pub(super) const GET_FIELD: &str = "get-field";
pub(super) const SET_FIELD: &str = "set-field";
pub(super) const STRUCT: &str = "struct";
pub(super) const LIST: &str = "list";
pub(super) const LAMBDA: &str = "lambda";
pub(super) const HAS: &str = "has";
/// `a.?b`
pub(super) const GET_OPTIONAL_FIELD: &str = "get-optional-field";
/// `{?a: b}`
pub(super) const SET_OPTIONAL_FIELD: &str = "set-optional-field";
/// `[?a]`
pub(super) const OPTIONAL: &str = "optional";
pub(super) const OPTIONAL_OR: &str = "optional-or";
pub(super) const OR_VALUE: &str = "orValue";
pub(super) const OPTIONAL_MAP: &str = "optMap";
pub(super) const OPTIONAL_FLAT_MAP: &str = "optFlatMap";
pub(super) const SORT_BY: &str = "sortBy";

/// CEL's internal names of operators, with those that filters have for them.
const FUNCTIONS: [(&str, &str); 16] = [
    ("!_", NOT),
    ("_==_", EQ),
    ("_!=_", "ne"),
    ("_<_", "lt"),
    ("_<=_", "le"),
    ("_>_", "gt"),
    ("_>=_", "ge"),
    ("@in", IN),
    ("_+_", "add"),
    ("_-_", "sub"),
    ("_*_", "mult"),
    ("_/_", "div"),
    ("_%_", "mod"),
    ("-_", "-_"),
    ("_[_]", INDEX),
    ("_[?_]", "optional-index"),
];

const LOOPS: [(LoopKind, &str); 8] = [
    (LoopKind::All, "all"),
    (LoopKind::Exists, "exists"),
    (LoopKind::ExistsOne, "exists_one"),
    (LoopKind::Filter, "filter"),
    (LoopKind::Map, "map"),
    (LoopKind::TransformList, "transformList"),
    (LoopKind::TransformMap, "transformMap"),
    (LoopKind::TransformMapEntry, "transformMapEntry"),
];

/// What a function is called in a filter.
pub(super) fn of_function(name: &'static str) -> &'static str {
    FUNCTIONS.iter().find(|(function, _)| *function == name).map_or(name, |(_, name)| name)
}

/// The function that an operator stands for.
pub(super) fn function(operator: &str) -> &str {
    FUNCTIONS.iter().find(|(_, name)| *name == operator).map_or(operator, |(function, _)| function)
}

pub(super) fn of_loop(kind: LoopKind) -> &'static str {
    LOOPS.iter().find(|(other, _)| *other == kind).map_or("", |(_, name)| name)
}

pub(super) fn loop_kind(operator: &str) -> Option<LoopKind> {
    LOOPS.iter().find(|(_, name)| *name == operator).map(|(kind, _)| *kind)
}

/// Whether its value is the same before and after it was that of a variable, whatever it is.
pub(super) fn gives_plain_values(operator: &str) -> bool {
    let plain = ["ne", "lt", "le", "gt", "ge", "exists", "all", "exists_one", "sub", "mult", "div"];
    let methods =
        ["size", "startsWith", "endsWith", "contains", "matches", "mod", "hasIntersection"];
    [AND, OR, NOT, EQ, IN, HAS].contains(&operator)
        || plain.contains(&operator)
        || methods.contains(&operator)
}

/// Operators that literals are written with.
pub(super) fn is_literal(operator: &str) -> bool {
    [STRUCT, SET_FIELD, LIST, "timestamp", "duration"].contains(&operator)
}

/// Whether a failing operand is always the failure of the whole.
pub(super) fn is_strict(operator: &str) -> bool {
    let lenient = [AND, OR, IF, LAMBDA, HAS, OPTIONAL, OPTIONAL_OR, OR_VALUE, SET_OPTIONAL_FIELD];
    !lenient.contains(&operator) && loop_kind(operator).is_none() && !is_binder(operator)
}

/// Operators other than loops that have a lambda.
pub(super) fn is_binder(operator: &str) -> bool {
    [OPTIONAL_MAP, OPTIONAL_FLAT_MAP, SORT_BY].contains(&operator)
}

/// Whether a part of a lambda can be the name of one of its variables.
pub(super) fn is_name(operand: &Operand) -> bool {
    matches!(operand, Operand::Variable(name) if !name.contains('.'))
}
