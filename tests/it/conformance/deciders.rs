//! Which kind of rule decided: the policies once more, with rules that say what they are.
//!
//! A rule that names roles and derived roles is two rules there, and the output of each is a mark. The
//! answer is the same, and the marks behind an action tell whose it is.

use portcullis::engine::{
    PolicySet, Strictness,
    model::{ActionOutput, CheckOutput, Effect, OutputValue, SchemaEnforcement},
};
use serde_json::{Value as Json, json};

use super::{
    ours,
    scene::{Question, Scene},
};

const ROLE: &str = "role";
const DERIVED: &str = "derived role";
const PRINCIPAL: &str = "principal";
/// A rule that may allow only with the consent of the scope above, and whose condition is not met.
const CONSENT: &str = "consent";
const CONDITION: &str = "condition";

/// All of them.
pub(super) const KINDS: [&str; 13] = [
    "a principal's rule allows",
    "a principal's rule denies",
    "a rule for a role allows",
    "a rule for a role denies",
    "a rule for a derived role allows",
    "a rule for a derived role denies",
    "a rule that needs consent denies",
    "a role policy that does not list denies",
    "a role policy's condition denies",
    "a failure denies",
    "a schema denies",
    "no rule",
    "no policy",
];

#[derive(Debug)]
pub(super) struct Marked {
    policies: PolicySet,
    is_strict: bool,
    rejects: bool,
}

// === impl Marked ===

impl Marked {
    pub(super) fn new(scene: &Scene) -> Self {
        let files = scene.files.iter().map(|(path, file)| (path.clone(), marked(file)));
        let marked = Scene { files: files.collect(), ..scene.clone() };
        Self {
            policies: ours::compile(&marked).expect("marks change nothing"),
            is_strict: scene.settings.strict_evaluation,
            rejects: scene.settings.schema_enforcement == SchemaEnforcement::Reject,
        }
    }

    /// Who decided each action, in their order.
    pub(super) fn deciders(&self, question: &Question, answer: &CheckOutput) -> Vec<&'static str> {
        if self.rejects && !answer.validation_errors.is_empty() {
            return vec!["a schema denies"; answer.actions.len()];
        }
        let marked = ours::ask(&self.policies, question);
        let lenient = self
            .is_strict
            .then(|| ours::ask_with(&self.policies, question, Strictness::Lenient).actions);
        let actions = answer.actions.iter().enumerate();
        let deciders = actions.map(|(at, action)| {
            let again = &marked.actions[at];
            assert_eq!(action, again, "marks change the answer to {}", question.to_json());
            let fails = lenient.as_ref().is_some_and(|lenient| lenient[at] != *action);
            decider(action, &marked, fails)
        });
        deciders.collect()
    }
}

/// Who decided an action; under strict evaluation, `fails` tells that it is another answer without.
fn decider(action: &ActionOutput, marked: &CheckOutput, fails: bool) -> &'static str {
    let said = |mark: &str| {
        marked.outputs.iter().any(|output| {
            let (policy, _) = output.src.split_once('#').expect("a policy and a rule");
            let is_mark =
                matches!(&output.value, OutputValue::Value(value) if value.to_json() == mark);
            output.action == action.action && scope_of(policy) == &*action.scope && is_mark
        })
    };
    let allows = action.effect == Effect::Allow;
    let denies = |mark: &str| !allows && said(&format!("{mark} denies"));
    if allows && (action.policy.starts_with("principal.") || &*action.policy == "NO_MATCH") {
        "a principal's rule allows"
    } else if action.policy.starts_with("role.") && said(CONDITION) {
        "a role policy's condition denies"
    } else if fails {
        "a failure denies"
    } else if action.policy.starts_with("role.") {
        "a role policy that does not list denies"
    } else if denies(PRINCIPAL) {
        "a principal's rule denies"
    } else if said(ROLE) && allows {
        "a rule for a role allows"
    } else if allows {
        "a rule for a derived role allows"
    } else if denies(ROLE) {
        "a rule for a role denies"
    } else if denies(DERIVED) {
        "a rule for a derived role denies"
    } else if said(CONSENT) {
        "a rule that needs consent denies"
    } else if &*action.policy == "NO_MATCH" {
        "no policy"
    } else {
        "no rule"
    }
}

/// The scope in a policy's key.
pub(super) fn scope_of(policy: &str) -> &str {
    policy.split_once('/').map_or("", |(_, scope)| scope)
}

fn marked(file: &Json) -> Json {
    let mut file = file.clone();
    let needs_consent = |policy: &Json| {
        policy["scopePermissions"].as_str().is_some_and(|text| text.contains("CONSENT"))
    };
    if let Some(policy) = file.get_mut("resourcePolicy") {
        let consent = needs_consent(policy);
        let rules = elements(policy.get_mut("rules"));
        let rules: Vec<Json> = rules.iter().flat_map(|rule| of_resource(rule, consent)).collect();
        policy["rules"] = rules.into();
    } else if let Some(policy) = file.get_mut("principalPolicy") {
        let consent = needs_consent(policy);
        for block in elements(policy.get_mut("rules")) {
            for rule in elements(block.get_mut("actions")) {
                *rule = speaking(rule, PRINCIPAL, consent);
            }
        }
    } else if let Some(policy) = file.get_mut("rolePolicy") {
        for rule in elements(policy.get_mut("rules")) {
            rule["output"] = json!({ "when": { "conditionNotMet": literal(CONDITION) } });
        }
    }
    file
}

fn elements(json: Option<&mut Json>) -> &mut [Json] {
    json.and_then(Json::as_array_mut).map(Vec::as_mut_slice).unwrap_or_default()
}

/// A rule of a resource policy, once for its roles and once for its derived roles.
fn of_resource(rule: &Json, consent: bool) -> Vec<Json> {
    let halves = [(ROLE, "roles", "derivedRoles"), (DERIVED, "derivedRoles", "roles")];
    let halves = halves.into_iter().filter(|(_, kept, _)| rule.get(kept).is_some());
    let halves = halves.map(|(mark, _, gone)| {
        let mut half = speaking(rule, mark, consent);
        half.as_object_mut().unwrap().remove(gone);
        half
    });
    halves.collect()
}

fn speaking(rule: &Json, mark: &str, consent: bool) -> Json {
    let mut rule = rule.clone();
    let mark = match (rule["effect"] == "EFFECT_ALLOW", consent && rule.get("condition").is_some())
    {
        (true, true) => CONSENT.to_owned(),
        (true, false) => mark.to_owned(),
        (false, _) => format!("{mark} denies"),
    };
    rule["output"] = json!({ "when": { "ruleActivated": literal(&mark) } });
    // The halves of a rule must not have the same name.
    rule.as_object_mut().unwrap().remove("name");
    rule
}

fn literal(text: &str) -> String {
    format!("\"{text}\"")
}
