//! Which checks a suite asks for, and what it expects of each: everything that can be wrong with a
//! suite is found here, before anything is evaluated.

use std::collections::BTreeSet;

use super::fixtures::{Lookup, Side};
use super::matching::{self, Expected};
use super::model::{Suite, Test};
use crate::engine::model::{AuxData, Principal, Resource};

/// A test, laid out.
pub(super) struct PlannedTest<'s> {
    pub(super) test: &'s Test,
    pub(super) aux_data: Option<&'s AuxData>,
    /// Principal by principal.
    pub(super) principals: Vec<(&'s str, Vec<PlannedCheck<'s>>)>,
}

/// One principal and one resource.
pub(super) struct PlannedCheck<'s> {
    pub(super) principal: &'s Principal,
    pub(super) key: &'s str,
    pub(super) resource: &'s Resource,
    pub(super) expected: Expected<'s>,
}

/// The tests of a suite; `None` if it is skipped.
///
/// # Errors
/// In the words of Cerbos, what is wrong with the suite.
pub(super) fn plan<'s>(
    suite: &'s Suite,
    lookup: Lookup<'s>,
) -> Result<Option<Vec<PlannedTest<'s>>>, String> {
    for (side, what) in [(Side::Principal, "principal"), (Side::Resource, "resource")] {
        if let Some(missing) = lookup.missing_member(side) {
            return Err(format!("Invalid {what} groups in test suite: {missing}"));
        }
    }
    if suite.skip.is_skipped {
        return Ok(None);
    }
    let mut names = BTreeSet::new();
    let twice = suite.tests.iter().filter(|test| !names.insert(&test.name));
    let twice = twice.map(|test| format!("another test named {} already exists", test.name));
    let twice: Vec<String> = twice.collect();
    if !twice.is_empty() {
        return Err(format!("Invalid test suite: {}", twice.join("; ")));
    }
    let tests = suite.tests.iter().map(|test| {
        planned(test, lookup).map_err(|why| {
            format!("Failed to load the test suite: invalid test {:?}: {why}", test.name)
        })
    });
    tests.collect::<Result<_, _>>().map(Some)
}

fn planned<'s>(test: &'s Test, lookup: Lookup<'s>) -> Result<PlannedTest<'s>, String> {
    let mut table = matching::table(test, lookup)?;
    let unknown = |group| format!("principal group {group:?} not found");
    let principal_keys = lookup.keys(Side::Principal, &test.principals).map_err(unknown)?;
    let resource_keys = lookup.keys(Side::Resource, &test.resources).map_err(unknown)?;
    let mut principals = Vec::new();
    let mut aux_data = None;
    for principal_key in principal_keys {
        let mut checks = Vec::new();
        for key in resource_keys.iter().copied() {
            let not_found = |what: &str, key: &str| format!("{what} {key:?} not found");
            let principal = lookup
                .principal(principal_key)
                .ok_or_else(|| not_found("principal", principal_key))?;
            let resource = lookup.resource(key).ok_or_else(|| not_found("resource", key))?;
            if let Some(key) = &test.aux_data {
                let found = lookup.aux_data(key).ok_or_else(|| not_found("auxData", key))?;
                aux_data = Some(found);
            }
            let expected = table.remove(&(principal_key, key)).unwrap_or_default();
            checks.push(PlannedCheck { principal, key, resource, expected });
        }
        principals.push((principal_key, checks));
    }
    if let Some(((principal, resource), _)) = table.first_key_value() {
        return Err(format!(
            "found an expectation for principal {principal:?} and resource {resource:?}, but at \
             least one of these is not present in input"
        ));
    }
    Ok(PlannedTest { test, aux_data, principals })
}
