//! What policies of all kinds are made of: conditions, outputs, variables, constants.

use fastrand::Rng;
use portcullis::engine::cel;
use serde_json::{Map as JsonMap, Value as Json, json};

use crate::conformance::{
    expression::{Grower, Taste, Type},
    random::Dice,
};

pub(in crate::conformance) const ACTIONS: [&str; 8] =
    ["view", "edit", "delete", "share", "view:public", "view:all", "approve", "list"];

/// Actions of resource and principal rules: patterns only where there is a `*`.
pub(super) const ACTION_PATTERNS: [&str; 8] =
    ["*", "view*", "view:*", "*:public", "{view,edit}", "v?ew", "**", "{edit,share}*"];

/// What role policies allow: always patterns.
pub(super) const ALLOWED: [&str; 10] =
    ["view", "edit", "*", "view:*", "{view,edit}", "v?ew", "[a-l]*", "[!v]*", "share", "**"];

/// Conditions that often hold for the questions that are asked.
const LIKELY: [&str; 24] = [
    "R.attr.owner == P.id",
    "P.attr.level >= 1.0",
    "R.attr.level < 4",
    "R.attr.b1",
    "P.attr.b1 == true",
    "has(R.attr.s1)",
    "\"user\" in P.roles",
    "R.attr.n1 > P.attr.n1 || R.attr.level < 4",
    "P.attr.ls1.size() < 3",
    "R.attr.s1 != \"a\"",
    "request.auxData.jwt.org == \"acme\"",
    "R.kind.contains(\"o\")",
    "!(\"zz\" in R.attr.ls1)",
    "P.attr.?missing.orValue(true)",
    "timeSince(timestamp(\"2020-01-01T00:00:00Z\")) > duration(\"24h\")",
    "R.scope != \"\" || P.scope == \"\"",
    "G.on",
    "R.attr.level < globals.limit",
    "request.auxData.jwt.org == G.org || P.attr.b1",
    // Near the instants at which the soundness of the cache is tried; long past for the PDP.
    "now() < timestamp(\"2026-11-23T10:20:00Z\")",
    "timeSince(timestamp(\"2026-11-23T09:00:00Z\")) < duration(\"100m\")",
    "timestamp(\"2026-11-23T11:00:00Z\") - now() > duration(\"15m\")",
    "now() - duration(\"1h\") >= timestamp(\"2026-11-23T09:30:00Z\")",
    "now() < timestamp(\"2026-11-23T10:00:00Z\") + duration(string(P.attr.level) + \"m\")",
];

/// Writes expressions for one policy.
pub(super) struct Writer<'d> {
    pub dice: &'d mut Rng,
    /// Counts expressions: each has a comment of its own.
    pub written: &'d mut usize,
    /// `V.x` and `C.x` of this policy.
    pub names: Vec<String>,
}

// === impl Writer ===

impl Writer<'_> {
    fn unique(&mut self, text: &str) -> String {
        *self.written += 1;
        format!("{text} // {}", self.written)
    }

    /// An expression that loads: one that does not would take all policies with it.
    fn term(&mut self, ty: &'static str, depth: usize) -> String {
        let taste = Taste { ill_typed: 0, hidden: 1, declared: false };
        loop {
            let text = Grower::new(self.dice, taste).grow(&Type::Plain(ty), depth).text();
            if cel::compile(&text, &cel::Names::default()).is_ok() {
                return text;
            }
        }
    }

    fn boolean(&mut self) -> String {
        if !self.names.is_empty() && self.dice.percent(30) {
            let name = self.dice.pick(&self.names).clone();
            return if self.dice.percent(60) { name } else { format!("{name} == true") };
        }
        if self.dice.percent(6) {
            let role = *self.dice.pick(&["owner", "peer", "boss"]);
            return format!("\"{role}\" in runtime.effectiveDerivedRoles");
        }
        if self.dice.percent(65) {
            return (*self.dice.pick(&LIKELY)).to_owned();
        }
        let depth = self.dice.usize(1..4);
        self.term("bool", depth)
    }

    pub(super) fn condition(&mut self) -> Json {
        json!({ "match": self.matching(2) })
    }

    fn matching(&mut self, depth: usize) -> Json {
        if depth == 0 || self.dice.percent(60) {
            let text = self.boolean();
            return json!({ "expr": self.unique(&text) });
        }
        let of: Vec<Json> = (0..self.dice.usize(1..4)).map(|_| self.matching(depth - 1)).collect();
        let kind = *self.dice.pick(&["all", "any", "any", "none"]);
        json!({ kind: { "of": of } })
    }

    pub(super) fn output(&mut self) -> Json {
        let mut when = JsonMap::new();
        if self.dice.percent(75) {
            when.insert("ruleActivated".to_owned(), self.said().into());
        }
        if when.is_empty() || self.dice.percent(50) {
            when.insert("conditionNotMet".to_owned(), self.said().into());
        }
        let mut output = json!({ "when": when });
        if self.dice.percent(10) {
            output["expr"] = self.said().into();
        }
        output
    }

    fn said(&mut self) -> String {
        let text = match self.dice.u32(0..6) {
            0 => "P.id + \" \" + R.id".to_owned(),
            1 => "{\"id\": R.id, \"roles\": P.roles}".to_owned(),
            2 => "runtime.effectiveDerivedRoles".to_owned(),
            3 if !self.names.is_empty() => self.dice.pick(&self.names).clone(),
            4 => format!("\"{}\"", self.written),
            _ => {
                let ty = *self.dice.pick(&["string", "int", "double", "dyn"]);
                self.term(ty, 2)
            }
        };
        self.unique(&text)
    }

    /// Definitions of variables that may use those before them.
    pub(super) fn variables(&mut self, prefix: &str, most: usize) -> JsonMap<String, Json> {
        let mut variables = JsonMap::new();
        for at in 0..self.dice.usize(0..=most) {
            let text = match self.dice.u32(0..8) {
                0 => "R.attr.missing".to_owned(),
                1 => "1 / 0 == 1".to_owned(),
                2 => format!("optional.of({})", self.boolean()),
                _ => self.boolean(),
            };
            let name = format!("{prefix}{at}");
            let text = self.unique(&text);
            variables.insert(name.clone(), text.into());
            self.names.push(format!("V.{name}"));
        }
        variables
    }

    /// No two policies name a constant alike: Cerbos confuses sets of them that are nearly equal.
    pub(super) fn constants(&mut self, prefix: &str, most: usize) -> JsonMap<String, Json> {
        let mut constants = JsonMap::new();
        for at in 0..self.dice.usize(0..=most) {
            *self.written += 1;
            let name = format!("{prefix}{at}_{}", self.written);
            let value = match self.dice.u32(0..6) {
                0 => json!(5),
                1 => json!(["a", "b"]),
                2 => json!(""),
                3 => Json::Null,
                _ => json!(true),
            };
            self.names.push(format!("C.{name}"));
            constants.insert(name, value);
        }
        constants
    }
}

/// Adds a member, unless it is empty.
pub(super) fn put(policy: &mut Json, name: &str, value: Json) {
    let empty = match &value {
        Json::Array(items) => items.is_empty(),
        Json::Object(object) => object.is_empty(),
        Json::String(text) => text.is_empty(),
        Json::Null => true,
        Json::Bool(_) | Json::Number(_) => false,
    };
    if !empty {
        policy[name] = value;
    }
}
