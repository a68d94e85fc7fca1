//! How long and how deep an expression is, found out before it is parsed: the parser and all that
//! walks the tree after it recurse, and no text may make them run out of stack.

use crate::engine::model::Limits;

/// Code points of an expression.
const CODE_POINTS: usize = Limits::MOST_CHARACTERS;
/// Expressions within each other: parentheses, elements, arguments, right sides of `?:`.
pub(super) const NESTING: usize = 250;
/// Nodes on the longest path through the tree.
pub(super) const DEPTH: usize = 251;

/// How much stack parsing takes, roughly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weight {
    Light,
    Heavy,
}

/// Beyond these the parser may need more than half a megabyte.
const LIGHT_NESTING: usize = 32;
const LIGHT_HEIGHT: usize = 600;
/// The tree is measured exactly once it is there. This estimate from above, which takes every
/// operator for one more level, only keeps the parser itself safe.
const HEIGHT: usize = 4_000;

/// What is known of the text between two brackets.
#[derive(Default)]
struct Level {
    /// `?` of conditionals that still miss their `:`.
    conditions: usize,
    /// Right sides of `?:` that are open.
    branches: usize,
    /// Height of the highest part that is complete.
    done: usize,
    /// Height of the chain of operators that is being read.
    chain: usize,
    /// Height of its last operand.
    operand: usize,
}

/// Whether a backslash means something in a string.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Escaped,
    Raw,
}

struct Scanner<'s> {
    rest: &'s str,
    levels: Vec<Level>,
    level: Level,
    deepest: usize,
    highest: usize,
}

/// Measures a source text.
///
/// # Errors
/// The text of cel-go's parser for what is too long or too deep.
pub(super) fn weigh(source: &str) -> Result<Weight, String> {
    let size = source.chars().count();
    if size > CODE_POINTS {
        return Err(format!(
            "expression code point size exceeds limit: size: {size}, limit {CODE_POINTS}"
        ));
    }
    let mut scanner = Scanner {
        rest: source,
        levels: Vec::new(),
        level: Level::default(),
        deepest: 1,
        highest: 0,
    };
    while scanner.token() {
        if scanner.deepest > NESTING {
            return Err(format!("expression recursion limit exceeded: {NESTING}"));
        }
        if scanner.highest > HEIGHT {
            return Err("max recursion depth exceeded".to_owned());
        }
    }
    let light = scanner.deepest <= LIGHT_NESTING && scanner.highest <= LIGHT_HEIGHT;
    Ok(if light { Weight::Light } else { Weight::Heavy })
}

// === impl Scanner ===

impl Scanner<'_> {
    /// Reads one token; false at the end.
    fn token(&mut self) -> bool {
        self.rest = self.rest.trim_start();
        let Some(first) = self.rest.chars().next() else { return false };
        if self.rest.starts_with("//") {
            self.skip(self.rest.find('\n').unwrap_or(self.rest.len()));
            return true;
        }
        match first {
            '"' | '\'' => self.string(Form::Escaped),
            '`' => {
                let end = self.rest.char_indices().skip(1).find(|(_, c)| *c == '`');
                self.skip(end.map_or(1, |(at, _)| at + 1));
            }
            '(' | '[' | '{' => self.open(),
            ')' | ']' | '}' => self.close(),
            c if c == '_' || c.is_ascii_alphanumeric() => self.word(),
            _ => self.punctuation(first),
        }
        true
    }

    fn skip(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }

    fn word(&mut self) {
        let end = self
            .rest
            .find(|c: char| !(c == '_' || c.is_ascii_alphanumeric()))
            .unwrap_or(self.rest.len());
        let word = self.rest.get(..end).unwrap_or_default();
        let raw = matches!(word, "r" | "R" | "br" | "bR" | "Br" | "BR");
        let prefix = raw || matches!(word, "b" | "B");
        let operator = word == "in";
        self.skip(end);
        if prefix && self.rest.starts_with(['"', '\'']) {
            self.string(if raw { Form::Raw } else { Form::Escaped });
        } else if operator {
            self.operator();
        } else {
            self.atom();
        }
    }

    fn string(&mut self, form: Form) {
        let triple = ["\"\"\"", "'''"].into_iter().find(|quote| self.rest.starts_with(quote));
        let quote = triple.unwrap_or(if self.rest.starts_with('"') { "\"" } else { "'" });
        self.skip(quote.len());
        loop {
            if self.rest.starts_with(quote) {
                self.skip(quote.len());
                break;
            }
            let mut chars = self.rest.chars();
            let Some(first) = chars.next() else { break };
            if first == '\n' && triple.is_none() {
                break;
            }
            let escaped = if first == '\\' && form == Form::Escaped { chars.next() } else { None };
            self.skip(first.len_utf8() + escaped.map_or(0, char::len_utf8));
        }
        self.atom();
    }

    fn punctuation(&mut self, first: char) {
        if self.rest.starts_with("&&") || self.rest.starts_with("||") {
            // Chains of these are balanced by the parser: they hardly add to the height.
            self.skip(2);
            self.finish_chain();
            return;
        }
        let optional = [".?", "[?", "{?", ",?"].iter().any(|start| self.rest.starts_with(start));
        self.skip(first.len_utf8());
        if optional {
            self.skip(1);
        }
        match first {
            '.' => self.atom(),
            ',' => {
                self.finish_chain();
                self.level.branches = 0;
                self.level.conditions = 0;
            }
            '?' => {
                self.finish_chain();
                self.level.conditions += 1;
                self.level.done += 1;
            }
            ':' => {
                self.finish_chain();
                if self.level.conditions > 0 {
                    self.level.conditions -= 1;
                    self.level.branches += 1;
                }
            }
            '!' => {}
            _ => self.operator(),
        }
    }

    fn atom(&mut self) {
        self.level.operand += 1;
        self.note();
    }

    fn operator(&mut self) {
        self.level.chain = self.level.chain.max(self.level.operand) + 1;
        self.level.operand = 0;
        self.note();
    }

    fn finish_chain(&mut self) {
        let chain = self.level.chain.max(self.level.operand);
        self.level.done = self.level.done.max(chain);
        (self.level.chain, self.level.operand) = (0, 0);
    }

    fn open(&mut self) {
        self.skip(1);
        if self.rest.starts_with('?') {
            self.skip(1);
        }
        self.levels.push(std::mem::take(&mut self.level));
        // Brackets with nothing in them, or without an end, are levels for the parser too.
        self.note();
    }

    fn close(&mut self) {
        self.skip(1);
        self.finish_chain();
        let inner = self.level.done + self.level.branches;
        // A bracket too many is the parser's to report.
        self.level = self.levels.pop().unwrap_or_default();
        self.level.operand = self.level.operand.max(inner) + 1;
        self.highest = self.highest.max(self.level.operand);
    }

    fn note(&mut self) {
        let branches: usize = self.levels.iter().map(|level| level.branches).sum();
        let nesting = 1 + self.levels.len() + branches + self.level.branches;
        self.deepest = self.deepest.max(nesting);
        let chain = self.level.chain.max(self.level.operand);
        self.highest = self.highest.max(chain + self.level.branches);
    }
}
