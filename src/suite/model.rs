//! A suite as it is written.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::engine::model::{
    Action, AuxData, Effect, Map, PolicyVersion, Principal, Resource, Scope, Value,
};

#[derive(Debug, Default)]
pub(super) struct Suite {
    pub(super) name: Box<str>,
    pub(super) description: Box<str>,
    pub(super) skip: Skip,
    pub(super) options: TestOptions,
    pub(super) fixtures: Fixtures,
    pub(super) tests: Vec<Test>,
}

/// Whether something is left out, and why.
#[derive(Debug, Default)]
pub(super) struct Skip {
    pub(super) is_skipped: bool,
    pub(super) reason: Box<str>,
}

/// What tests name. The keys are not the ids.
#[derive(Debug, Default)]
pub(super) struct Fixtures {
    pub(super) principals: BTreeMap<Box<str>, Principal>,
    pub(super) resources: BTreeMap<Box<str>, Resource>,
    pub(super) aux_data: BTreeMap<Box<str>, AuxData>,
    pub(super) principal_groups: Groups,
    pub(super) resource_groups: Groups,
}

/// Group → members, in their order.
pub(super) type Groups = BTreeMap<Box<str>, Vec<Box<str>>>;

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct TestOptions {
    pub(super) now: Option<Timestamp>,
    pub(super) default_policy_version: Option<PolicyVersion>,
    pub(super) default_scope: Option<Scope>,
    pub(super) lenient_scope_search: bool,
    pub(super) strict_evaluation: bool,
    pub(super) globals: Map,
}

#[derive(Debug)]
pub(super) struct Test {
    pub(super) name: Box<str>,
    pub(super) skip: Skip,
    /// In place of those of the suite.
    pub(super) options: Option<TestOptions>,
    pub(super) principals: Named,
    pub(super) resources: Named,
    pub(super) actions: Vec<Action>,
    pub(super) aux_data: Option<Box<str>>,
    pub(super) expected: Vec<Expectation>,
}

/// Keys of fixtures, and of groups of them.
#[derive(Debug, Default)]
pub(super) struct Named {
    pub(super) keys: Vec<Box<str>>,
    pub(super) groups: Vec<Box<str>>,
}

#[derive(Debug)]
pub(super) struct Expectation {
    pub(super) principals: Named,
    pub(super) resources: Named,
    pub(super) effects: BTreeMap<Box<str>, Effect>,
    /// By action and source. Without a value, nothing is equal to it.
    pub(super) outputs: BTreeMap<Box<str>, BTreeMap<Box<str>, Option<Value>>>,
}
