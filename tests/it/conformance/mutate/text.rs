//! Changes of a file's text.

use fastrand::Rng;

use super::values;
use crate::conformance::random::Dice;

pub(super) fn change(text: &str, dice: &mut Rng) -> String {
    match dice.u32(0..12) {
        0 => whole(text, dice),
        1..8 => lines(text, dice),
        _ => characters(text, dice),
    }
}

/// What concerns the file as a whole.
fn whole(text: &str, dice: &mut Rng) -> String {
    match dice.u32(0..14) {
        0 => format!("\u{feff}{text}"),
        1 => text.replace('\n', "\r\n"),
        2 => text.replace('\n', "\r"),
        3 => format!("---\n{text}"),
        4 => format!("# comment\n---\n{text}"),
        5 => format!("{text}...\n"),
        6 => format!("{text}---\n# the end\n"),
        7 => format!("{text}---\n{text}"),
        8 => format!("%YAML 1.2\n---\n{text}"),
        9 => String::new(),
        10 => "# nothing\n\n".to_owned(),
        11 => format!("{text}\u{0}"),
        12 => text.trim_end().to_owned(),
        _ => format!("\n\n  # indented\n{text}\n\n"),
    }
}

fn lines(text: &str, dice: &mut Rng) -> String {
    let mut lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
    let at = dice.usize(0..lines.len());
    let line = lines[at].clone();
    match dice.u32(0..18) {
        0 => drop(lines.remove(at)),
        1 => lines.insert(at, line),
        2 => {
            let other = dice.usize(0..lines.len());
            lines.swap(at, other);
        }
        3 => lines[at] = format!(" {line}"),
        4 => lines[at] = format!("  {line}"),
        5 => lines[at] = line.strip_prefix(' ').unwrap_or(&line).to_owned(),
        6 => lines[at] = line.strip_prefix("  ").unwrap_or(&line).to_owned(),
        7 => lines[at] = format!("\t{line}"),
        8 => lines[at] = format!("{line} # comment"),
        9 => {
            lines[at] = format!(
                "{line}{}",
                dice.pick(&[" ", "\t", "  \t", " x", "x", ",", ":", " #", "#"])
            );
        }
        10 => lines.insert(
            at,
            (*dice.pick(&["", "  ", "# c", "      # c", "\t", "---", "...", "x", "x: y"]))
                .to_owned(),
        ),
        11 => {
            lines[at] = line.replacen(
                ": ",
                dice.pick::<&str>(&[":", " : ", ":  ", ":\t", ": &a ", ": !!str ", ": |\n"]),
                1,
            );
        }
        12 => {
            lines[at] = line.replacen(
                "- ",
                dice.pick::<&str>(&["-", "-  ", "-\t", "- - ", "- &a ", "-\n"]),
                1,
            );
        }
        13 => lines[at] = line.replacen(['\'', '"'], "", 1),
        14 => lines[at] = line.replace('\'', "\""),
        15 => lines[at] = line.replace('"', "'"),
        16 => lines.truncate(at),
        _ => match line.split_once(": ") {
            Some((key, _)) => lines[at] = format!("{key}: {}", dice.pick(values::ANY)),
            None => lines[at] = format!("{line}: {}", dice.pick(values::ANY)),
        },
    }
    lines.join("\n")
}

fn characters(text: &str, dice: &mut Rng) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    if chars.is_empty() {
        return String::new();
    }
    let at = dice.usize(0..chars.len());
    match dice.u32(0..5) {
        0 => drop(chars.remove(at)),
        1 => chars.insert(at, chars[at]),
        2 => chars.truncate(at),
        _ => {
            let inserted = [
                ':', '-', ' ', '\'', '"', '{', '}', '[', ']', ',', '#', '&', '*', '!', '|', '>',
                '%', '@', '`', '?', '\n', 'a', '1', '.', '\\', 'é', '~', '<', '\u{85}', '\u{a0}',
                '\u{2028}',
            ];
            chars.insert(at, *dice.pick(&inserted));
        }
    }
    chars.into_iter().collect()
}
