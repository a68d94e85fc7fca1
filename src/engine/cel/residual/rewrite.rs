//! What Cerbos makes of a condition whose whole rest has a certain form.
//!
//! A known map at an unknown key becomes the keys for which the comparison holds; a quantifier over
//! few known elements becomes what it says of each of them. What fails does not hold here, so the
//! first is left alone where failures matter.

use super::{
    literal::literal,
    operand::Operand,
    operator,
    partial::{Asked, Binding, Outcome, Partial, combine},
};
use crate::engine::cel::{
    access,
    functions::Call as Arguments,
    node::{Call, Kind, Logic, Loop, Node, Path, Root},
    syntax::LoopKind,
    value::{Entries, V},
};

/// A quantifier over more is left as it is.
const ELEMENTS: usize = 10;

/// More alternatives are beside each other, not within each other.
const NESTED: usize = 100;

/// `MAP[key]` or `MAP[key].field`
struct Lookup<'a> {
    map: &'a Node,
    key: &'a Node,
    field: Option<&'a str>,
}

/// Whether it is a value that JSON has. Lists of others are not taken apart.
fn is_json(value: V<'_>) -> bool {
    match value {
        V::Timestamp(_) | V::Duration(_) => false,
        other => match (other.list(), other.entries()) {
            (Some(list), _) => list.iter().all(is_json),
            (None, Some(Entries::Values(entries))) => {
                entries.iter().all(|(key, value)| is_json(*key) && is_json(*value))
            }
            (None, Some(Entries::Constants(entries))) => {
                entries.iter().all(|(key, value)| is_json(key.view()) && is_json(value.view()))
            }
            (None, Some(Entries::Json(_))) => true,
            (None, Some(Entries::Tokens(_))) => false,
            (None, None) => literal(other).is_some(),
        },
    }
}

// === impl Lookup ===

impl<'a> Lookup<'a> {
    fn find(node: &'a Node) -> Option<Self> {
        let (node, field) = match &node.kind {
            Kind::Select { operand, field } => (&**operand, Some(&**field)),
            _ => (node, None),
        };
        let Kind::Call(call) = &node.kind else { return None };
        match (call.group.name, &*call.args) {
            ("_[_]", [map, key]) => Some(Self { map, key, field }),
            _ => None,
        }
    }
}

// === impl Partial ===

