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

const STYLE: &str = "\
:root{color-scheme:light dark;--bg:#fbfaf8;--fg:#26241f;--dim:#8b877d;--line:#e6e2da;--card:#fff;\
--good:#2e7d4f;--half:#b7791f;--bad:#c0392b}\
@media(prefers-color-scheme:dark){:root{--bg:#191a1c;--fg:#e4e2dd;--dim:#8a8f98;--line:#2c2e32;\
--card:#202225;--good:#6cc58f;--half:#e0b061;--bad:#ee7d70}}\
*{box-sizing:border-box}body{margin:0 auto;max-width:76rem;padding:3rem 1.5rem 6rem;background:var(--bg);\
color:var(--fg);font:15px/1.5 system-ui,sans-serif}h1{font-size:1.6rem;font-weight:600;margin:0 0 .25rem}\
p{margin:0;color:var(--dim)}table{border-collapse:collapse;width:100%;margin:2rem 0}\
td,th{padding:.45rem .75rem .45rem 0;border-bottom:1px solid var(--line);text-align:left}\
th{font-weight:500;color:var(--dim);font-size:.85rem}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;\
white-space:nowrap}a{color:inherit;text-decoration-color:var(--line);text-underline-offset:.2em}\
.bar{display:block;width:9rem;height:.4rem;border-radius:.2rem;background:var(--line);overflow:hidden}\
.bar i{display:block;height:100%;background:var(--good)}\
section{background:var(--card);border:1px solid var(--line);border-radius:.6rem;margin:1.5rem 0;overflow:hidden}\
h2{font:600 .95rem ui-monospace,monospace;margin:0;padding:.8rem 1rem;border-bottom:1px solid var(--line)}\
ol{list-style:none;margin:0;padding:.5rem 0;font:13px/1.6 ui-monospace,monospace;overflow-x:auto;counter-reset:l}\
li{display:flex;gap:1.5rem;padding:0 1rem 0 0;border-left:3px solid transparent;counter-increment:l}\
li::before{content:counter(l);width:3rem;flex:none;text-align:right;color:var(--dim);opacity:.6}\
li code{flex:1;white-space:pre;font:inherit}li span{flex:none;font-family:system-ui,sans-serif;font-size:12px}\
.c{border-color:var(--good)}.h{border-color:var(--half);background:color-mix(in srgb,var(--half) 9%,transparent)}\
.m{border-color:var(--bad);background:color-mix(in srgb,var(--bad) 9%,transparent)}\
.c span{color:var(--good)}.h span{color:var(--half)}.m span{color:var(--bad)}";

/// The page. `files` are those of the policies.
#[must_use]
pub fn html(coverage: &Coverage, files: &[PolicyFile]) -> String {
    let (had, could) = coverage.values();
    let rules = coverage.rules.len();
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\">\
         <title>Policy coverage</title><style>{STYLE}</style>\n\
         <h1>Policy coverage</h1><p>{} of {} reached · {had} of {} seen</p>\n\
         <table><tr><th>File<th class=\"n\">Rules<th class=\"n\">Values of conditions<th></tr>\n",
        coverage.reached(),
        counted(rules, "rule"),
        counted(could, "value") + " of conditions",
    );
    let mut sections = String::new();
    for file in files {
        let of_file: Vec<&CoveredRule> =
            coverage.rules.iter().filter(|rule| *rule.file == *file.path).collect();
        if of_file.is_empty() {
            continue;
        }
        page += &row(&file.path, &of_file);
        sections += &section(file, &of_file);
    }
    page + "</table>\n" + &sections + "</html>\n"
}

fn row(path: &str, rules: &[&CoveredRule]) -> String {
    let reached = rules.iter().filter(|rule| rule.asked > 0).count();
    let expressions = || rules.iter().flat_map(|rule| &rule.expressions);
    let had: usize =
        expressions().map(|one| usize::from(one.held > 0) + usize::from(one.failed > 0)).sum();
    let could = 2 * expressions().count();
    let percent = 100 * (reached + had) / (rules.len() + could).max(1);
    let path = escaped(path);
    format!(
        "<tr><td><a href=\"#{path}\">{path}</a><td class=\"n\">{reached} / {}<td class=\"n\">{had} / {could}\
         <td><span class=\"bar\"><i style=\"width:{percent}%\"></i></span></tr>\n",
        rules.len()
    )
}

fn section(file: &PolicyFile, rules: &[&CoveredRule]) -> String {
    let notes = notes(rules);
    let path = escaped(&file.path);
    let mut section = format!("<section id=\"{path}\"><h2>{path}</h2><ol>\n");
    for (at, line) in String::from_utf8_lossy(&file.bytes).lines().enumerate() {
        let notes = notes.get(&(at + 1)).map_or(&[][..], |notes| notes);
        let class = match notes.iter().map(|note| note.grade).min() {
            None => "",
            Some(Grade::Covered) => " class=\"c\"",
            Some(Grade::Partly) => " class=\"h\"",
            Some(Grade::Missed) => " class=\"m\"",
        };
        let texts: Vec<&str> = notes.iter().map(|note| &*note.text).collect();
        let code = escaped(line);
        section.extend(["<li", class, "><code>", &code, "</code><span>", &texts.join(" · ")]);
        section += "</span></li>\n";
    }
    section + "</ol></section>\n"
}

fn notes(rules: &[&CoveredRule]) -> Notes {
    let mut notes = Notes::new();
    for rule in rules {
        let CoveredRule { place, asked, is_derived_role, expressions, .. } = rule;
        let grade = if *asked == 0 { Grade::Missed } else { Grade::Covered };
        let text = match (asked, is_derived_role) {
            (0, false) => "no case reaches this rule".to_owned(),
            (0, true) => "no case asks for this role".to_owned(),
            (asked, _) => format!("reached {asked}×"),
        };
        notes.entry(place.line).or_default().push(Note { grade, text });
        for expression in expressions {
            notes.entry(expression.place.line).or_default().push(of_expression(expression));
        }
    }
    notes
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
