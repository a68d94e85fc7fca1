//! Validation, where it depends on the type of the value: objects, lists, texts and numbers.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::format;
use super::message;
use super::node::{
    Additional, Contains, Dependency, Encoding, Items, ListRules, MediaType, Node, ObjectRules,
};
use super::number::Decimal;
use super::path::Path;
use super::validate::{Excess, Run, Unseen};

// === impl Run ===

impl Run<'_> {
    pub(super) fn object(
        &mut self,
        rules: &ObjectRules,
        (value, members): (&Value, &Map<String, Value>),
        path: &Path<'_>,
        unseen: &mut Unseen,
    ) -> Result<(), Excess> {
        let count = members.len();
        if let Some(least) = rules.least.filter(|least| count < *least) {
            self.fail(path, || {
                format!("minimum {least} properties allowed, but found {count} properties")
            })?;
        }
        if let Some(most) = rules.most.filter(|most| count > *most) {
            self.fail(path, || {
                format!("maximum {most} properties allowed, but found {count} properties")
            })?;
        }
        self.pay(rules.required.len() + rules.properties.len())?;
        let missing = || rules.required.iter().filter(|name| !members.contains_key(&***name));
        if missing().next().is_some() {
            self.fail(path, || message::missing(missing()))?;
        }
        self.properties(rules, members, path, unseen)?;
        for (name, dependency) in &rules.dependencies {
            if !members.contains_key(&**name) {
                continue;
            }
            match dependency {
                Dependency::Schema(id) => {
                    self.in_place(*id, value, path, unseen)?;
                }
                Dependency::Names(others) => {
                    for other in others.iter().filter(|other| !members.contains_key(&***other)) {
                        self.fail(path, || message::dependency(other, name))?;
                    }
                }
            }
        }
        Ok(())
    }

    fn properties(
        &mut self,
        rules: &ObjectRules,
        members: &Map<String, Value>,
        path: &Path<'_>,
        unseen: &mut Unseen,
    ) -> Result<(), Excess> {
        for ((name, value), unseen) in members.iter().zip(unseen.iter_mut()) {
            let named = rules.properties.binary_search_by(|(known, _)| (**known).cmp(name));
            if let Some((_, id)) = named.ok().and_then(|at| rules.properties.get(at)) {
                *unseen = false;
                self.apply(*id, value, &path.member(name))?;
            }
        }
        if let Some(id) = rules.names {
            for name in members.keys() {
                self.apply(id, &Value::from(name.as_str()), &path.member(name))?;
            }
        }
        for (pattern, id) in &rules.patterns {
            for ((name, value), unseen) in members.iter().zip(unseen.iter_mut()) {
                self.pay(pattern.steps(name))?;
                if pattern.fits(name) {
                    *unseen = false;
                    self.apply(*id, value, &path.member(name))?;
                }
            }
        }
        let mut left =
            members.iter().zip(&*unseen).filter(|(_, is)| **is).map(|(member, _)| member);
        match rules.additional {
            None => return Ok(()),
            Some(Additional::Allowed) => {}
            Some(Additional::Forbidden) => {
                let names: Vec<&String> = left.map(|(name, _)| name).collect();
                if !names.is_empty() {
                    self.fail(path, || message::additional(&names))?;
                }
            }
            Some(Additional::Schema(id)) => left.try_for_each(|(name, value)| {
                self.apply(id, value, &path.member(name)).map(|_| ())
            })?,
        }
        unseen.fill(false);
        Ok(())
    }

    pub(super) fn list(
        &mut self,
        rules: &ListRules,
        items: &[Value],
        path: &Path<'_>,
        unseen: &mut Unseen,
    ) -> Result<(), Excess> {
        let count = items.len();
        if let Some(least) = rules.least.filter(|least| count < *least) {
            self.fail(path, || format!("minimum {least} items required, but found {count} items"))?;
        }
        if let Some(most) = rules.most.filter(|most| count > *most) {
            self.fail(path, || format!("maximum {most} items required, but found {count} items"))?;
        }
        if rules.is_unique {
            self.unique(items, path)?;
        }
        match &rules.items {
            Items::Any => {}
            Items::Each(id) => {
                for (at, item) in items.iter().enumerate() {
                    self.apply(*id, item, &path.item(at))?;
                }
                unseen.fill(false);
            }
            Items::First(first, rest) => {
                for ((at, item), unseen) in items.iter().enumerate().zip(unseen.iter_mut()) {
                    let id = match (first.get(at), rest) {
                        (Some(id), _) | (None, Some(Additional::Schema(id))) => *id,
                        (None, _) => break,
                    };
                    *unseen = false;
                    self.apply(id, item, &path.item(at))?;
                }
                match rest {
                    Some(Additional::Allowed) => unseen.fill(false),
                    Some(Additional::Forbidden) if count > first.len() => {
                        let most = first.len();
                        self.fail(path, || {
                            format!("only {most} items are allowed, but found {count} items")
                        })?;
                    }
                    _ => {}
                }
            }
        }
        match &rules.contains {
            Some(contains) => self.contains(contains, items, path, unseen),
            None => Ok(()),
        }
    }

    /// Says which items are equal first: one pair, as a list may have very many.
    fn unique(&mut self, items: &[Value], path: &Path<'_>) -> Result<(), Excess> {
        let mut known: HashMap<String, usize> = HashMap::new();
        for (at, item) in items.iter().enumerate() {
            // Names of members are sorted, and numbers are doubles, so equal values have one text.
            let text = item.to_string();
            self.pay(1 + text.len() / 16)?;
            if let Some(before) = known.get(&text) {
                return self.fail(path, || format!("items at index {before} and {at} are equal"));
            }
            known.insert(text, at);
        }
        Ok(())
    }

    fn contains(
        &mut self,
        contains: &Contains,
        items: &[Value],
        path: &Path<'_>,
        unseen: &mut Unseen,
    ) -> Result<(), Excess> {
        let start = self.mark();
        let mut count = 0_usize;
        for ((at, item), unseen) in items.iter().enumerate().zip(unseen.iter_mut()) {
            let mark = self.mark();
            self.apply(contains.schema, item, &path.item(at))?;
            if !self.has_failed_since(mark) {
                count += 1;
                *unseen &= !contains.evaluates;
            }
        }
        match contains.least {
            // What the items lack has been said, if there are any.
            Some(least) if count < least && self.has_failed_since(start) => {}
            Some(least) if count < least => {
                self.fail(path, || format!("valid must be >= {least}, but got {count}"))?;
            }
            _ => self.take_back(start),
        }
        match contains.most {
            Some(most) if count > most => {
                self.fail(path, || format!("valid must be <= {most}, but got {count}"))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn text(&mut self, node: &Node, text: &str, path: &Path<'_>) -> Result<(), Excess> {
        let Some(rules) = &node.text else { return Ok(()) };
        self.pay(text.len() / 16)?;
        if rules.least.is_some() || rules.most.is_some() {
            let length = text.chars().count();
            if let Some(least) = rules.least.filter(|least| length < *least) {
                self.fail(path, || format!("length must be >= {least}, but got {length}"))?;
            }
            if let Some(most) = rules.most.filter(|most| length > *most) {
                self.fail(path, || format!("length must be <= {most}, but got {length}"))?;
            }
        }
        if let Some((written, pattern)) = &rules.pattern {
            self.pay(pattern.steps(text))?;
            if !pattern.fits(text) {
                self.fail(path, || message::pattern(written))?;
            }
        }
        let content = match rules.encoding {
            None => Some(text.as_bytes().to_vec()),
            Some(Encoding::Base64) => format::base64(text),
        };
        let Some(content) = content else {
            return self.fail(path, || "value is not base64 encoded".to_owned());
        };
        match rules.media_type {
            Some(MediaType::Json) if !format::is_json(&content) => {
                self.fail(path, || "value is not of mediatype 'application/json'".to_owned())
            }
            _ => Ok(()),
        }
    }

    pub(super) fn number(
        &mut self,
        node: &Node,
        number: f64,
        path: &Path<'_>,
    ) -> Result<(), Excess> {
        let Some(rules) = &node.number else { return Ok(()) };
        for (sign, bound, holds) in [
            (">=", rules.least, rules.least.is_none_or(|bound| number >= bound)),
            (">", rules.above, rules.above.is_none_or(|bound| number > bound)),
            ("<=", rules.most, rules.most.is_none_or(|bound| number <= bound)),
            ("<", rules.below, rules.below.is_none_or(|bound| number < bound)),
        ] {
            if !holds {
                self.fail(path, || message::bound(sign, bound.unwrap_or_default(), number))?;
            }
        }
        if let Some((unit, decimal)) = rules.multiple_of
            && !Decimal::new(number).is_some_and(|number| number.is_multiple_of(decimal))
        {
            self.fail(path, || message::multiple(number, unit))?;
        }
        Ok(())
    }
}
