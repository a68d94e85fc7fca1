//! Every function, operator and macro of the environment as a template.
//!
//! A line is `name | result | template`. In a template `{type}` is a part without whose value there
//! is none, `~{type}` one that may not be looked at, and `@x:type` declares a variable that the
//! parts after it may use (`@y:type`: those after the next one). `{{` and `}}` are braces. The name is
//! what a run counts.

use std::sync::LazyLock;

use super::types::Type;

#[derive(Debug)]
pub(crate) struct Production {
    pub name: &'static str,
    pub result: Type,
    pub pieces: Vec<Piece>,
}

#[derive(Debug)]
pub(crate) enum Piece {
    Text(String),
    Part {
        ty: Type,
        strict: bool,
    },
    Variable {
        ty: Type,
        /// The next part does not see it yet.
        later: bool,
    },
}

pub(crate) static PRODUCTIONS: LazyLock<Vec<Production>> = LazyLock::new(|| {
    let lines = include_str!("functions.txt").lines();
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(Production::read).collect()
});

// === impl Production ===

impl Production {
    fn read(line: &'static str) -> Self {
        let (name, rest) = line.split_once(" | ").expect("a name");
        let (result, template) = rest.split_once(" | ").expect("a result");
        let (result, _) = Type::read(result.trim());
        Self { name: name.trim(), result, pieces: pieces(template) }
    }
}

fn pieces(template: &'static str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut text = String::new();
    let mut rest = template;
    while let Some(c) = rest.chars().next() {
        let doubled = |brace: &str| rest.strip_prefix(brace);
        if let Some(after) = doubled("{{").or_else(|| doubled("}}")) {
            text.push(c);
            rest = after;
        } else if let Some(after) = rest.strip_prefix('{').or_else(|| rest.strip_prefix("~{")) {
            pieces.push(Piece::Text(std::mem::take(&mut text)));
            let (ty, after) = Type::read(after);
            pieces.push(Piece::Part { ty, strict: c == '{' });
            rest = after.strip_prefix('}').unwrap_or_else(|| panic!("a brace: {template}"));
        } else if let Some(after) = rest.strip_prefix("@x:").or_else(|| rest.strip_prefix("@y:")) {
            pieces.push(Piece::Text(std::mem::take(&mut text)));
            let later = rest.starts_with("@y");
            let (ty, after) = Type::read(after);
            pieces.push(Piece::Variable { ty, later });
            rest = after;
        } else {
            text.push(c);
            rest = rest.strip_prefix(c).unwrap_or_default();
        }
    }
    pieces.push(Piece::Text(text));
    pieces
}
