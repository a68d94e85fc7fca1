//! Changes of a document's tree.

use fastrand::Rng;

use super::{doc::Doc, values};
use crate::conformance::random::Dice;

/// One change somewhere in the document.
pub(super) fn change(doc: &mut Doc, dice: &mut Rng) {
    let part = dice.usize(0..doc.count());
    let other = {
        let number = dice.usize(0..doc.count());
        doc.at(number, "").0.clone()
    };
    let (part, key) = doc.at(part, "");
    match (part, dice.u32(0..100)) {
        (Doc::Map(entries), 0..90) if !entries.is_empty() => entry(entries, other, dice),
        (Doc::List(items), 0..90) if !items.is_empty() => item(items, other, dice),
        (part, 0..95) => *part = value(&key, part, dice),
        (part, _) => *part = other,
    }
}

fn raw(text: &str) -> Doc {
    Doc::Raw(text.to_owned())
}

fn entry(entries: &mut Vec<(String, Doc)>, other: Doc, dice: &mut Rng) {
    let at = dice.usize(0..entries.len());
    match dice.u32(0..12) {
        0 | 1 => drop(entries.remove(at)),
        2 => entries.push(entries[at].clone()),
        3 => entries[at].0 = (*dice.pick(values::KEYS)).to_owned(),
        4 => {
            let key = &entries[at].0;
            entries[at].0 = match dice.u32(0..6) {
                0 => key.to_uppercase(),
                1 => format!("{key}x"),
                2 => format!("\"{key}\""),
                3 => {
                    let (first, rest) = key.split_at(1);
                    first.to_uppercase() + rest
                }
                _ => snake(key),
            };
        }
        5 => dice.shuffle(entries),
        6 => {
            let any = raw(dice.pick::<&str>(values::ANY));
            entries.push(((*dice.pick(values::KEYS)).to_owned(), any));
        }
        7 => entries.push(((*dice.pick(values::KEYS)).to_owned(), other)),
        8 => entries.clear(),
        9 => mark(entries, at, dice),
        10 => {
            let (key, old) = entries[at].clone();
            entries[at].1 = value(&key, &old, dice);
        }
        _ => {
            let (key, _) = entries[at].clone();
            // Beside the definition with that name: cycles and second definitions come of it.
            let text = match dice.u32(0..3) {
                0 => format!("V.{key}"),
                1 => format!("V.{} || true", entries[dice.usize(0..entries.len())].0),
                _ => format!("C.{key}"),
            };
            entries[at].1 = Doc::Text(text);
        }
    }
}

fn item(items: &mut Vec<Doc>, other: Doc, dice: &mut Rng) {
    let at = dice.usize(0..items.len());
    match dice.u32(0..7) {
        0 => drop(items.remove(at)),
        1 => items.push(items[at].clone()),
        2 => dice.shuffle(items),
        3 => items.push(raw(dice.pick::<&str>(values::ANY))),
        4 => items.push(other),
        5 => items.clear(),
        _ => items.push(raw(dice.pick::<&str>(values::NAMES))),
    }
}

/// Anchors, aliases, tags and merge keys.
fn mark(entries: &mut Vec<(String, Doc)>, at: usize, dice: &mut Rng) {
    let (key, value) = entries[at].clone();
    // Tags of another kind, and anchors behind tags, are among the known differences.
    let anchor = match value {
        Doc::Map(_) | Doc::List(_) => *dice.pick(&["&a", "&a", "&b", "!foo", "&a !foo"]),
        Doc::Text(_) | Doc::Raw(_) | Doc::Marked(..) => {
            *dice.pick(&["&a", "&a", "&b", "!!str", "!foo", "&a !!str"])
        }
    };
    entries[at].1 = Doc::Marked(anchor, Box::new(value));
    match dice.u32(0..6) {
        0 => entries.push((key, raw("*a"))),
        1 => entries.push(("<<".to_owned(), raw("*a"))),
        2 => entries.push(((*dice.pick(values::KEYS)).to_owned(), raw("*a"))),
        3 => entries.insert(0, ("<<".to_owned(), raw("{name: a}"))),
        4 => {
            let to = dice.usize(0..entries.len());
            entries[to].1 =
                raw(dice.pick::<&str>(&["*a", "*b", "*nope", "[*a]", "{<<: *a}", "{x: *a}"]));
        }
        _ => {}
    }
}

/// Another value where `old` stood.
fn value(key: &str, old: &Doc, dice: &mut Rng) -> Doc {
    if dice.percent(30) {
        return raw(dice.pick::<&str>(values::ANY));
    }
    let table = match key.trim_matches(['"', '\'']) {
        "scope" => values::SCOPES,
        "version" => values::VERSIONS,
        "effect" => values::EFFECTS,
        "scopePermissions" => values::PERMISSIONS,
        "apiVersion" => values::API_VERSIONS,
        "ref" => values::REFERENCES,
        "hash" => values::HASHES,
        _ => match old {
            Doc::Text(text) if !is_expression(key, text) => values::NAMES,
            Doc::Text(text) => return Doc::Text(expression(text, dice)),
            Doc::List(_) | Doc::Map(_) if dice.percent(30) => return Doc::List(vec![old.clone()]),
            Doc::List(_) | Doc::Map(_) | Doc::Raw(_) | Doc::Marked(..) => values::ANY,
        },
    };
    raw(dice.pick::<&str>(table))
}

fn is_expression(key: &str, text: &str) -> bool {
    matches!(key, "expr" | "ruleActivated" | "conditionNotMet")
        || text.contains(['.', '(', ' ', '"'])
}

/// Another expression, or the same with something wrong in it.
fn expression(text: &str, dice: &mut Rng) -> String {
    if dice.percent(60) {
        return (*dice.pick(values::EXPRESSIONS)).to_owned();
    }
    let other = *dice.pick(values::EXPRESSIONS);
    let mut chars: Vec<char> = text.chars().collect();
    let at = dice.usize(0..=chars.len());
    match dice.u32(0..6) {
        0 if at < chars.len() => drop(chars.remove(at)),
        1 => {
            chars.insert(at, *dice.pick(&['.', '(', ')', '"', ' ', '&', '!', '1', 'x', '[', '\\']));
        }
        2 => return format!("{text} && {other}"),
        3 => return format!("({other}) == ({text})"),
        4 => return text.replace("V.", "C."),
        _ => return format!("{text} || ({other})"),
    }
    chars.into_iter().collect()
}

fn snake(key: &str) -> String {
    let mut out = String::new();
    for c in key.chars() {
        if c.is_ascii_uppercase() {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}
