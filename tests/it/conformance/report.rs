//! What a run of decisions exercised.

use std::{collections::BTreeMap, fmt};

use portcullis::engine::model::{CheckOutput, Effect, OutputValue, SchemaEnforcement};

use super::{
    deciders::{self, KINDS},
    scene::{Question, Scene},
};

#[derive(Debug, Default)]
pub(super) struct Tally {
    pub refused: usize,
    pub faults: usize,
    pub questions: usize,
    pub decisions: usize,
    pub allowed: usize,
    /// How many decisions each kind of rule made, and under which settings.
    pub of: BTreeMap<String, usize>,
    /// What the policies have that are asked now.
    traits: Vec<&'static str>,
}

/// What a long run must have met, and how often, beside every kind of rule that decides.
const WANTED: [&str; 29] = [
    "the nearest scope allows",
    "the nearest scope denies",
    "a scope further up allows",
    "a scope further up denies",
    "strict",
    "not strict",
    "lenient scope search",
    "exact scope search",
    "schemas None",
    "schemas Warn",
    "schemas Reject",
    "validation errors",
    "with derived roles",
    "with claims",
    "other default version",
    "output",
    "output error",
    "evaluation errors",
    "beside consent",
    "beside override",
    "beside parent roles",
    "beside role patterns",
    "beside resource patterns",
    "beside patterns with a colon",
    "beside ignored actions",
    "beside a disabled policy",
    "beside a second version",
    "beside globals",
    "unknown scope",
];

/// Where no rule decided, no scope did.
const UNDECIDED: [&str; 3] = ["no rule", "no policy", "a schema denies"];

/// What policies can have, and the text by which it is known.
const TRAITS: [(&str, &str); 10] = [
    ("beside consent", "REQUIRE_PARENTAL_CONSENT"),
    ("beside override", "OVERRIDE_PARENT"),
    ("beside parent roles", "\"parentRoles\":[\"user\",\"admin\"]"),
    ("beside role patterns", "\"adm*\""),
    ("beside resource patterns", "\"resource\":\"doc*\""),
    ("beside patterns with a colon", "\"view:*\""),
    ("beside ignored actions", "\"ignoreWhen\""),
    ("beside a disabled policy", "\"disabled\":true"),
    ("beside a second version", "\"version\":\"v2\""),
    ("beside globals", "globals."),
];

const OFTEN: usize = 1_000;
/// Decisions of a run that is long enough to have met everything.
const LONG: usize = 200_000;

// === impl Tally ===

impl Tally {
    /// Questions about this scene follow.
    pub(in crate::conformance) fn enter(&mut self, scene: &Scene) {
        let texts: Vec<String> = scene.files.values().map(ToString::to_string).collect();
        let has = |text: &str| texts.iter().any(|file| file.contains(text));
        self.traits = TRAITS.iter().filter(|(_, text)| has(text)).map(|(name, _)| *name).collect();
    }

    pub(in crate::conformance) fn count(
        &mut self,
        scene: &Scene,
        question: &Question,
        answer: &CheckOutput,
        deciders: &[&str],
    ) {
        self.questions += 1;
        for (action, decider) in answer.actions.iter().zip(deciders) {
            self.decisions += 1;
            self.allowed += usize::from(action.effect == Effect::Allow);
            self.note((*decider).to_owned(), 1);
            if !UNDECIDED.contains(decider) {
                let is_near = deciders::scope_of(&action.policy) == &*action.scope;
                let scope = if is_near { "the nearest scope" } else { "a scope further up" };
                let says = if action.effect == Effect::Allow { "allows" } else { "denies" };
                self.note(format!("{scope} {says}"), 1);
            }
        }
        let decisions = answer.actions.len();
        for name in circumstances(scene, question, answer) {
            self.note(name, decisions);
        }
        for name in self.traits.clone() {
            self.note(name.to_owned(), decisions);
        }
        for output in &answer.outputs {
            let name = match output.value {
                OutputValue::Value(_) => "output",
                OutputValue::Error(_) => "output error",
            };
            self.note(name.to_owned(), 1);
        }
    }

    fn note(&mut self, name: String, times: usize) {
        *self.of.entry(name).or_default() += times;
    }

    /// What a long run has met too seldom to say anything about it.
    pub(in crate::conformance) fn missing(&self) -> Vec<String> {
        if self.decisions < LONG {
            return Vec::new();
        }
        let often = |name: &&str| self.of.get(*name).is_some_and(|count| *count >= OFTEN);
        let mut missing: Vec<String> = KINDS
            .iter()
            .chain(&WANTED)
            .filter(|name| !often(name))
            .map(ToString::to_string)
            .collect();
        if self.allowed * 100 < self.decisions * 30 {
            missing.push("decisions that allow".to_owned());
        }
        missing
    }
}

fn circumstances(scene: &Scene, question: &Question, answer: &CheckOutput) -> Vec<String> {
    let settings = &scene.settings;
    let strict = if settings.strict_evaluation { "strict" } else { "not strict" };
    let search = if settings.lenient_scope_search { "lenient" } else { "exact" };
    let schemas: SchemaEnforcement = settings.schema_enforcement;
    let mut names =
        vec![strict.to_owned(), format!("{search} scope search"), format!("schemas {schemas:?}")];
    for (holds, name) in [
        (!answer.validation_errors.is_empty(), "validation errors"),
        (!answer.effective_derived_roles.is_empty(), "with derived roles"),
        (question.claims.is_some(), "with claims"),
        (!answer.evaluation_errors.is_empty(), "evaluation errors"),
        (question.resource.scope.as_str() == "nowhere", "unknown scope"),
        (settings.default_policy_version.is_some(), "other default version"),
    ] {
        if holds {
            names.push(name.to_owned());
        }
    }
    names
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} decisions of {} questions, {} allowed ({} %), {} directories refused",
            self.decisions,
            self.questions,
            self.allowed,
            self.allowed * 100 / self.decisions.max(1),
            self.refused,
        )?;
        self.of.iter().try_for_each(|(name, count)| writeln!(f, "{count:8} {name}"))
    }
}
