//! Sets of characters: `[..]`, `\d` and `\p{..}`.

use std::fmt::Write as _;

use regex_automata::util::syntax;

use super::{Translator, error, escape::SURROGATES};

/// A set that has no character.
pub(super) const NEVER: &str = "[^\\s\\S]";

const POSIX: [&str; 14] = [
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct",
    "space", "upper", "word", "xdigit",
];

/// Names of general categories in Go, as they are compared: without case, spaces, `_` and `-`.
const CATEGORIES: [(&str, &str); 41] = [
    ("c", "other"),
    ("cc", "control"),
    ("cc", "cntrl"),
    ("cf", "format"),
    ("cn", "unassigned"),
    ("co", "privateuse"),
    ("l", "letter"),
    ("lc", "casedletter"),
    ("ll", "lowercaseletter"),
    ("lm", "modifierletter"),
    ("lo", "otherletter"),
    ("lt", "titlecaseletter"),
    ("lu", "uppercaseletter"),
    ("m", "mark"),
    ("m", "combiningmark"),
    ("mc", "spacingmark"),
    ("me", "enclosingmark"),
    ("mn", "nonspacingmark"),
    ("n", "number"),
    ("nd", "decimalnumber"),
    ("nd", "digit"),
    ("nl", "letternumber"),
    ("no", "othernumber"),
    ("p", "punctuation"),
    ("p", "punct"),
    ("pc", "connectorpunctuation"),
    ("pd", "dashpunctuation"),
    ("pe", "closepunctuation"),
    ("pf", "finalpunctuation"),
    ("pi", "initialpunctuation"),
    ("po", "otherpunctuation"),
    ("ps", "openpunctuation"),
    ("s", "symbol"),
    ("sc", "currencysymbol"),
    ("sk", "modifiersymbol"),
    ("sm", "mathsymbol"),
    ("so", "othersymbol"),
    ("z", "separator"),
    ("zl", "lineseparator"),
    ("zp", "paragraphseparator"),
    ("zs", "spaceseparator"),
];

/// Scripts whose names have four letters. All other names of four letters are ISO codes, which Go
/// does not know.
const SHORT_SCRIPTS: [&str; 8] = ["ahom", "cham", "kawi", "lisu", "modi", "newa", "thai", "toto"];

impl Translator {
    /// `[..]`
    pub(super) fn class(&mut self) -> Result<(), String> {
        let start = self.at;
        self.at += 1;
        let negated = self.peek(0) == Some('^');
        self.at += usize::from(negated);
        let mut items = String::new();
        let mut first = true;
        loop {
            match self.peek(0) {
                None => {
                    let fragment = self.fragment(start, self.source.len());
                    return Err(error("missing closing ]", &fragment));
                }
                Some(']') if !first => break,
                Some(_) => {}
            }
            first = false;
            if let Some(name) = self.posix()? {
                items.push_str(&name);
            } else if let Some(set) = self.set()? {
                items.push_str(&set);
            } else {
                self.range(start, &mut items)?;
            }
        }
        self.at += 1;
        let text = match (negated, items.is_empty()) {
            (false, true) => NEVER.to_owned(),
            (true, true) => "[\\s\\S]".to_owned(),
            (false, false) => format!("[{items}]"),
            (true, false) => format!("[^{items}]"),
        };
        self.push(&text);
        Ok(())
    }

    /// One character, or two with a `-` between them.
    fn range(&mut self, class: usize, items: &mut String) -> Result<(), String> {
        let start = self.at;
        let low = self.class_character(class)?;
        let mut high = low;
        let ranges = self.peek(0) == Some('-') && self.peek(1).is_some_and(|next| next != ']');
        if ranges {
            self.at += 1;
            high = self.class_character(class)?;
            if high < low {
                let fragment = self.fragment(start, self.at);
                return Err(error("invalid character class range", &fragment));
            }
        }
        // Surrogates are left out of a range: they are no characters here.
        let parts =
            [(low, high.min(SURROGATES.start() - 1)), (low.max(SURROGATES.end() + 1), high)];
        for (low, high) in parts {
            if low <= high {
                // Writing into a string cannot fail.
                let _written = write!(items, "\\x{{{low:X}}}-\\x{{{high:X}}}");
            }
        }
        Ok(())
    }

