//! Why an action has its effect, in lines.

use super::lines::Branch;
use super::words;
use crate::engine::{Explanation, Part, RuleReason, model::Effect};

/// More values of one part tell little more.
const MOST_VALUES: usize = 12;

/// The rules that decided, each with the parts of its condition that did.
pub(super) fn why(explanation: &Explanation) -> Vec<Branch> {
    let Explanation { policy, rules, not_listed } = explanation;
    let mut branches: Vec<Branch> = not_listed
        .iter()
        .map(|policy| Branch::leaf(format!("the role policy {policy} does not list the action")))
        .collect();
    branches.extend(rules.iter().map(rule));
    if branches.is_empty() {
        branches.push(Branch::leaf(match &**policy {
            "NO_MATCH" => "no policy is about this resource or this principal".to_owned(),
            policy => format!("no rule of {policy} is about this action and these roles"),
        }));
    }
    branches
}

fn rule(reason: &RuleReason) -> Branch {
    let RuleReason { name, file, site, effect, is_met, derived_role, parts } = reason;
    let says = match (effect, is_met) {
        (_, None) => "does not apply",
        (Some(Effect::Allow), Some(true)) => "allows",
        (Some(Effect::Allow), Some(false)) => "does not allow",
        (Some(Effect::Deny), Some(true)) => "denies",
        (Some(Effect::Deny), Some(false)) => "does not deny",
        (None, Some(_)) => "has no effect",
    };
    let role = match (derived_role, is_met) {
        (Some(role), None) => format!(": the derived role {role} is not active"),
        (Some(role), Some(_)) => format!(", to the derived role {role}"),
        (None, _) => String::new(),
    };
    let text = format!("{name} ({file}:{}) {says}{role}", site.place);
    Branch::new(text, parts.iter().map(part).collect())
}

fn part(part: &Part) -> Branch {
    let Part { expression, value, saw } = part;
    let one_line = expression.split_whitespace().collect::<Vec<_>>().join(" ");
    let saw = saw.iter().take(MOST_VALUES);
    let saw = saw.map(|(name, value)| Branch::leaf(format!("{name} = {}", words::value(value))));
    Branch::new(format!("{one_line} → {}", words::value(value)), saw.collect())
}

/// The same as one text, for formats without branches.
pub(super) fn lines(explanation: &Explanation) -> String {
    let mut text = String::new();
    Branch::write(&why(explanation), super::Shape::List, "", &mut text);
    text
}
