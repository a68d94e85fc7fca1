//! Where in a file a spot of an expression is.

use crate::yaml::Place;

/// The place in `file` of line and column `at` within `expression`, whose value begins at `value`.
///
/// How the expression is quoted is not known here: a place is given only if the line of the file has
/// the line of the expression in it, literally.
pub(super) fn locate(
    file: &str,
    value: Place,
    expression: &str,
    at: (usize, usize),
) -> Option<Place> {
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
