//! The outermost parts of a boolean expression, as they are written: to tell which of them decided.

/// How an expression is put together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parts<'s> {
    /// Joined by `&&`.
    And(Vec<&'s str>),
    /// Joined by `||`.
    Or(Vec<&'s str>),
    /// What stands behind `!`.
    Not(&'s str),
    /// What stands within `()`.
    Group(&'s str),
    /// None of these.
    Whole,
}

/// The places of what joins the parts, outside of all brackets and texts.
#[derive(Default)]
struct Joints {
    and: Vec<usize>,
    or: Vec<usize>,
    conditional: bool,
    /// Where the first bracket closes.
    closed: Option<usize>,
}

/// The parts of an expression that compiles.
#[must_use]
pub fn parts(source: &str) -> Parts<'_> {
    let joints = Joints::find(source);
    if joints.conditional {
        return Parts::Whole;
    }
    if !joints.or.is_empty() {
        return Parts::Or(cut(source, &joints.or));
    }
    if !joints.and.is_empty() {
        return Parts::And(cut(source, &joints.and));
    }
    let source = source.trim();
    let joints = Joints::find(source);
    let ends = joints.closed.is_some_and(|at| at + 1 == source.len());
    if let (Some(inner), true) = (source.strip_prefix('(').and_then(|s| s.strip_suffix(')')), ends)
    {
        return Parts::Group(inner.trim());
    }
    // A `!` binds tighter than a comparison: it stands before the whole only where a bracket does.
    match source.strip_prefix('!').map(str::trim_start) {
        Some(rest) if rest.starts_with('(') && ends => Parts::Not(rest),
        _ => Parts::Whole,
    }
}

fn cut<'s>(source: &'s str, at: &[usize]) -> Vec<&'s str> {
    let mut parts = Vec::new();
    let mut from = 0;
    for at in at.iter().copied().chain([source.len()]) {
        parts.extend(source.get(from..at).map(str::trim));
        from = at + 2;
    }
    parts
}

// === impl Joints ===

impl Joints {
    fn find(source: &str) -> Self {
        let mut joints = Self::default();
        let mut depth = 0_usize;
        let mut at = 0;
        while let Some(rest) = source.get(at..).filter(|rest| !rest.is_empty()) {
            let text = text(rest);
            if text > 0 {
                at += text;
                continue;
            }
            let first = rest.chars().next().unwrap_or_default();
            match first {
                '(' | '[' | '{' => depth += 1,
                ')' | ']' | '}' => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 && joints.closed.is_none() {
                        joints.closed = Some(at);
                    }
                }
                // `.?` and `[?` are optional access.
                '?' if depth == 0 && !source.get(..at).is_some_and(|s| s.ends_with('.')) => {
                    joints.conditional = true;
                }
                '&' if depth == 0 && rest.starts_with("&&") => joints.and.push(at),
                '|' if depth == 0 && rest.starts_with("||") => joints.or.push(at),
                _ => {}
            }
            let joint = rest.starts_with("&&") || rest.starts_with("||");
            at += if joint { 2 } else { first.len_utf8() };
        }
        joints
    }
}

/// How long the text or comment is that `rest` begins with; zero if it begins with none.
fn text(rest: &str) -> usize {
    if rest.starts_with("//") {
        return rest.find('\n').unwrap_or(rest.len());
    }
    let prefix: String = rest.chars().take_while(|c| "rRbB".contains(*c)).take(2).collect();
    let raw = prefix.contains(['r', 'R']);
    let Some(quoted) = rest.get(prefix.len()..) else { return 0 };
    let Some(quote) = quoted.chars().next().filter(|c| matches!(c, '"' | '\'')) else {
        // A word is taken as a whole, so that its last letter is no prefix.
        return rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
    };
    let triple: String = std::iter::repeat_n(quote, 3).collect();
    let end = if quoted.starts_with(&triple) { triple } else { quote.to_string() };
    let mut at = end.len();
    while let Some(left) = quoted.get(at..).filter(|left| !left.is_empty()) {
        if left.starts_with(&end) {
            return prefix.len() + at + end.len();
        }
        let escaped = left.starts_with('\\') && !raw;
        let next = left.chars().take(if escaped { 2 } else { 1 });
        at += next.map(char::len_utf8).sum::<usize>();
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::{
        Parts::{self, And, Group, Not, Or, Whole},
        parts,
    };

    #[test]
    fn an_expression_has_the_parts_that_its_outermost_operator_joins() {
        let cases: [(&str, Parts<'_>); 14] = [
            ("a", Whole),
            ("a == b", Whole),
            ("a && b == c", And(vec!["a", "b == c"])),
            ("a && b || c && d", Or(vec!["a && b", "c && d"])),
            ("(a || b) && c", And(vec!["(a || b)", "c"])),
            ("((a || b))", Group("(a || b)")),
            ("(a) == (b)", Whole),
            ("!(a && b)", Not("(a && b)")),
            ("!a == b", Whole),
            ("!(a) == (b)", Whole),
            ("a ? b && c : d", Whole),
            (
                r#"a == "x && \" y" && b == r'\' && c"#,
                And(vec![r#"a == "x && \" y""#, r"b == r'\'", "c"]),
            ),
            (
                "P.attr.?a.orValue(true) && l.all(x, x || y)",
                And(vec!["P.attr.?a.orValue(true)", "l.all(x, x || y)"]),
            ),
            ("a && // b ||\n c", And(vec!["a", "// b ||\n c"])),
        ];
        for (source, expected) in cases {
            assert_eq!(parts(source), expected, "{source}");
        }
    }
}
