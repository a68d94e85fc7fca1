//! What is kept out of the comparison. docs/compatibility.md has a case of each.

use super::{term::Term, types::Type};

type Known = (&'static str, fn(&Term) -> bool);

const KNOWN: &[Known] = &[
    ("folding gives up a loop over constants whose condition it decides", decided_loop),
    ("folding makes a text that is not UTF-8", formatted_bytes),
    ("a message in a list that `optional.unwrap` made, joined", joined_message),
];

/// Why a term is left out, if it is: for what it is itself, whatever its parts are.
pub(super) fn excluded(term: &Term) -> Option<&'static str> {
    KNOWN.iter().find(|(_, is_known)| is_known(term)).map(|(why, _)| *why)
}

/// Why a term is left out, for itself or for one of its parts.
pub(in crate::conformance) fn why(term: &Term) -> Option<&'static str> {
    excluded(term).or_else(|| term.children().find_map(|(_, child, _)| why(child)))
}

/// `[1].filter(x, P.attr.b1 && false)` is null there.
fn decided_loop(term: &Term) -> bool {
    let one_variable =
        ["all", "exists", "map if", "filter", "map all", "map exists", "dyn exists", "dyn all"];
    let mut children = term.children().map(|(_, child, _)| child);
    let (Some(range), Some(condition)) = (children.next(), children.next()) else { return false };
    term.name.is_some_and(|name| one_variable.contains(&name))
        && !reads_inputs(range)
        && is_decided(condition)
}

/// Whether folding may find a literal, seen from afar: where a boolean depends on nothing, or on
/// whether something is in a list.
fn is_decided(condition: &Term) -> bool {
    let is_bool = condition.ty.checked() == Type::Plain("bool");
    is_bool && !reads_inputs(condition) && !names_variables(condition)
        || condition.name.is_some_and(|name| name.starts_with("in "))
        || condition.children().any(|(_, child, _)| is_decided(child))
}

fn reads_inputs(term: &Term) -> bool {
    let text = term.text();
    let inputs = ["P.", "R.", "V.", "C.", "G.", "(P)", "(R)", "request.", "runtime.", "now()"];
    inputs.iter().any(|input| text.contains(input))
}

fn names_variables(term: &Term) -> bool {
    let is_name = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_lowercase())
            && text.chars().all(|c| c.is_ascii_alphanumeric())
            && !matches!(text, "true" | "false" | "null")
    };
    term.name.is_none() && is_name(&term.text())
        || term.children().any(|(_, child, _)| names_variables(child))
}

fn formatted_bytes(term: &Term) -> bool {
    let is_format = term.name.is_some_and(|name| name.starts_with("format"));
    let text = term.text();
    is_format && [r"\xff", "/w==", "_w=="].iter().any(|bytes| text.contains(bytes))
}

fn joined_message(term: &Term) -> bool {
    let text = term.text();
    term.name == Some("list +")
        && text.contains("unwrap")
        && ["dyn(P)", "dyn(R)"].iter().any(|message| text.contains(message))
}
