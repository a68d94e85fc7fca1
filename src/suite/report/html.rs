//! Coverage as a page: every policy file, line by line. It needs nothing beside itself.

use std::collections::BTreeMap;

use super::words::counted;
use crate::engine::PolicyFile;
use crate::suite::coverage::{Coverage, CoveredExpression, CoveredRule};

/// How well a line is covered, from bad to good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Grade {
    Missed,
    Partly,
    Covered,
}

/// What is said of one line.
struct Note {
    grade: Grade,
    text: String,
}

/// Notes by line.
type Notes = BTreeMap<usize, Vec<Note>>;

/// A rule or an expression that the cases leave out, or have seen one side of.
struct Gap<'a> {
    rule: &'a CoveredRule,
    line: usize,
    /// The rule's name, or the expression.
    what: &'a str,
    note: Note,
}

/// It is a part of the page, which needs nothing beside itself.
const STYLE: &str = include_str!("coverage.css");

/// The page. `files` are those of the policies. What is missing comes first.
#[must_use]
pub fn html(coverage: &Coverage, files: &[PolicyFile]) -> String {
    let (had, could) = coverage.values();
    let rules = coverage.rules.len();
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\">\
         <title>Policy coverage</title><style>\n{STYLE}</style>\n\
         <h1>Policy coverage</h1><p>{} of {} reached · {had} of {} seen</p>\n",
        coverage.reached(),
        counted(rules, "rule"),
        counted(could, "value") + " of conditions",
    );
    page += &missing(coverage);
    let of_files = files.iter().map(|file| {
        let of_file = coverage.rules.iter().filter(|rule| *rule.file == *file.path);
        (file, of_file.collect::<Vec<_>>())
    });
    let mut of_files: Vec<_> = of_files.filter(|(_, rules)| !rules.is_empty()).collect();
    of_files.sort_by_key(|(_, rules)| percent(rules));
    page += "<h2>Files</h2>\n<table><tr><th>File<th class=\"n\">Rules\
             <th class=\"n\">Values of conditions<th></tr>\n";
    page.extend(of_files.iter().map(|(file, rules)| row(&file.path, rules)));
    page += "</table>\n";
    page.extend(of_files.iter().map(|(file, rules)| section(file, rules)));
    page + "</html>\n"
}

