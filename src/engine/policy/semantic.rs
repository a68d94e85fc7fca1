//! What one policy must keep to beyond the form of its fields.

use std::collections::HashMap;

use super::error::{Problem, Problems, Site};
use super::syntax::{Body, Policy, Text};

/// Reports what contradicts itself within `policy`.
pub(super) fn check(policy: &Policy, problems: &mut Problems) {
    match &policy.body {
        Body::Resource(body) => {
            for rule in &body.rules {
                if rule.roles.is_empty() && rule.derived_roles.is_empty() {
                    problems.push(
                        Problem::at(rule.site, "this rule applies to nobody")
                            .help("name `roles` or `derivedRoles`"),
                    );
                }
            }
            refuse_repeated(
                body.rules.iter().filter_map(|rule| rule.name.as_ref()),
                RULE,
                problems,
            );
        }
        Body::Principal(body) => {
            let resources = body.rules.iter().map(|rule| &rule.resource);
            refuse_repeated(resources, "a rule for the resource", problems);
            for rule in &body.rules {
                let names = rule.actions.iter().filter_map(|action| action.name.as_ref());
                refuse_repeated(names, RULE, problems);
            }
        }
        Body::DerivedRoles(body) => {
            refuse_repeated(body.roles.iter().map(|role| &role.name), "a derived role", problems);
        }
        Body::Role(_) | Body::ExportVariables { .. } | Body::ExportConstants { .. } => {}
    }
}

const RULE: &str = "a rule named";

fn refuse_repeated<'t>(texts: impl Iterator<Item = &'t Text>, what: &str, problems: &mut Problems) {
    let mut seen: HashMap<&str, Site> = HashMap::new();
    for text in texts {
        if let Some(first) = seen.insert(&text.text, text.site) {
            let message = format!("there is already {what} `{}` at {}", text.text, first.place);
            problems.push(Problem::at(text.site, message).help("rename or remove one of them"));
        }
    }
}
