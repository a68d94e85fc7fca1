//! What is wrong with an expression, said at its spot in the file, with what to do about it.

use super::error::{Problem, Site};
use super::syntax::Text;
use crate::yaml::Place;

/// Bytes of an expression that a message repeats.
const SHOWN: usize = 1_000;

/// An expression that does not compile, in the words of cel-go, as far as they help.
pub(super) fn invalid(
    text: &Text,
    file: &str,
    position: Option<(usize, usize)>,
    message: &str,
) -> Problem {
    if text.text.trim().is_empty() {
        let problem = Problem::at(text.site, "this expression is empty");
        return problem.help("write one, such as `R.attr.owner == P.id`");
    }
    let place = position.and_then(|at| locate(file, text.site.place, &text.text, at));
    let site = Site { place: place.unwrap_or(text.site.place), ..text.site };
    let (message, help) = explain(message);
    // Where the spot is known, the line of the file shows the expression.
    let problem = match place {
        Some(_) => Problem::at(site, format!("invalid expression: {message}")),
        None if text.text.len() > SHOWN => {
            let characters = text.text.chars().count();
            let message = format!("invalid expression of {characters} characters: {message}");
            Problem::at(site, message)
        }
        None => Problem::at(site, format!("invalid expression `{}`: {message}", text.text)),
    };
    match help {
        Some(help) => problem.help(help),
        None => problem,
    }
}

/// A name that the policy does not define, nor import.
pub(super) fn undefined<'n>(
    what: &str,
    name: &str,
    text: &Text,
    known: impl Iterator<Item = &'n str>,
) -> Problem {
    /// A longer list helps nobody.
    const SHOWN: usize = 8;
    let known: Vec<String> = known.take(SHOWN).map(|name| format!("`{name}`")).collect();
    let help = match known.as_slice() {
        [] => format!("this policy has no {what}s: define it in `{what}s.local`, or import it"),
        known => format!("{what}s of this policy: {}", known.join(", ")),
    };
    Problem::at(text.site, format!("undefined {what} `{name}`")).help(help)
}

fn explain(message: &str) -> (&str, Option<String>) {
    let quoted = |text: &str| text.split('\'').nth(1).map(str::to_owned);
    if let Some(syntax) = message.strip_prefix("Syntax error: ") {
        // The list of what could follow instead is long, and always nearly everything.
        let syntax = syntax.split(" expecting {").next().unwrap_or(syntax);
        return match syntax {
            "mismatched input '<EOF>'" => {
                let help = "an operand, or what closes a bracket, is missing at its end";
                ("it ends too early", Some(help.to_owned()))
            }
            syntax => (syntax, None),
        };
    }
    if let Some(reference) = message.strip_suffix(" (in container '')") {
        let name = quoted(reference);
        let help = name.map(|name| {
            format!("an attribute is `R.attr.{name}` or `P.attr.{name}`, a variable `V.{name}`")
        });
        return (reference, help);
    }
    if message.starts_with("undefined field ") {
        let help =
            quoted(message).map(|name| format!("attributes are below `attr`: `.attr.{name}`"));
        return (message, help);
    }
    let help = match message {
        "invalid matches argument" => {
            "it must be a regular expression of RE2: no look-around, no back-references"
        }
        "invalid duration argument" => "write a duration as `90s`, `1h30m` or `1.5h`",
        "invalid timestamp argument" => "write a time as `2026-01-02T03:04:05Z`",
        _ => return (message, overload(message)),
    };
    (message, Some(help.to_owned()))
}

/// What to do about a call that fits no function, or a condition that is none.
fn overload(message: &str) -> Option<String> {
    if let Some(types) = message.strip_prefix("found no matching overload for ") {
        let (name, types) = types.split_once(" applied to ")?;
        let types = types.trim_matches(['\'', '(', ')']);
        // Operators are `_==_`, `_[_]`, `!_` to the checker.
        let name = name.trim_matches('\'').replace('_', "");
        return Some(format!(
            "`{name}` does not take {types}: convert with `string()`, `int()`, `double()` and so on"
        ));
    }
    message.starts_with("expected type '").then(|| "every part must have the same type".to_owned())
}

/// The place in `file` of line and column `at` within `expression`, whose value begins at `value`.
///
/// How the expression is quoted is not known here: a place is given only if the line of the file has
/// the line of the expression in it, literally.
fn locate(file: &str, value: Place, expression: &str, at: (usize, usize)) -> Option<Place> {
    let (row, column) = at;
    let wanted = expression.lines().nth(row.checked_sub(1)?)?;
    // A block scalar begins on the line after its header, any other one on its own.
    [value.line, value.line + 1].into_iter().find_map(|first| {
        let number = first + row - 1;
        let line = file.lines().nth(number.checked_sub(1)?)?;
        let byte = match row == 1 && first == value.line {
            true => line.char_indices().nth(value.column - 1)?.0,
            false => 0,
        };
        let start = byte + line.get(byte..)?.find(wanted)?;
        let before = line.get(..start)?.chars().count();
        Some(Place { line: number, column: before + column })
    })
}

#[cfg(test)]
mod tests {
    use super::locate;
    use crate::yaml::Place;

    #[test]
    fn a_spot_in_an_expression_is_found_in_its_file() {
        let file = "a: 1 + x\nb: \"2 + x\"\nc: |-\n  3 +\n    x\nd: \"4 + \\\"x\\\"\"\n";
        for (value, expression, at, place) in [
            ((1, 4), "1 + x", (1, 5), Some((1, 8))),
            ((2, 4), "2 + x", (1, 5), Some((2, 9))),
            ((3, 4), "3 +\n  x", (2, 3), Some((5, 5))),
            ((6, 4), "4 + \"x\"", (1, 5), None),
            ((9, 1), "x", (1, 1), None),
        ] {
            let value = Place { line: value.0, column: value.1 };
            let place = place.map(|(line, column)| Place { line, column });
            assert_eq!(locate(file, value, expression, at), place, "{expression}");
        }
    }
}
