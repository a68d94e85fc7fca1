//! What an unquoted scalar means: the rules of the parser that Cerbos uses, which are neither
//! YAML 1.1's nor 1.2's in full. `017` is octal, `1e3` is a string, `yes` is a string.

use super::ScalarKind;

/// Resolves the text of a plain scalar.
pub(super) fn resolve(text: &str) -> ScalarKind {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return ScalarKind::Null,
        "true" | "True" | "TRUE" => return ScalarKind::Bool(true),
        "false" | "False" | "FALSE" => return ScalarKind::Bool(false),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => {
            return ScalarKind::Float(f64::INFINITY);
        }
        "-.inf" | "-.Inf" | "-.INF" => return ScalarKind::Float(f64::NEG_INFINITY),
        ".nan" | ".NaN" | ".NAN" => return ScalarKind::Float(f64::NAN),
        _ => {}
    }
    integer(text)
        .map(ScalarKind::Integer)
        .or_else(|| float(text).map(ScalarKind::Float))
        .unwrap_or(ScalarKind::String)
}

/// A number without its sign and its underscores, and whether it is negative. Of `+-1` both signs go
/// away, and it is positive.
fn number(text: &str) -> Option<(bool, String)> {
    if !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.')) {
        return None;
    }
    let unsigned = text.strip_prefix('+').unwrap_or(text);
    let unsigned = unsigned.strip_prefix('-').unwrap_or(unsigned).replace('_', "");
    unsigned
        .starts_with(|c: char| c.is_ascii_digit() || c == '.')
        .then_some((text.starts_with('-'), unsigned))
}

fn integer(text: &str) -> Option<i128> {
    let (negative, digits) = number(text)?;
    let (radix, digits) = match (digits.as_bytes().first(), digits.as_bytes().get(1)) {
        (Some(b'0'), Some(b'x')) => (16, digits.get(2..)?),
        (Some(b'0'), Some(b'o')) => (8, digits.get(2..)?),
        (Some(b'0'), Some(b'b')) => (2, digits.get(2..)?),
        (Some(b'0'), Some(_)) => (8, digits.get(1..)?),
        _ => (10, &*digits),
    };
    // `from_str_radix` takes a sign of its own, which would be a second one here.
    if digits.starts_with(['-', '+']) {
        return None;
    }
    let magnitude = u64::from_str_radix(digits, radix).ok()?;
    let value = if negative { -i128::from(magnitude) } else { i128::from(magnitude) };
    (value >= i128::from(i64::MIN)).then_some(value)
}

fn float(text: &str) -> Option<f64> {
    let (negative, digits) = number(text)?;
    // Without a point an exponent makes a string: `1e3` is text.
    if !digits.contains('.')
        || digits.contains(|c: char| !matches!(c, '0'..='9' | '.' | 'e' | 'E' | '+' | '-'))
    {
        return None;
    }
    if !digits.contains(|c: char| c.is_ascii_digit()) {
        return None;
    }
    // What is beyond the range of a double is text.
    let value = digits.parse().ok().filter(|value: &f64| value.is_finite())?;
    Some(if negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::{ScalarKind, resolve};

    #[test]
    fn scalars_resolve_as_the_parser_of_cerbos_resolves_them() {
        let string = ScalarKind::String;
        let int = ScalarKind::Integer;
        let float = ScalarKind::Float;
        for (text, kind) in [
            ("null", ScalarKind::Null),
            ("~", ScalarKind::Null),
            ("True", ScalarKind::Bool(true)),
            ("tRUE", string),
            ("yes", string),
            ("off", string),
            ("12", int(12)),
            ("-3", int(-3)),
            ("+5", int(5)),
            ("1_000", int(1000)),
            ("1__0", int(10)),
            ("0x1F", int(31)),
            ("-0x1F", int(-31)),
            ("0o17", int(15)),
            ("017", int(15)),
            ("01", int(1)),
            ("00", int(0)),
            ("0b101", int(5)),
            ("18446744073709551615", int(18_446_744_073_709_551_615)),
            ("08", string),
            ("0o8", string),
            ("0b2", string),
            ("0x", string),
            ("18446744073709551616", string),
            ("--1", string),
            ("1.5", float(1.5)),
            (".5", float(0.5)),
            ("-.5", float(-0.5)),
            ("5.", float(5.0)),
            ("1_0.5", float(10.5)),
            ("1.0e3", float(1000.0)),
            ("1.5e+3", float(1500.0)),
            ("1.5E-3", float(0.0015)),
            ("1e3", string),
            ("12e03", string),
            ("nan", string),
            ("Infinity", string),
            ("2020-01-01", string),
            ("1:30", string),
            ("1.2.3", string),
            ("1,000", string),
            (".", string),
            ("1.0e400", string),
        ] {
            assert_eq!(resolve(text), kind, "{text}");
        }
    }

    #[test]
    fn signs_and_underscores_go_away_first() {
        let string = ScalarKind::String;
        let int = ScalarKind::Integer;
        let float = ScalarKind::Float;
        for (text, kind) in [
            ("+-1", int(1)),
            ("-+1", string),
            ("+--1", string),
            ("+-0x1F", int(31)),
            ("+-.5", float(0.5)),
            ("+-1e3", string),
            ("+-.inf", string),
            ("-_1", int(-1)),
            ("_1", string),
            ("0_x1F", int(31)),
            ("0_17", int(15)),
            ("+_.5", float(0.5)),
            ("._5", float(0.5)),
            ("+-", string),
            ("-_", string),
        ] {
            assert_eq!(resolve(text), kind, "{text}");
        }
    }
}
