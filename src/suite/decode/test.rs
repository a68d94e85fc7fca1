//! A test of a suite.

use std::collections::BTreeMap;

use crate::engine::{
    model::{Effect, Value},
    policy::{Fields, Form, Named as Written, Reader},
};
use crate::suite::model::{Expectation, Named, Test};
use crate::yaml::Node;

/// What an output must be, by source.
type Outputs = BTreeMap<Box<str>, Option<Value>>;

// === impl Reader ===

impl Reader<'_> {
    pub(super) fn test(&mut self, node: &Node) -> Test {
        let known = ["name", "description", "skip", "skipReason", "options", "input", "expected"];
        let fields = self.fields(node, "a test", &known);
        let name = self.name(&fields, "name", Form::NotEmpty).text;
        self.any_text(&fields, "description");
        let expected = self.items(&fields, "expected", Self::expectation);
        self.required_items(&fields, "expected");
        let mut test = Test {
            name,
            skip: self.skip(&fields),
            options: fields.get("options").map(|node| self.options(node)),
            principals: Named::default(),
            resources: Named::default(),
            actions: Vec::new(),
            aux_data: None,
            expected,
        };
        if let Some(node) = self.required(&fields, "input") {
            self.input(node, &mut test);
        }
        test
    }

    fn input(&mut self, node: &Node, test: &mut Test) {
        let known =
            ["principals", "principalGroups", "resources", "resourceGroups", "actions", "auxData"];
        let fields = self.fields(node, "`input`", &known);
        let keys = |reader: &mut Self, [names, groups]: [&str; 2]| {
            let named =
                Named { keys: reader.keys(&fields, names), groups: reader.keys(&fields, groups) };
            if named.keys.is_empty() && named.groups.is_empty() {
                let message = format!("`input` needs `{names}` or `{groups}`");
                reader.report(fields.place, message, "");
            }
            named
        };
        test.principals = keys(self, ["principals", "principalGroups"]);
        test.resources = keys(self, ["resources", "resourceGroups"]);
        let actions = self.texts_of(&fields, "actions", Form::NotEmpty);
        self.required_items(&fields, "actions");
        test.actions = actions.iter().filter_map(|action| action.text.parse().ok()).collect();
        let aux_data = self.any_text(&fields, "auxData");
        test.aux_data = (!aux_data.is_empty()).then_some(aux_data);
    }

    fn keys(&mut self, fields: &Fields<'_>, name: &str) -> Vec<Box<str>> {
        let keys = self.texts_of(fields, name, Form::NotEmpty);
        keys.into_iter().map(|key| key.text).collect()
    }

    fn expectation(&mut self, node: &Node) -> Expectation {
        let known = [
            "principal",
            "principals",
            "principalGroups",
            "resource",
            "resources",
            "resourceGroups",
            "actions",
            "outputs",
        ];
        let fields = self.fields(node, "an expectation", &known);
        Expectation {
            principals: self.expected(&fields, ["principal", "principals", "principalGroups"]),
            resources: self.expected(&fields, ["resource", "resources", "resourceGroups"]),
            effects: self.effects(&fields),
            outputs: self.outputs(&fields),
        }
    }

    /// One key or several, and groups.
    fn expected(&mut self, fields: &Fields<'_>, [one, several, groups]: [&str; 3]) -> Named {
        let key = self.any_text(fields, one);
        let mut named =
            Named { keys: self.keys(fields, several), groups: self.keys(fields, groups) };
        if !key.is_empty() && !named.keys.is_empty() {
            let message = format!("`{one}` beside `{several}`");
            self.report(fields.place, message, &format!("put all of them into `{several}`"));
        }
        if !key.is_empty() {
            named.keys.push(key);
        }
        if named.keys.is_empty() && named.groups.is_empty() {
            let message = format!("an expectation needs `{one}`, `{several}` or `{groups}`");
            self.report(fields.place, message, "");
        }
        named
    }

    fn effects(&mut self, fields: &Fields<'_>) -> BTreeMap<Box<str>, Effect> {
        let Some(node) = self.required(fields, "actions") else { return BTreeMap::new() };
        let entries = self.map(node, "actions");
        if entries.is_empty() {
            self.report(node.place, "`actions` is empty", "add at least one entry");
        }
        let entries = entries.iter().filter_map(|entry| {
            if entry.key.scalar.text.is_empty() {
                self.report(entry.key.place, "the name of an action is empty", "");
            }
            let effect = match self.enumeration(&entry.value, "the effect")? {
                Written::Name("EFFECT_ALLOW") | Written::Number(1) => Effect::Allow,
                Written::Name("EFFECT_DENY") | Written::Number(2) => Effect::Deny,
                Written::Name(_) | Written::Number(_) => {
                    let help = "write `EFFECT_ALLOW` or `EFFECT_DENY`";
                    self.report(entry.value.place, "this is no effect", help);
                    return None;
                }
            };
            Some((entry.key.scalar.text.as_str().into(), effect))
        });
        entries.collect()
    }

    fn outputs(&mut self, fields: &Fields<'_>) -> BTreeMap<Box<str>, Outputs> {
        // Of two blocks for one action the last one counts.
        self.items(fields, "outputs", Self::outputs_of_action).into_iter().collect()
    }

    fn outputs_of_action(&mut self, node: &Node) -> (Box<str>, Outputs) {
        let fields = self.fields(node, "an output expectation", &["action", "expected"]);
        let action = self.name(&fields, "action", Form::NotEmpty).text;
        let outputs = self.items(&fields, "expected", |reader, node| {
            let fields = reader.fields(node, "an output", &["src", "val", "action", "error"]);
            // The last two are what an answer has, and mean nothing here.
            reader.any_text(&fields, "action");
            reader.any_text(&fields, "error");
            let value = fields.get("val").map(|node| reader.value(node));
            (reader.any_text(&fields, "src"), value)
        });
        self.required_items(&fields, "expected");
        (action, outputs.into_iter().collect())
    }
}
