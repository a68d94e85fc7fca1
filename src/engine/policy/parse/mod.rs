//! YAML and JSON → [`syntax`](super::syntax), with every mistake of a file reported.

mod fields;
mod kinds;
mod metadata;
mod pattern;
mod reader;
mod rules;

use super::error::{FileId, Problem, Problems, Site};
use super::limits;
use super::syntax::{Body, Policy, Variable};
use crate::engine::model::Limits;
use crate::yaml::{self, Node, Place, Tree};

pub(crate) use fields::Fields;
pub(crate) use pattern::Form;
pub(crate) use reader::{Named, Reader};

const API_VERSION: &str = "api.cerbos.dev/v1";

const KINDS: [&str; 6] = [
    "resourcePolicy",
    "principalPolicy",
    "derivedRoles",
    "rolePolicy",
    "exportVariables",
    "exportConstants",
];

/// Reads one file. `None`: there is no policy in it, either because it is empty, or because it is
/// so wrong (and reported) that not even its name is known.
pub(super) fn parse(
    file: FileId,
    text: &str,
    limits: &Limits,
    problems: &mut Problems,
) -> Option<Policy> {
    let node = load(file, text, limits, problems)?;
    let before = problems.len();
    let mut reader = Reader { file, problems };
    let policy = reader.policy(&node);
    let broken = problems.len() > before;
    policy.map(|policy| Policy { broken, ..policy })
}

/// The one document of a file. `None`: it is empty, or what is wrong was reported.
pub(crate) fn load(
    file: FileId,
    text: &str,
    limits: &Limits,
    problems: &mut Problems,
) -> Option<Node> {
    match yaml::load(text, limits::file(limits)) {
        Ok(node) => node,
        Err(error) => {
            let message = format!("not valid YAML: {error}");
            let problem = match error.place {
                Some(place) => Problem::at(Site { file, place: visible(place, text) }, message),
                None => Problem::of_file(file, message),
            };
            problems.push(match advice(&error.message) {
                Some(advice) => problem.help(advice),
                None => problem,
            });
            None
        }
    }
}

/// What is missing at the end of a text is missing behind the last line that has something in it.
fn visible(place: Place, text: &str) -> Place {
    let above: Vec<&str> = text.lines().take(place.line).collect();
    let last = above.iter().rposition(|line| !line.trim().is_empty());
    match last.and_then(|at| Some((at, above.get(at)?))) {
        Some((at, line)) if at + 1 < place.line => {
            Place { line: at + 1, column: line.trim_end().chars().count() + 1 }
        }
        _ => place,
    }
}

/// What to do about text that is not YAML.
fn advice(message: &str) -> Option<&'static str> {
    let about = |text| message.contains(text);
    if about("trailing content") {
        // What is meant is mostly an expression that begins with a string.
        Some("quote the value as a whole, or write it below a `|-`")
    } else if about("in quoted scalar") {
        Some("close the quote, and indent each further line more than the key")
    } else if about("did not find expected ','") {
        Some("close the bracket, and put a comma between what is in it")
    } else if about("mapping values are not allowed") {
        Some("begin the keys of a mapping in one column, and quote a text that has `: ` in it")
    } else if about("tabs disallowed") {
        Some("indent with spaces")
    } else if about("unknown anchor") {
        Some("name a value with `&` before it is used with `*`")
    } else {
        None
    }
}

// === impl Reader ===

impl Reader<'_> {
    fn policy(&mut self, node: &Node) -> Option<Policy> {
        let mut known = vec!["apiVersion", "disabled", "description", "metadata", "variables"];
        known.extend(KINDS);
        known.push("$schema");
        let fields = self.fields(node, "a policy", &known);
        let Tree::Mapping(_) = &node.tree else { return None };
        self.preamble(&fields);
        let variables = fields
            .get("variables")
            .map(|node| self.variables(node, "variables"))
            .unwrap_or_default();
        let disabled = fields.get("disabled").is_some_and(|node| self.boolean(node, "disabled"));
        let (kind, entry) = self.one_of(&fields, &KINDS)?;
        let body = self.body(kind, &entry.value);
        self.refuse_variables_of_exports(&fields, &body);
        let site = self.site(entry.key.place);
        Some(Policy { site, broken: false, disabled, variables, body })
    }

    fn body(&mut self, kind: &str, node: &Node) -> Body {
        match kind {
            "resourcePolicy" => Body::Resource(self.resource_policy(node)),
            "principalPolicy" => Body::Principal(self.principal_policy(node)),
            "rolePolicy" => Body::Role(self.role_policy(node)),
            "derivedRoles" => Body::DerivedRoles(self.derived_roles(node)),
            "exportVariables" => self.export_variables(node),
            // The names come from `KINDS`.
            _ => self.export_constants(node),
        }
    }

    /// The fields that every policy has and none is decided by.
    fn preamble(&mut self, fields: &Fields<'_>) {
        if let Some(node) = self.required(fields, "apiVersion") {
            let before = self.problems.len();
            let version = self.text(node, "apiVersion");
            if self.problems.len() == before && *version.text != *API_VERSION {
                let message = format!("`apiVersion` cannot be `{}`", version.text);
                self.report(node.place, message, &format!("write `{API_VERSION}`"));
            }
        }
        for name in ["description", "$schema"] {
            if let Some(node) = fields.get(name) {
                self.text(node, name);
            }
        }
        if let Some(node) = fields.get("metadata") {
            self.metadata(node);
        }
    }

    fn refuse_variables_of_exports(&mut self, fields: &Fields<'_>, body: &Body) {
        let (Body::ExportVariables { .. } | Body::ExportConstants { .. }) = body else { return };
        let Some(entry) = fields.entry("variables") else { return };
        // An empty mapping is as good as none.
        if matches!(&entry.value.tree, Tree::Mapping(entries) if entries.is_empty()) {
            return;
        }
        self.report(
            entry.key.place,
            "a policy that exports has no `variables` of its own",
            "move them into the `definitions` of an `exportVariables` policy",
        );
    }

    /// A mapping of names to expressions.
    fn variables(&mut self, node: &Node, name: &str) -> Vec<Variable> {
        let entries = self.map(node, name);
        entries
            .iter()
            .map(|entry| {
                let name = entry.key.scalar.text.as_str();
                let expression = self.text(&entry.value, name);
                Variable { name: self.key(entry), expression }
            })
            .collect()
    }
}
