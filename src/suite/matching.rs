//! What a test expects of each principal and resource.

use std::collections::{BTreeMap, BTreeSet};

use super::fixtures::{Lookup, Side};
use super::model::{Expectation, Test};
use crate::engine::model::{Effect, Value};

/// What is expected of one principal and one resource.
#[derive(Debug, Default)]
pub(super) struct Expected<'s> {
    pub(super) effects: BTreeMap<&'s str, Effect>,
    /// By action and source.
    pub(super) outputs: BTreeMap<&'s str, BTreeMap<&'s str, Option<&'s Value>>>,
}

/// By keys of principal and resource.
pub(super) type Table<'s> = BTreeMap<(&'s str, &'s str), Expected<'s>>;

/// Joins the expectations of a test.
///
/// # Errors
/// In the words of Cerbos, what contradicts or is about nothing in the input.
pub(super) fn table<'s>(test: &'s Test, lookup: Lookup<'s>) -> Result<Table<'s>, String> {
    let mut table = Table::new();
    for expectation in &test.expected {
        let unknown = |group| format!("principal group {group:?} not found");
        let principals = lookup.keys(Side::Principal, &expectation.principals).map_err(unknown)?;
        let resources = lookup.keys(Side::Resource, &expectation.resources).map_err(unknown)?;
        about_input(test, expectation)?;
        for principal in &principals {
            for resource in &resources {
                let expected = table.entry((*principal, *resource)).or_default();
                expected.add(expectation, principal, resource)?;
            }
        }
    }
    Ok(table)
}

/// Whether all actions are among those of the input.
fn about_input(test: &Test, expectation: &Expectation) -> Result<(), String> {
    let actions: BTreeSet<&str> = test.actions.iter().map(AsRef::as_ref).collect();
    let others = |names: Vec<&Box<str>>| {
        let others: Vec<&str> =
            names.into_iter().map(|name| &**name).filter(|name| !actions.contains(name)).collect();
        (!others.is_empty()).then(|| others.join(","))
    };
    if let Some(others) = others(expectation.effects.keys().collect()) {
        return Err(format!(
            "found expectations for actions that do not exist in the input actions list: [{others}]"
        ));
    }
    if let Some(others) = others(expectation.outputs.keys().collect()) {
        return Err(format!(
            "found output expectations for actions that are not in the input actions list: [{others}]"
        ));
    }
    Ok(())
}

// === impl Expected ===

impl<'s> Expected<'s> {
    fn add(
        &mut self,
        expectation: &'s Expectation,
        principal: &str,
        resource: &str,
    ) -> Result<(), String> {
        for (action, effect) in &expectation.effects {
            let known = self.effects.insert(action, *effect);
            if known.is_some_and(|known| known != *effect) {
                return Err(format!(
                    "found inconsistent expectations for principal {principal:?} performing action \
                     {action:?} on resource {resource:?}"
                ));
            }
        }
        for (action, outputs) in &expectation.outputs {
            let known = self.outputs.entry(action).or_default();
            for (source, value) in outputs {
                let value = value.as_ref();
                if known.insert(source, value).is_some_and(|known| known != value) {
                    return Err(format!(
                        "found inconsistent expectations for output {source:?} from principal \
                         {principal:?} performing action {action:?} on resource {resource:?}"
                    ));
                }
            }
        }
        Ok(())
    }
}
