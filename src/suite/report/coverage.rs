//! What no case has reached, as text.

use super::words::counted;
use crate::suite::coverage::{Coverage, CoveredExpression, CoveredRule};

/// A summary, and a line for everything that is missing.
#[must_use]
pub fn coverage(coverage: &Coverage) -> String {
    let (had, could) = coverage.values();
    let mut text = format!(
        "Coverage: {} of {} reached, {had} of {} seen\n",
        coverage.reached(),
        counted(coverage.rules.len(), "rule"),
        counted(could, "value") + " of conditions",
    );
    for rule in &coverage.rules {
        for line in missing(rule) {
            text.extend(["  ", &line, "\n"]);
        }
    }
    text
}

fn missing(rule: &CoveredRule) -> Vec<String> {
    let CoveredRule { file, place, name, is_derived_role, asked, met: _, expressions } = rule;
    let what = if *is_derived_role { "the derived role " } else { "" };
    if *asked == 0 {
        return vec![format!("{file}:{place}: {what}{name} was not reached")];
    }
    let lines = expressions.iter().filter_map(|expression| {
        let CoveredExpression { place, source, held, failed } = expression;
        let never = match (held, failed) {
            (0, 0) => "was not evaluated",
            (0, _) => "was never true",
            (_, 0) => "was never false",
            _ => return None,
        };
        let source = source.split_whitespace().collect::<Vec<_>>().join(" ");
        Some(format!("{file}:{place}: {what}{name}: `{source}` {never}"))
    });
    lines.collect()
}