impl<'a> Partial<'_, '_, 'a> {
    /// What is left of a whole condition.
    pub(super) fn condition(&self, root: &'a Node) -> Outcome<'a> {
        if self.is_known(root) {
            return self.outcome(root, Asked::Truth);
        }
        match &root.kind {
            Kind::Path(Path { root: Root::Variable { slot, .. }, keys, .. }) if keys.is_empty() => {
                if let Some(slot) = self.slot(*slot) {
                    return match &slot.condition {
                        Outcome::Residual(operand) => {
                            Outcome::Residual(self.copied(operand).into_variable())
                        }
                        other => other.clone(),
                    };
                }
            }
            Kind::And(parts) => return self.one_side(root, parts, Logic::And),
            Kind::Or(parts) => return self.one_side(root, parts, Logic::Or),
            Kind::Loop(details) => {
                if let Some(outcome) = self.each(details) {
                    return outcome;
                }
            }
            Kind::Call(call) if !self.known.strict => {
                if let Some(outcome) = self.lookup(call) {
                    return outcome;
                }
            }
            _ => {}
        }
        self.outcome(root, Asked::Truth)
    }

    /// If only one side is left, it is the whole.
    fn one_side(&self, root: &'a Node, parts: &'a [Node; 2], logic: Logic) -> Outcome<'a> {
        let [left, right] = parts;
        let is_neutral = |node: &'a Node| {
            let value = self.is_known(node).then(|| self.value(node));
            matches!(value, Some(Ok(V::Bool(value))) if value != logic.deciding())
        };
        if is_neutral(left) {
            self.condition(right)
        } else if is_neutral(right) {
            self.condition(left)
        } else {
            self.outcome(root, Asked::Truth)
        }
    }

    /// `all` or `exists` over a few known elements: one by one.
    fn each(&self, details: &'a Loop) -> Option<Outcome<'a>> {
        let Loop { kind, range, slot, second, body, .. } = details;
        let logic = match kind {
            LoopKind::All => Logic::And,
            LoopKind::Exists => Logic::Or,
            _ => return None,
        };
        let value = self.is_known(range).then(|| self.value(range))?.ok()?;
        let elements: Vec<(V<'a>, V<'a>)> = match (value.list(), value.entries()) {
            (Some(list), _) => {
                let index = |at| V::Int(i64::try_from(at).unwrap_or(i64::MAX));
                list.iter().enumerate().map(|(at, item)| (index(at), item)).collect()
            }
            (None, entries) => entries?.pairs(self.known.frame.arena).to_vec(),
        };
        let is_plain = |element: &(V<'a>, V<'a>)| is_json(element.0) && is_json(element.1);
        if !(1..=ELEMENTS).contains(&elements.len()) || !elements.iter().all(is_plain) {
            return None;
        }
        let outcomes: Vec<Outcome<'a>> = elements
            .into_iter()
            .map(|(key, element)| {
                match second {
                    Some(second) => {
                        self.bind(*slot, Binding::Known(key));
                        self.bind(*second, Binding::Known(element));
                    }
                    None if value.list().is_some() => self.bind(*slot, Binding::Known(element)),
                    None => self.bind(*slot, Binding::Known(key)),
                }
                self.truth(body)
            })
            .collect();
        self.unbind(*slot);
        second.iter().for_each(|second| self.unbind(*second));
        let mut outcomes = outcomes.into_iter().rev();
        let last = outcomes.next()?;
        Some(outcomes.fold(last, |rest, one| combine(logic, Asked::Truth, one, rest)))
    }

    fn lookup(&self, call: &'a Call) -> Option<Outcome<'a>> {
        let [left, right] = &*call.args else { return None };
        let (Lookup { map, key, field }, constant) = match call.group.name {
            "_==_" | "_!=_" | "_<_" | "_<=_" | "_>_" | "_>=_" => (Lookup::find(left)?, right),
            "@in" => (Lookup::find(right)?, left),
            _ => return None,
        };
        if !self.is_known(map) || !self.is_known(constant) || self.is_known(key) {
            return None;
        }
        let constant = self.value(constant).ok()?;
        let mut entries = self.value(map).ok()?.entries()?.pairs(self.known.frame.arena).to_vec();
        let Outcome::Residual(key @ Operand::Variable(_)) = self.outcome(key, Asked::Value) else {
            return None;
        };
        if entries.is_empty() {
            return None;
        }
        let text = |value: &V<'a>| match value {
            V::String(text) => (*text).to_owned(),
            other => literal(*other).map(|operand| operand.to_string()).unwrap_or_default(),
        };
        entries.sort_by_cached_key(|(name, _)| text(name));
        let run = self.run();
        let holds = |value: V<'a>| {
            let value = match field {
                Some(field) => access::select(&run, value, field),
                None => Ok(value),
            };
            let args = match value {
                Ok(value) if call.group.name == "@in" => [constant, value],
                Ok(value) => [value, constant],
                Err(_fault) => return false,
            };
            let result = call.group.call(&Arguments {
                run: &run,
                only: call.only,
                args: &args,
                pattern: None,
            });
            matches!(result, Ok(V::Bool(true)))
        };
        let found = entries.iter().filter(|(_, value)| holds(*value));
        let terms = found.map(|(name, _)| {
            Some(Operand::expression(operator::EQ, vec![key.clone(), literal(*name)?]))
        });
        let terms = terms.collect::<Option<Vec<Operand>>>()?;
        if terms.len() > NESTED {
            return Some(Outcome::Residual(Operand::expression(operator::OR, terms)));
        }
        let mut terms = terms.into_iter().rev();
        let Some(last) = terms.next() else { return Some(Outcome::Known(V::Bool(false))) };
        let all = terms.fold(last, |rest, one| Operand::expression(operator::OR, vec![one, rest]));
        Some(Outcome::Residual(all))
    }
}
