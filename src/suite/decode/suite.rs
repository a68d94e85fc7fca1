//! A suite.

use super::decode;
use crate::engine::{
    PolicyErrors, PolicyFile,
    cel::Moment,
    model::{Map, PolicyVersion, Scope},
    policy::{Fields, Form, Reader},
};
use crate::suite::model::{Skip, Suite, TestOptions};
use crate::yaml::{Node, ScalarKind, Tree};

/// Reads a suite.
///
/// # Errors
/// Everything that is wrong with it.
pub(in crate::suite) fn suite(file: &PolicyFile) -> Result<Suite, PolicyErrors> {
    fn read(reader: &mut Reader<'_>, node: &Node) -> Suite {
        reader.suite(node)
    }
    decode(file, read)
}

/// Stands for what no policy can have.
const NO_SCOPE: &str = "0-no-such-scope";

const FIELDS: [&str; 12] = [
    "name",
    "description",
    "skip",
    "skipReason",
    "options",
    "principals",
    "resources",
    "auxData",
    "principalGroups",
    "resourceGroups",
    "tests",
    "$schema",
];

// === impl Reader ===

impl Reader<'_> {
    fn suite(&mut self, node: &Node) -> Suite {
        let fields = self.fields(node, "a suite", &FIELDS);
        let name = self.name(&fields, "name", Form::NotEmpty).text;
        self.any_text(&fields, "$schema");
        let tests = self.items(&fields, "tests", Self::test);
        self.required_items(&fields, "tests");
        Suite {
            name,
            description: self.any_text(&fields, "description"),
            skip: self.skip(&fields),
            options: fields.get("options").map(|node| self.options(node)).unwrap_or_default(),
            fixtures: self.fixtures(&fields),
            tests,
        }
    }

    pub(super) fn skip(&mut self, fields: &Fields<'_>) -> Skip {
        Skip {
            is_skipped: fields.get("skip").is_some_and(|node| self.boolean(node, "skip")),
            reason: self.any_text(fields, "skipReason"),
        }
    }

    /// A text that may be left out, or empty.
    pub(super) fn any_text(&mut self, fields: &Fields<'_>, name: &str) -> Box<str> {
        fields.get(name).map(|node| self.text(node, name).text).unwrap_or_default()
    }

    pub(super) fn options(&mut self, node: &Node) -> TestOptions {
        let known = [
            "now",
            "defaultPolicyVersion",
            "defaultScope",
            "lenientScopeSearch",
            "strictEvaluation",
            "globals",
        ];
        let fields = self.fields(node, "`options`", &known);
        let flag = |reader: &mut Self, name| {
            fields.get(name).is_some_and(|node| reader.boolean(node, name))
        };
        TestOptions {
            lenient_scope_search: flag(self, "lenientScopeSearch"),
            strict_evaluation: flag(self, "strictEvaluation"),
            now: fields.get("now").and_then(|node| self.now(node)),
            default_policy_version: self.default_version(&fields),
            default_scope: self.default_scope(&fields),
            globals: self.values(&fields, "globals"),
        }
    }

    fn now(&mut self, node: &Node) -> Option<jiff::Timestamp> {
        let instant = match &node.tree {
            Tree::Scalar(scalar) if scalar.kind == ScalarKind::String => {
                Moment::instant(&scalar.text)
            }
            Tree::Scalar(_) | Tree::Sequence(_) | Tree::Mapping(_) => None,
        };
        if instant.is_none() {
            let help = "write a date, a time and a zone: \"2024-05-14T07:30:00Z\"";
            self.report(node.place, "`now` must be a timestamp", help);
        }
        instant
    }

    /// Cerbos takes any text. One that cannot be a version is that of no policy.
    fn default_version(&mut self, fields: &Fields<'_>) -> Option<PolicyVersion> {
        let text = self.any_text(fields, "defaultPolicyVersion");
        (!text.is_empty()).then(|| text.parse().unwrap_or(PolicyVersion::unset()))
    }

    /// The same, segment by segment: the scopes above can have policies.
    fn default_scope(&mut self, fields: &Fields<'_>) -> Option<Scope> {
        let text = self.any_text(fields, "defaultScope");
        if text.is_empty() || text.parse::<Scope>().is_ok() {
            return text.parse().ok().filter(|scope: &Scope| !scope.as_str().is_empty());
        }
        let segments = text.split('.').map(|segment| match segment {
            "" | "." => NO_SCOPE,
            segment if segment.parse::<Scope>().is_ok() => segment,
            _ => NO_SCOPE,
        });
        segments.collect::<Vec<_>>().join(".").parse().ok()
    }

    /// `None` where it is left out or empty: another default applies then.
    pub(super) fn version(&mut self, fields: &Fields<'_>, name: &str) -> Option<PolicyVersion> {
        let node = fields.get(name)?;
        let text = self.formed(node, name, Form::OptionalVersion).text;
        text.parse().ok().filter(|version: &PolicyVersion| !version.as_str().is_empty())
    }

    pub(super) fn scope(&mut self, fields: &Fields<'_>, name: &str) -> Option<Scope> {
        let node = fields.get(name)?;
        let text = self.formed(node, name, Form::Scope).text;
        text.parse().ok().filter(|scope: &Scope| !scope.as_str().is_empty())
    }

    /// A mapping of names to any values.
    pub(super) fn values(&mut self, fields: &Fields<'_>, name: &str) -> Map {
        let entries = fields.get(name).map_or(&[][..], |node| self.map(node, name));
        let entries =
            entries.iter().map(|entry| (entry.key.scalar.text.as_str(), self.value(&entry.value)));
        entries.collect()
    }
}
