//! Cases as text: policies, questions, answers.

use std::fmt::Write;

use serde_json::Value as Json;

use crate::engine::cel::Globals;
use crate::engine::model::{
    AuxData, CheckInput, CheckOutput, Effect, Map, Options, OutputValue, Principal, Resource,
    SchemaEnforcement, Value,
};
use crate::engine::policy::{PolicyFile, PolicySet, compile};

const KINDS: [&str; 7] = [
    "resourcePolicy",
    "resource_policy",
    "principalPolicy",
    "rolePolicy",
    "derivedRoles",
    "exportVariables",
    "exportConstants",
];

/// An answer that was recorded, as far as it is to be met, and ours.
pub(in crate::engine) struct Answers {
    pub(in crate::engine) wanted: String,
    pub(in crate::engine) ours: String,
}

/// Asks all questions of a file. `answer` has the policies of the case, the question and the lines
/// that were recorded.
#[track_caller]
pub(in crate::engine) fn check_recorded(
    cases: &str,
    answer: impl Fn(&PolicySet, &str, &[&str]) -> Answers,
) {
    let mut failures = Vec::new();
    for case in format!("\n{cases}").split("\n== ").skip(1) {
        let lines: Vec<&str> = case.lines().filter(|line| !line.is_empty()).collect();
        let (asked, written): (Vec<&str>, Vec<&str>) =
            lines.iter().skip(1).partition(|line| line.starts_with("? ") || line.starts_with("  "));
        let policies = policies(&written);
        let mut asked = asked.into_iter().peekable();
        while let Some(question) = asked.next() {
            let recorded: Vec<&str> =
                std::iter::from_fn(|| asked.next_if(|line| line.starts_with("  "))).collect();
            let question = question.strip_prefix("? ").unwrap();
            let Answers { wanted, ours } = answer(&policies, question, &recorded);
            if ours != wanted {
                failures.push(format!("{}\n{question}\n{wanted}not\n{ours}", lines[0]));
            }
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

/// The policies of a case, by lines: one that begins with a kind begins a policy.
pub(in crate::engine) fn policies(lines: &[&str]) -> PolicySet {
    let mut options = Options::default();
    let mut texts: Vec<String> = Vec::new();
    let mut files = Vec::new();
    for line in lines {
        if let Some(words) = line.strip_prefix("options: ") {
            words.split(", ").for_each(|word| set(&mut options, word));
        } else if let Some((name, text)) =
            line.strip_prefix("schema ").and_then(|line| line.split_once(": "))
        {
            let path = format!("_schemas/{name}");
            files.push(PolicyFile { path, bytes: text.into() });
        } else if line.split(':').next().is_some_and(|word| KINDS.contains(&word)) {
            texts.push(format!("apiVersion: api.cerbos.dev/v1\n{line}\n"));
        } else if let Some(text) = texts.last_mut() {
            writeln!(text, "{line}").unwrap();
        }
    }
    for (number, text) in texts.into_iter().enumerate() {
        files.push(PolicyFile { path: format!("{number:03}.yaml"), bytes: text.into_bytes() });
    }
    compile(&files, &options, &Globals::default()).unwrap_or_else(|errors| panic!("{errors}"))
}

fn set(options: &mut Options, word: &str) {
    match word.split_once('=') {
        None if word == "strict" => options.strict_evaluation = true,
        None if word == "lenient" => options.lenient_scope_search = true,
        None if word == "warn" => options.schema_enforcement = SchemaEnforcement::Warn,
        None if word == "reject" => options.schema_enforcement = SchemaEnforcement::Reject,
        Some(("defaultPolicyVersion", value)) => {
            options.default_policy_version = value.parse().unwrap();
        }
        Some(("defaultScope", value)) => options.default_scope = value.parse().unwrap(),
        _ => panic!("unknown option `{word}`"),
    }
}

/// Asks a question that is written as JSON.
pub(super) fn ask(policies: &PolicySet, question: &str) -> CheckOutput {
    let question: Json = serde_json::from_str(question).unwrap();
    let text = |part: &str, name: &str, default: &str| {
        question[part][name].as_str().unwrap_or(default).to_owned()
    };
    let list = |value: &Json| -> Vec<String> {
        let items = value.as_array().unwrap();
        items.iter().map(|item| item.as_str().unwrap().to_owned()).collect()
    };
    let attr = |part: &str| match Value::from(question[part]["attr"].clone()) {
        Value::Map(map) => map,
        _ => Map::default(),
    };
    let principal = Principal {
        id: text("principal", "id", "u1").into(),
        roles: list(&question["principal"]["roles"]).iter().map(|r| r.parse().unwrap()).collect(),
        policy_version: text("principal", "policyVersion", "").parse().unwrap(),
        scope: text("principal", "scope", "").parse().unwrap(),
        attr: attr("principal"),
    };
    let resource = Resource {
        kind: text("resource", "kind", "doc").parse().unwrap(),
        id: text("resource", "id", "r1").into(),
        policy_version: text("resource", "policyVersion", "").parse().unwrap(),
        scope: text("resource", "scope", "").parse().unwrap(),
        attr: attr("resource"),
    };
    let now_attributes: Vec<Box<str>> =
        question["nowAttributes"].as_array().map_or_else(Vec::new, |_| {
            list(&question["nowAttributes"]).into_iter().map(Into::into).collect()
        });
    let actions: Vec<_> = list(&question["actions"]).iter().map(|a| a.parse().unwrap()).collect();
    policies.check(&CheckInput {
        principal: &principal,
        resource: &resource,
        actions: &actions,
        aux_data: &AuxData::default(),
        now: jiff::Timestamp::UNIX_EPOCH,
        now_attributes: &now_attributes,
    })
}

/// An answer as the recording writes it.
pub(super) fn print(output: &CheckOutput) -> String {
    let mut text = String::new();
    for of in &output.actions {
        let effect = match of.effect {
            Effect::Allow => "ALLOW",
            Effect::Deny => "DENY",
        };
        writeln!(text, "  {}: {effect} by {} in `{}`", of.action, of.policy, of.scope).unwrap();
    }
    if !output.effective_derived_roles.is_empty() {
        writeln!(text, "  derived roles: {}", output.effective_derived_roles.join(", ")).unwrap();
    }
    for output in &output.outputs {
        let value = match &output.value {
            OutputValue::Value(value) => value.to_json().to_string(),
            OutputValue::Error(error) => format!("error {error}"),
        };
        writeln!(text, "  output of {} for {}: {value}", output.src, output.action).unwrap();
    }
    for error in &output.validation_errors {
        let source = format!("{:?}", error.source).to_lowercase();
        writeln!(text, "  invalid {source} at `{}`: {}", error.path, error.message).unwrap();
    }
    text
}
