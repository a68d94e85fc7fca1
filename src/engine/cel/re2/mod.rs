//! RE2 → the dialect of the crate `regex`.
//!
//! Policies are written for Go's regular expressions. Both engines find the same matches for the
//! same pattern, but they read patterns differently: `\d` is ASCII in Go, `[a&&b]` is a list of
//! characters, `\Q..\E` quotes, `a{,2}` is text. This reads a pattern as Go does and writes it again
//! so that it can be understood in one way only: every character becomes `\x{..}`.

mod class;
mod escape;
mod flags;

/// The largest product of counted repetitions within each other.
const REPEATS: usize = 1_000;
/// Groups within each other.
const NESTING: usize = 999;

/// The same pattern in the other dialect.
///
/// # Errors
/// Go's reason why it is no regular expression.
pub(super) fn translate(pattern: &str) -> Result<String, String> {
    let mut translator = Translator {
        source: pattern.chars().collect(),
        at: 0,
        out: String::with_capacity(pattern.len() * 4),
        atom: None,
        weight: 1,
        groups: Vec::new(),
    };
    translator.translate()?;
    Ok(translator.out)
}

struct Translator {
    source: Vec<char>,
    at: usize,
    out: String,
    /// What a repetition would apply to: the last thing that was written, apart from flags.
    atom: Option<Atom>,
    /// The largest product of counted repetitions in the group that is open.
    weight: usize,
    /// Groups that are open: where each begins in the output, and the weight around it.
    groups: Vec<(usize, usize)>,
}

#[derive(Clone, Copy)]
struct Atom {
    /// Where it is in the output.
    start: usize,
    end: usize,
    weight: usize,
    /// Where a repetition that was just written began in the source, if one was.
    repeated: Option<usize>,
}

/// A repetition: how often at least and, if there is an end to it, at most.
#[derive(Clone, Copy)]
struct Count {
    least: usize,
    most: Option<usize>,
}

fn error(why: &str, fragment: &str) -> String {
    format!("{why}: `{fragment}`")
}

// === impl Translator ===

impl Translator {
    fn translate(&mut self) -> Result<(), String> {
        while let Some(c) = self.peek(0) {
            let last_repeat = self.atom.and_then(|atom| atom.repeated);
            if let Some(atom) = &mut self.atom {
                atom.repeated = None;
            }
            match c {
                '(' => self.open()?,
                ')' => self.close()?,
                '|' => {
                    self.at += 1;
                    self.out.push('|');
                    self.atom = None;
                }
                '*' | '+' | '?' => {
                    let start = self.at;
                    self.at += 1;
                    self.repeat(start, &c.to_string(), None, last_repeat)?;
                }
                '{' => self.braces(last_repeat)?,
                '[' => self.class()?,
                '\\' => self.backslash()?,
                '.' | '^' | '$' => {
                    self.at += 1;
                    self.push(&c.to_string());
                }
                other => {
                    self.at += 1;
                    self.literal(other);
                }
            }
        }
        if self.groups.is_empty() {
            Ok(())
        } else {
            Err(error("missing closing )", &self.fragment(0, self.source.len())))
        }
    }

    fn peek(&self, ahead: usize) -> Option<char> {
        self.source.get(self.at + ahead).copied()
    }

    fn starts_with(&self, text: &str) -> bool {
        text.chars().enumerate().all(|(ahead, c)| self.peek(ahead) == Some(c))
    }

    fn fragment(&self, start: usize, end: usize) -> String {
        self.source.get(start..end).unwrap_or_default().iter().collect()
    }

    fn push(&mut self, text: &str) {
        let start = self.out.len();
        self.out.push_str(text);
        self.atom = Some(Atom { start, end: self.out.len(), weight: 1, repeated: None });
    }

    fn literal(&mut self, c: char) {
        self.push(&format!("\\x{{{:X}}}", u32::from(c)));
    }

    fn open(&mut self) -> Result<(), String> {
        if self.groups.len() >= NESTING {
            return Err(error("expression nests too deeply", &self.fragment(0, self.source.len())));
        }
        let opened = if self.starts_with("(?") {
            self.flags()?
        } else {
            self.at += 1;
            Some("(".to_owned())
        };
        let Some(opened) = opened else { return Ok(()) };
        self.groups.push((self.out.len(), self.weight));
        self.out.push_str(&opened);
        (self.atom, self.weight) = (None, 1);
        Ok(())
    }

