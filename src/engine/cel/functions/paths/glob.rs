//! Shell patterns, as Go's `path.Match` has them: `*` and `?` stop at a slash.

enum Step {
    /// Any run without a slash.
    Star,
    /// One character, not a slash.
    One,
    Class {
        negated: bool,
        ranges: Vec<(char, char)>,
    },
    Literal(char),
}

/// Whether the whole text matches. `None`: the pattern is malformed.
pub(super) fn is_match(pattern: &str, text: &str) -> Option<bool> {
    let steps = parse(pattern)?;
    let text: Vec<char> = text.chars().collect();
    // After a star, the place where it began and how far it has come: only the last star can give.
    let mut star: Option<(usize, usize)> = None;
    let (mut step, mut at) = (0, 0);
    loop {
        let fits = match (steps.get(step), text.get(at)) {
            (None, None) => return Some(true),
            (Some(Step::Star), _) => {
                star = Some((step, at));
                step += 1;
                continue;
            }
            (Some(wanted), Some(c)) => wanted.fits(*c),
            (Some(_), None) | (None, Some(_)) => false,
        };
        if fits {
            step += 1;
            at += 1;
            continue;
        }
        match star {
            Some((begin, taken)) if text.get(taken).is_some_and(|c| *c != '/') => {
                star = Some((begin, taken + 1));
                step = begin + 1;
                at = taken + 1;
            }
            Some(_) | None => return Some(false),
        }
    }
}

// === impl Step ===

impl Step {
    fn fits(&self, c: char) -> bool {
        match self {
            Self::Star => false,
            Self::One => c != '/',
            Self::Class { negated, ranges } => {
                ranges.iter().any(|(low, high)| (*low..=*high).contains(&c)) != *negated
            }
            Self::Literal(literal) => c == *literal,
        }
    }
}

fn parse(pattern: &str) -> Option<Vec<Step>> {
    let mut chars = pattern.chars().peekable();
    let mut steps = Vec::new();
    while let Some(c) = chars.next() {
        steps.push(match c {
            '*' => Step::Star,
            '?' => Step::One,
            '[' => {
                let negated = chars.next_if_eq(&'^').is_some();
                let mut ranges = Vec::new();
                loop {
                    let low = chars.next()?;
                    if low == ']' && !ranges.is_empty() {
                        break;
                    }
                    if low == ']' || low == '-' {
                        return None;
                    }
                    let high = match chars.next_if_eq(&'-') {
                        Some(_) => chars.next().filter(|high| !matches!(high, ']' | '-'))?,
                        None => low,
                    };
                    ranges.push((low, high));
                }
                Step::Class { negated, ranges }
            }
            c => Step::Literal(c),
        });
    }
    Some(steps)
}
