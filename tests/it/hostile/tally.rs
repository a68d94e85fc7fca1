//! What was sent and what became of it.

use std::{collections::BTreeMap, fmt};

use super::house::{Attempt, House, Outcome};

#[derive(Default)]
pub(super) struct Tally {
    pub(super) correctly_signed: u64,
    pub(super) valid: u64,
    pub(super) valid_passed: u64,
    outcomes: BTreeMap<(&'static str, Outcome), u64>,
    /// The first few requests that were not answered as they must be.
    wrong: Vec<String>,
}

const MOST_SHOWN: usize = 5;

// === impl Tally ===

impl Tally {
    pub(super) async fn send(&mut self, house: &House, family: &'static str, attempt: Attempt) {
        let shown = attempt.show();
        let outcome = house.ask(attempt).await;
        *self.outcomes.entry((family, outcome)).or_default() += 1;
        if !outcome.is_refusal() {
            self.note(format!("{family}: {outcome}: {shown}"));
        }
    }

    pub(super) async fn send_valid(&mut self, house: &House, attempt: Attempt) {
        let shown = attempt.show();
        self.valid += 1;
        match house.ask(attempt).await {
            Outcome::Allowed => self.valid_passed += 1,
            outcome @ (Outcome::Refused(_) | Outcome::Panicked) => {
                self.note(format!("valid: {outcome}: {shown}"));
            }
        }
    }

    fn note(&mut self, text: String) {
        if self.wrong.len() < MOST_SHOWN {
            self.wrong.push(text);
        }
    }

    pub(super) fn add(&mut self, other: Self) {
        let Self { correctly_signed, valid, valid_passed, outcomes, wrong } = other;
        self.correctly_signed += correctly_signed;
        self.valid += valid;
        self.valid_passed += valid_passed;
        for (outcome, count) in outcomes {
            *self.outcomes.entry(outcome).or_default() += count;
        }
        self.wrong.extend(wrong);
    }

    pub(super) fn hostile(&self) -> u64 {
        self.outcomes.values().sum()
    }

    fn count(&self, outcome: Outcome) -> u64 {
        let counts = self.outcomes.iter().filter(|((_, other), _)| *other == outcome);
        counts.map(|(_, count)| count).sum()
    }

    pub(super) fn line(&self) -> String {
        let accepted = self.count(Outcome::Allowed);
        let panics = self.count(Outcome::Panicked);
        format!("{} accepted {accepted} panics {panics}", self.hostile())
    }

    pub(super) fn wrong(&self) -> &[String] {
        &self.wrong
    }
}

/// One line a family: how many, and for what reasons they were refused.
impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut families: BTreeMap<&str, (u64, Vec<String>)> = BTreeMap::new();
        for ((family, outcome), count) in &self.outcomes {
            let (total, outcomes) = families.entry(family).or_default();
            *total += count;
            outcomes.push(outcome.to_string());
        }
        for (family, (total, outcomes)) in families {
            writeln!(f, "  {total:>7} {family:<42} {}", outcomes.join(" "))?;
        }
        Ok(())
    }
}

// === impl Outcome ===

impl Outcome {
    /// A fault is an answer for want of an answer: nothing that a client sends may cause it.
    fn is_refusal(self) -> bool {
        matches!(self, Self::Refused(reason) if !reason.starts_with("fault."))
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Allowed => f.write_str("ALLOWED"),
            Self::Refused(reason) => f.write_str(reason),
            Self::Panicked => f.write_str("PANICKED"),
        }
    }
}

// === impl Attempt ===

impl Attempt {
    fn show(&self) -> String {
        let headers: Vec<String> = self
            .headers
            .iter()
            .map(|(name, value)| format!("{name}: {}", value.escape_ascii()))
            .collect();
        let target = self.target.escape_ascii();
        format!("{:?} {target} {}", self.method, headers.join(" | "))
    }
}
