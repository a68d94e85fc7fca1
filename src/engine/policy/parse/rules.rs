//! Rules, their conditions and their outputs.

use super::fields::Fields;
use super::pattern::Form;
use super::reader::{Named, Reader};
use crate::engine::model::Effect;
use crate::engine::policy::syntax::{
    Condition, Match, Output, PrincipalAction, PrincipalRule, ResourceRule, RoleRule, Text,
};
use crate::yaml::{Node, Tree};

// === impl Reader ===

impl Reader<'_> {
    pub(super) fn resource_rule(&mut self, node: &Node) -> ResourceRule {
        let known = ["actions", "derivedRoles", "roles", "condition", "effect", "name", "output"];
        let fields = self.fields(node, "a rule", &known);
        let actions = self.texts_of(&fields, "actions", Form::NotEmpty);
        self.required_items(&fields, "actions");
        ResourceRule {
            site: self.site(fields.place),
            name: self.rule_name(&fields),
            actions,
            roles: self.texts_of(&fields, "roles", Form::NotEmpty),
            derived_roles: self.texts_of(&fields, "derivedRoles", Form::Import),
            effect: self.effect(&fields),
            condition: fields.get("condition").and_then(|node| self.condition(node)),
            output: fields.get("output").map(|node| self.output(node)),
        }
    }

    pub(super) fn principal_rule(&mut self, node: &Node) -> PrincipalRule {
        let fields = self.fields(node, "a rule", &["resource", "actions"]);
        let items = fields.get("actions").map_or(&[][..], |node| self.list(node, "actions"));
        let actions = items.iter().map(|node| self.principal_action(node)).collect();
        self.required_items(&fields, "actions");
        PrincipalRule { resource: self.name(&fields, "resource", Form::NotEmpty), actions }
    }

    fn principal_action(&mut self, node: &Node) -> PrincipalAction {
        let known = ["action", "condition", "effect", "name", "output"];
        let fields = self.fields(node, "an action", &known);
        PrincipalAction {
            name: self.rule_name(&fields),
            action: self.name(&fields, "action", Form::NotEmpty),
            effect: self.effect(&fields),
            condition: fields.get("condition").and_then(|node| self.condition(node)),
            output: fields.get("output").map(|node| self.output(node)),
        }
    }

    pub(super) fn role_rule(&mut self, node: &Node) -> RoleRule {
        let known = ["resource", "allowActions", "condition", "name", "output"];
        let fields = self.fields(node, "a rule of a role policy", &known);
        let allow_actions = self.texts_of(&fields, "allowActions", Form::NotEmpty);
        self.required_items(&fields, "allowActions");
        RoleRule {
            name: self.rule_name(&fields),
            resource: self.name(&fields, "resource", Form::NotEmpty),
            allow_actions,
            condition: fields.get("condition").and_then(|node| self.condition(node)),
            output: fields.get("output").map(|node| self.output(node)),
        }
    }

    fn rule_name(&mut self, fields: &Fields<'_>) -> Option<Text> {
        let name = self.formed(fields.get("name")?, "name", Form::RuleName);
        (!name.text.is_empty()).then_some(name)
    }

    /// What is wrong is reported; the effect is then without meaning.
    fn effect(&mut self, fields: &Fields<'_>) -> Effect {
        let Some(node) = self.required(fields, "effect") else { return Effect::Deny };
        match self.enumeration(node, "effect") {
            Some(Named::Number(1) | Named::Name("EFFECT_ALLOW")) => return Effect::Allow,
            Some(Named::Number(2) | Named::Name("EFFECT_DENY")) => return Effect::Deny,
            None => return Effect::Deny,
            Some(Named::Name(_) | Named::Number(_)) => {}
        }
        let message = match &node.tree {
            Tree::Scalar(scalar) if !scalar.text.is_empty() => {
                format!("`effect` cannot be `{}`", scalar.text)
            }
            _ => "`effect` is empty".to_owned(),
        };
        self.report(node.place, message, "write `EFFECT_ALLOW` or `EFFECT_DENY`");
        Effect::Deny
    }

    pub(super) fn condition(&mut self, node: &Node) -> Option<Condition> {
        let fields = self.fields(node, "`condition`", &["match", "script"]);
        let (name, entry) = self.one_of(&fields, &["match", "script"])?;
        if name == "match" {
            return self.matching(&entry.value, "`match`").map(Condition::Match);
        }
        self.text(&entry.value, "script");
        Some(Condition::Script(self.site(entry.key.place)))
    }

    /// Conditions nest as deep as files do, which bounds the recursion.
    fn matching(&mut self, node: &Node, what: &'static str) -> Option<Match> {
        const OPERATORS: [&str; 4] = ["expr", "all", "any", "none"];
        let fields = self.fields(node, what, &OPERATORS);
        let (operator, entry) = self.one_of(&fields, &OPERATORS)?;
        if operator == "expr" {
            return Some(Match::Expression(self.text(&entry.value, "expr")));
        }
        let (what, combine): (_, fn(Vec<Match>) -> Match) = match operator {
            "all" => ("`all`", Match::All),
            "any" => ("`any`", Match::Any),
            _ => ("`none`", Match::None),
        };
        let fields = self.fields(&entry.value, what, &["of"]);
        let items = fields.get("of").map_or(&[][..], |node| self.list(node, "of"));
        let parts =
            items.iter().filter_map(|item| self.matching(item, "an entry of `of`")).collect();
        self.required_items(&fields, "of");
        Some(combine(parts))
    }

    fn output(&mut self, node: &Node) -> Output {
        let fields = self.fields(node, "`output`", &["expr", "when"]);
        let expression = self.expression(&fields, "expr");
        let (mut rule_activated, mut condition_not_met) = (None, None);
        if let Some(node) = fields.get("when") {
            let fields = self.fields(node, "`when`", &["ruleActivated", "conditionNotMet"]);
            rule_activated = self.expression(&fields, "ruleActivated");
            condition_not_met = self.expression(&fields, "conditionNotMet");
        }
        Output { site: self.site(node.place), expression, rule_activated, condition_not_met }
    }

    /// An expression that may be left out, or empty.
    fn expression(&mut self, fields: &Fields<'_>, name: &'static str) -> Option<Text> {
        let text = self.text(fields.get(name)?, name);
        (!text.text.is_empty()).then_some(text)
    }

    /// Reports a list that must have an item and has none. One that is no list is reported already.
    pub(crate) fn required_items(&mut self, fields: &Fields<'_>, name: &'static str) {
        if let Some(node) = self.required(fields, name)
            && matches!(&node.tree, Tree::Sequence(items) if items.is_empty())
        {
            self.report(node.place, format!("`{name}` is empty"), "add at least one entry");
        }
    }
}
