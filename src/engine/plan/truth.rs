//! What is known of a condition, and logic over it: everything that is decided is left out.

use crate::engine::cel::Operand;

const AND: &str = "and";
const OR: &str = "or";
const NOT: &str = "not";

/// Alternatives within each other.
const NESTED: usize = 100;
/// Neighbours that are looked at for equal ones.
const COMPARED: usize = 256;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Truth {
    Always,
    Never,
    When(Operand),
}

/// What a condition comes to.
#[derive(Clone, Debug)]
pub(super) struct Verdict {
    pub(super) met: Truth,
    /// It fails, and failing denies, which is strict evaluation; or takes the rule away.
    pub(super) broken: Truth,
}

// === impl Truth ===

impl Truth {
    pub(super) fn not(self) -> Self {
        match self {
            Self::Always => Self::Never,
            Self::Never => Self::Always,
            Self::When(operand) => Self::When(negated(operand)),
        }
    }

    pub(super) fn and(self, other: Self) -> Self {
        Self::all([self, other])
    }

    pub(super) fn or(self, other: Self) -> Self {
        Self::any([self, other])
    }

    /// One within the other, from left to right, as Cerbos has it; side by side where that would be
    /// too deep.
    pub(super) fn any_nested(parts: Vec<Self>) -> Self {
        if parts.len() > NESTED {
            return Self::any(parts);
        }
        parts.into_iter().fold(Self::Never, Self::or)
    }

    pub(super) fn all(parts: impl IntoIterator<Item = Self>) -> Self {
        combine(AND, &Self::Never, Self::Always, parts)
    }

    pub(super) fn any(parts: impl IntoIterator<Item = Self>) -> Self {
        combine(OR, &Self::Always, Self::Never, parts)
    }
}

/// A negation is cancelled where it is one of rules; that of an expression is a part of a whole.
fn negated(operand: Operand) -> Operand {
    match operand {
        Operand::Expression { operator, operands } if *operator == *NOT => {
            match <Box<[Operand; 1]>>::try_from(operands) {
                Ok(only) => {
                    let [only] = *only;
                    only
                }
                Err(operands) => Operand::Expression { operator, operands },
            }
        }
        other => Operand::expression(NOT, vec![other]),
    }
}

fn combine(
    operator: &str,
    deciding: &Truth,
    neutral: Truth,
    parts: impl IntoIterator<Item = Truth>,
) -> Truth {
    let mut left: Vec<Operand> = Vec::new();
    for part in parts {
        match part {
            Truth::When(operand) if left.iter().rev().take(COMPARED).any(|o| *o == operand) => {}
            Truth::When(operand) => left.push(operand),
            decided if decided == *deciding => return decided,
            Truth::Always | Truth::Never => {}
        }
    }
    match <[Operand; 1]>::try_from(left) {
        Ok([only]) => Truth::When(only),
        Err(left) if left.is_empty() => neutral,
        Err(left) => Truth::When(Operand::expression(operator, left)),
    }
}

// === impl Verdict ===

impl Verdict {
    pub(super) const MET: Self = Self { met: Truth::Always, broken: Truth::Never };
    pub(super) const BROKEN: Self = Self { met: Truth::Never, broken: Truth::Always };
    pub(super) const UNMET: Self = Self { met: Truth::Never, broken: Truth::Never };

    /// First this, and the other one only where this is met.
    pub(super) fn then(self, other: Self) -> Self {
        let broken = self.broken.or(self.met.clone().and(other.broken));
        Self { met: self.met.and(other.met), broken }
    }
}