    fn class_character(&mut self, class: usize) -> Result<u32, String> {
        match self.peek(0) {
            None => {
                let fragment = self.fragment(class, self.source.len());
                Err(error("missing closing ]", &fragment))
            }
            Some('\\') => self.escaped(),
            Some(c) => {
                self.at += 1;
                Ok(u32::from(c))
            }
        }
    }

    /// `[:alpha:]` inside a class.
    fn posix(&mut self) -> Result<Option<String>, String> {
        if !self.starts_with("[:") || self.peek(2).is_none() {
            return Ok(None);
        }
        let rest = self.source.get(self.at + 2..).unwrap_or_default();
        let Some(length) = rest.windows(2).position(|pair| pair == [':', ']']) else {
            return Ok(None);
        };
        let fragment = self.fragment(self.at, self.at + length + 4);
        let name = self.fragment(self.at + 2, self.at + 2 + length);
        if !POSIX.contains(&name.strip_prefix('^').unwrap_or(&name)) {
            return Err(error("invalid character class range", &fragment));
        }
        self.at += length + 4;
        Ok(Some(fragment))
    }

    /// An escape that stands for a set: `\d`, `\pL`, `\p{Greek}` and the like.
    pub(super) fn set(&mut self) -> Result<Option<String>, String> {
        if self.peek(0) != Some('\\') {
            return Ok(None);
        }
        let text = match self.peek(1) {
            Some('d') => "[0-9]",
            Some('D') => "[^0-9]",
            Some('s') => "[\\t\\n\\x0C\\r ]",
            Some('S') => "[^\\t\\n\\x0C\\r ]",
            Some('w') => "[0-9A-Za-z_]",
            Some('W') => "[^0-9A-Za-z_]",
            Some('p' | 'P') => return self.unicode().map(Some),
            _ => return Ok(None),
        };
        self.at += 2;
        Ok(Some(text.to_owned()))
    }

    fn unicode(&mut self) -> Result<String, String> {
        let start = self.at;
        let mut negated = self.peek(1) == Some('P');
        self.at += 2;
        let name = if self.peek(0) == Some('{') {
            let rest = self.source.get(self.at..).unwrap_or_default();
            let Some(length) = rest.iter().position(|c| *c == '}') else {
                let fragment = self.fragment(start, self.source.len());
                return Err(error("invalid character class range", &fragment));
            };
            self.at += length + 1;
            self.fragment(self.at - length, self.at - 1)
        } else {
            self.at += usize::from(self.peek(0).is_some());
            self.fragment(start + 2, self.at)
        };
        let name = match name.strip_prefix('^') {
            Some(rest) => {
                negated = !negated;
                rest
            }
            None => &name,
        };
        let wrong = || error("invalid character class range", &self.fragment(start, self.at));
        let (set, complement) = named_set(name).ok_or_else(wrong)?;
        Ok(if negated { complement } else { set })
    }
}

/// The set of a name, and its complement.
fn named_set(name: &str) -> Option<(String, String)> {
    let plain: String = name
        .chars()
        .filter(|c| !matches!(c, ' ' | '_' | '-'))
        .map(|c| c.to_ascii_lowercase())
        .collect();
    let pair = |set: &str, complement: &str| Some((set.to_owned(), complement.to_owned()));
    match plain.as_str() {
        "any" => return pair("[\\s\\S]", NEVER),
        "ascii" => return pair("[\\x00-\\x7F]", "[^\\x00-\\x7F]"),
        "assigned" => return pair("\\P{Cn}", "\\p{Cn}"),
        "cs" | "surrogate" => return pair(NEVER, "[\\s\\S]"),
        _ => {}
    }
    let category = CATEGORIES.iter().find(|(short, long)| plain == *short || plain == *long);
    let property = match category {
        Some((short, _)) => (*short).to_owned(),
        None if plain.len() == 4 && !SHORT_SCRIPTS.contains(&plain.as_str()) => return None,
        None if !plain.bytes().all(|b| b.is_ascii_alphanumeric()) => return None,
        None => format!("Script={plain}"),
    };
    let set = format!("\\p{{{property}}}");
    // The crate knows which scripts there are.
    syntax::parse(&set).ok()?;
    Some((set, format!("\\P{{{property}}}")))
}
