//! A filter as text without what is in any order in Cerbos: the fields of a map.

#[derive(Debug)]
enum Term {
    Word(String),
    List(Vec<Self>),
}

/// The text with the fields of each `struct` sorted.
pub(super) fn normal(text: &str) -> String {
    if text == "NO_MATCH" || text == "failed" {
        return text.to_owned();
    }
    let (term, rest) = term(text);
    assert_eq!(rest, "", "{text}");
    print(&term)
}

fn term(text: &str) -> (Term, &str) {
    let Some(mut rest) = text.strip_prefix('(') else {
        let end = word(text);
        let (word, rest) = text.split_at(end);
        return (Term::Word(word.to_owned()), rest);
    };
    let mut items = Vec::new();
    loop {
        rest = rest.trim_start_matches(' ');
        if let Some(rest) = rest.strip_prefix(')') {
            return (Term::List(items), rest);
        }
        let (item, after) = term(rest);
        items.push(item);
        rest = after;
    }
}

/// Where a name or a JSON value ends.
fn word(text: &str) -> usize {
    let (mut depth, mut is_quoted, mut is_escaped) = (0, false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            _ if is_quoted => {}
            '[' => depth += 1,
            ']' => depth -= 1,
            ' ' | ')' if depth == 0 => return at,
            _ => {}
        }
    }
    text.len()
}

fn print(term: &Term) -> String {
    match term {
        Term::Word(word) => word.clone(),
        Term::List(items) => {
            let mut items: Vec<String> = items.iter().map(print).collect();
            if items.first().is_some_and(|operator| operator == "struct") {
                items[1..].sort();
            }
            format!("({})", items.join(" "))
        }
    }
}