    fn close(&mut self) -> Result<(), String> {
        let Some((start, around)) = self.groups.pop() else {
            return Err(error("unexpected )", &self.fragment(0, self.source.len())));
        };
        self.at += 1;
        self.out.push(')');
        let weight = self.weight;
        self.atom = Some(Atom { start, end: self.out.len(), weight, repeated: None });
        self.weight = around.max(weight);
        Ok(())
    }

    /// `{n}`, `{n,}` or `{n,m}`; anything else is text.
    fn braces(&mut self, last_repeat: Option<usize>) -> Result<(), String> {
        let start = self.at;
        let Some((least, most, end)) = self.counts() else {
            self.at += 1;
            self.literal('{');
            return Ok(());
        };
        self.at = end;
        let wrong = || error("invalid repeat count", &self.fragment(start, end));
        let least = least.filter(|least| *least <= REPEATS).ok_or_else(wrong)?;
        let (text, most) = match most {
            Bound::Same => (format!("{{{least}}}"), Some(least)),
            Bound::Open => (format!("{{{least},}}"), None),
            Bound::Most(most) => {
                let most =
                    most.filter(|most| *most <= REPEATS && least <= *most).ok_or_else(wrong)?;
                (format!("{{{least},{most}}}"), Some(most))
            }
        };
        self.repeat(start, &text, Some(Count { least, most }), last_repeat)
    }

    /// The numbers between braces, and where they end. A number that is too large is `None`.
    fn counts(&self) -> Option<(Option<usize>, Bound, usize)> {
        let mut at = self.at + 1;
        let least = self.number(&mut at)?;
        let most = if self.source.get(at) == Some(&',') {
            at += 1;
            if self.source.get(at) == Some(&'}') {
                Bound::Open
            } else {
                Bound::Most(self.number(&mut at)?)
            }
        } else {
            Bound::Same
        };
        (self.source.get(at) == Some(&'}')).then_some((least, most, at + 1))
    }

    /// Digits, without a leading zero. The inner `None` is a number beyond all limits.
    #[expect(clippy::option_option, reason = "no number and a number too large are different")]
    fn number(&self, at: &mut usize) -> Option<Option<usize>> {
        let rest = self.source.get(*at..)?;
        let digits: String = rest.iter().take_while(|c| c.is_ascii_digit()).collect();
        if digits.is_empty() || digits.len() > 1 && digits.starts_with('0') {
            return None;
        }
        *at += digits.len();
        Some(digits.parse().ok().filter(|_| digits.len() < 9))
    }

    /// Writes a repetition behind the atom that it applies to, which flags may have followed.
    fn repeat(
        &mut self,
        start: usize,
        text: &str,
        count: Option<Count>,
        last_repeat: Option<usize>,
    ) -> Result<(), String> {
        let mut text = text.to_owned();
        if self.peek(0) == Some('?') {
            self.at += 1;
            text.push('?');
        }
        if let Some(last) = last_repeat {
            let fragment = self.fragment(last, self.at);
            return Err(error("invalid nested repetition operator", &fragment));
        }
        let fragment = self.fragment(start, self.at);
        let Some(mut atom) = self.atom else {
            return Err(error("missing argument to repetition operator", &fragment));
        };
        if let Some(Count { least, most }) = count {
            atom.weight = match most.unwrap_or(least) {
                _ if most == Some(0) => 1,
                0 => atom.weight,
                times => atom.weight.saturating_mul(times),
            };
            if atom.weight > REPEATS && (least >= 2 || most.is_some_and(|most| most >= 2)) {
                return Err(error("invalid repeat count", &fragment));
            }
        }
        // A group of its own, so that a repetition of a repetition is not read as a lazy one.
        self.out.insert_str(atom.end, &format!("){text}"));
        self.out.insert_str(atom.start, "(?:");
        atom.end += "(?:)".len() + text.len();
        atom.repeated = Some(start);
        self.weight = self.weight.max(atom.weight);
        self.atom = Some(atom);
        Ok(())
    }
}

/// What follows the first number of a counted repetition.
enum Bound {
    Same,
    Open,
    Most(Option<usize>),
}