/// All that the cases leave out, the worst of it first.
fn missing(coverage: &Coverage) -> String {
    let mut gaps: Vec<Gap<'_>> = coverage.rules.iter().flat_map(gaps).collect();
    if gaps.is_empty() {
        return "<p class=\"all\">Nothing is missing.</p>\n".to_owned();
    }
    gaps.sort_by_key(|gap| gap.note.grade);
    let mut list = "<h2>Missing</h2>\n<ul class=\"gaps card\">\n".to_owned();
    for Gap { rule, line, what, note } in &gaps {
        let (path, class) = (escaped(&rule.file), note.grade.class());
        let (what, text) = (escaped(what), &note.text);
        let line = line.to_string();
        list.extend([r#"<li class=""#, class, r##""><a class="at" href="#"##, &path, ":", &line]);
        list.extend(["\">", &path, ":", &line, "</a><code>", &what, "</code><span>", text]);
        list += "</span></li>\n";
    }
    list + "</ul>\n"
}

/// Nothing is said of the expressions of a rule that is not reached.
fn gaps(rule: &CoveredRule) -> Vec<Gap<'_>> {
    let note = of_rule(rule);
    if note.grade == Grade::Missed {
        return vec![Gap { rule, line: rule.place.line, what: &rule.name, note }];
    }
    let gaps = rule.expressions.iter().map(|expression| Gap {
        rule,
        line: expression.place.line,
        what: &expression.source,
        note: of_expression(expression),
    });
    gaps.filter(|gap| gap.note.grade != Grade::Covered).collect()
}

/// The values that conditions of these rules had, and could have had.
fn values(rules: &[&CoveredRule]) -> (usize, usize) {
    let expressions = || rules.iter().flat_map(|rule| &rule.expressions);
    let had = expressions().map(|one| usize::from(one.held > 0) + usize::from(one.failed > 0));
    (had.sum(), 2 * expressions().count())
}

fn percent(rules: &[&CoveredRule]) -> usize {
    let reached = rules.iter().filter(|rule| rule.asked > 0).count();
    let (had, could) = values(rules);
    100 * (reached + had) / (rules.len() + could).max(1)
}

fn row(path: &str, rules: &[&CoveredRule]) -> String {
    let reached = rules.iter().filter(|rule| rule.asked > 0).count();
    let ((had, could), percent) = (values(rules), percent(rules));
    let class = if percent == 100 { "bar" } else { "bar h" };
    let path = escaped(path);
    format!(
        "<tr><td><a href=\"#{path}\">{path}</a><td class=\"n\">{reached} / {}<td class=\"n\">{had} / {could}\
         <td><span class=\"{class}\"><i style=\"width:{percent}%\"></i></span></tr>\n",
        rules.len()
    )
}

/// A file, line by line; open where something is missing in it.
fn section(file: &PolicyFile, rules: &[&CoveredRule]) -> String {
    let notes = notes(rules);
    let path = escaped(&file.path);
    let percent = percent(rules);
    let open = if percent == 100 { "" } else { " open" };
    let mut section = format!(
        "<details class=\"card\" id=\"{path}\"{open}><summary>{path}<small>{percent} %</small></summary><ol>\n"
    );
    for (at, line) in String::from_utf8_lossy(&file.bytes).lines().enumerate() {
        let (line, number) = (escaped(line), at + 1);
        let Some(notes) = notes.get(&number) else {
            section.extend(["<li><code>", &line, "</code></li>\n"]);
            continue;
        };
        let worst = notes.iter().map(|note| note.grade).min().unwrap_or(Grade::Covered);
        let texts: Vec<&str> = notes.iter().map(|note| &*note.text).collect();
        let (class, texts) = (worst.class(), texts.join(" · "));
        let number = number.to_string();
        section.extend([r#"<li class=""#, class, r#"" id=""#, &path, ":", &number, r#""><code>"#]);
        section.extend([&*line, "</code><span>", &texts, "</span></li>\n"]);
    }
    section + "</ol></details>\n"
}

fn notes(rules: &[&CoveredRule]) -> Notes {
    let mut notes = Notes::new();
    for rule in rules {
        notes.entry(rule.place.line).or_default().push(of_rule(rule));
        for expression in &rule.expressions {
            notes.entry(expression.place.line).or_default().push(of_expression(expression));
        }
    }
    notes
}

fn of_rule(rule: &CoveredRule) -> Note {
    let (grade, text) = match (rule.asked, rule.is_derived_role) {
        (0, false) => (Grade::Missed, "no case reaches this rule".to_owned()),
        (0, true) => (Grade::Missed, "no case asks for this role".to_owned()),
        (asked, _) => (Grade::Covered, format!("reached {asked}×")),
    };
    Note { grade, text }
}

fn of_expression(expression: &CoveredExpression) -> Note {
    let (grade, text) = match (expression.held, expression.failed) {
        (0, 0) => (Grade::Missed, "never evaluated".to_owned()),
        (0, failed) => (Grade::Partly, format!("never true, false {failed}×")),
        (held, 0) => (Grade::Partly, format!("true {held}×, never false")),
        (held, failed) => (Grade::Covered, format!("true {held}×, false {failed}×")),
    };
    Note { grade, text }
}

fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.replace('"', "&quot;")
}

// === impl Grade ===

impl Grade {
    /// Of what has it, in the page.
    fn class(self) -> &'static str {
        match self {
            Self::Missed => "m",
            Self::Partly => "h",
            Self::Covered => "c",
        }
    }
}
