//! What a run of decisions exercised.

use std::{collections::BTreeMap, fmt};

use portcullis::engine::model::{CheckOutput, Effect};
use serde_json::Value as Json;

use super::scene::{Question, Scene};

#[derive(Debug, Default)]
pub(super) struct Tally {
    pub directories: usize,
    pub refused: usize,
    pub faults: usize,
    pub questions: usize,
    pub decisions: usize,
    pub allowed: usize,
    pub outputs: usize,
    /// How many decisions each kind of rule made.
    pub deciders: BTreeMap<String, usize>,
}

// === impl Tally ===

impl Tally {
    pub(in crate::conformance) fn count(
        &mut self,
        scene: &Scene,
        question: &Question,
        answer: &CheckOutput,
    ) {
        self.questions += 1;
        self.outputs += answer.outputs.len();
        for action in &answer.actions {
            self.decisions += 1;
            self.allowed += usize::from(action.effect == Effect::Allow);
            let _ = (scene, question);
            let kind = action.policy.split('.').next().unwrap_or_default();
            *self.deciders.entry(format!("{kind} {:?}", action.effect)).or_default() += 1;
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} decisions of {} questions, {} allowed ({} %), {} outputs, {} directories refused",
            self.decisions,
            self.questions,
            self.allowed,
            self.allowed * 100 / self.decisions.max(1),
            self.outputs,
            self.refused,
        )?;
        self.deciders.iter().try_for_each(|(kind, count)| writeln!(f, "{count:8} {kind}"))
    }
}

#[expect(dead_code, reason = "soon")]
fn rules(_: &Json) {}
