//! What the expressions of one question may still take.

use std::{cell::Cell, fmt};

use crate::engine::model::Limits;

/// Steps and memory for one question. Once either is used up, every evaluation fails.
#[derive(Debug)]
pub struct Budget {
    limits: Limits,
    steps: Cell<u64>,
    /// Bytes that outlive their evaluation outside the arena: outputs, and texts of failures.
    kept: Cell<usize>,
    spent: Cell<Option<Spent>>,
}

/// What is used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) enum Spent {
    Steps(u64),
    Memory(usize),
}

// === impl Budget ===

impl Budget {
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        Self {
            limits: *limits,
            steps: Cell::new(limits.evaluation_steps),
            kept: Cell::new(0),
            spent: Cell::new(None),
        }
    }

    /// For constants, while an expression is compiled.
    pub(super) fn of_steps(steps: u64) -> Self {
        Self::new(&Limits { evaluation_steps: steps, ..Limits::default() })
    }

    /// Whether nothing is left.
    #[must_use]
    pub fn is_spent(&self) -> bool {
        self.spent.get().is_some()
    }

    pub(super) fn spent(&self) -> Option<Spent> {
        self.spent.get()
    }

    /// Takes steps. `held` are the bytes that the evaluation holds at this moment.
    pub(in crate::engine) fn take(&self, steps: usize, held: usize) -> Result<(), Spent> {
        let left = self.steps.get().saturating_sub(u64::try_from(steps).unwrap_or(u64::MAX));
        self.steps.set(left);
        if left == 0 {
            return Err(self.spend(Spent::Steps(self.limits.evaluation_steps)));
        }
        let most = self.limits.evaluation_memory_bytes;
        if self.kept.get().saturating_add(held) > most {
            return Err(self.spend(Spent::Memory(most)));
        }
        Ok(())
    }

    /// Counts bytes that are held until the question is answered.
    pub(in crate::engine) fn keep(&self, bytes: usize) {
        self.kept.set(self.kept.get().saturating_add(bytes));
    }

    /// Leaves nothing, whatever there was.
    pub(in crate::engine) fn exhaust(&self) {
        self.spend(Spent::Steps(self.limits.evaluation_steps));
    }

    pub(super) fn pattern_bytes(&self) -> usize {
        self.limits.pattern_bytes
    }

    fn spend(&self, spent: Spent) -> Spent {
        // The first one tells.
        let first = self.spent.get().unwrap_or(spent);
        self.spent.set(Some(first));
        self.steps.set(0);
        first
    }
}

// === impl Spent ===

impl fmt::Display for Spent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Steps(steps) => write!(f, "evaluation took more than {steps} steps"),
            Self::Memory(bytes) => write!(f, "evaluation took more than {bytes} bytes of memory"),
        }
    }
}
