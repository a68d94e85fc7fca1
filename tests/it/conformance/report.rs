//! What a run of decisions exercised.

use std::{collections::BTreeMap, fmt};

use portcullis::engine::model::{CheckOutput, Effect, OutputValue, SchemaEnforcement};

use super::scene::{Question, Scene};

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

/// What a long run must have met, and how often.
const WANTED: [&str; 34] = [
    "principal Allow",
    "principal Deny",
    "resource Allow",
    "resource Deny",
    "role Deny",
    "NO_MATCH Deny",
    "by default Deny",
    "scoped Allow",
    "scoped Deny",
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
    ) {
        self.questions += 1;
        for action in &answer.actions {
            self.decisions += 1;
            self.allowed += usize::from(action.effect == Effect::Allow);
            let kind = action.policy.split('.').next().unwrap_or_default();
            self.note(format!("{kind} {:?}", action.effect), 1);
            if !action.scope.is_empty() {
                self.note(format!("scoped {:?}", action.effect), 1);
            } else if kind == "resource" && action.effect == Effect::Deny {
                self.note("by default Deny".to_owned(), 1);
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
        let mut missing: Vec<String> =
            WANTED.iter().filter(|name| !often(name)).map(ToString::to_string).collect();
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
