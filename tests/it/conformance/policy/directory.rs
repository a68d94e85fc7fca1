//! A directory of several sets, the settings of the engine, and questions about it.

use std::collections::BTreeMap;

use fastrand::Rng;
use portcullis::engine::model::{PolicyVersion, Principal, Resource, SchemaEnforcement, Scope};
use serde_json::{Map as JsonMap, Value as Json, json};

use super::{
    blocks::ACTIONS,
    set::{Common, Maker, Set, root_permissions},
};
use crate::conformance::{
    questions,
    random::Dice,
    scene::{Question, Scene, Settings},
};

/// A random directory with this many sets, and this many questions about each of them.
pub(crate) fn directory(dice: &mut Rng, sets: usize, each: usize) -> Scene {
    let common = Common { root: root_permissions(dice), strict: dice.percent(25) };
    let mut files = BTreeMap::new();
    let mut written = 0;
    let sets: Vec<Set> = (0..sets)
        .map(|number| Maker::new(dice, &mut files, &mut written, number, common).make())
        .collect();
    let settings = settings(dice, &sets, common);
    let mut questions = Vec::new();
    for set in &sets {
        questions.extend((0..each).map(|_| question(dice, set, &settings)));
    }
    Scene { files, settings, questions }
}

fn settings(dice: &mut Rng, sets: &[Set], common: Common) -> Settings {
    Settings {
        default_policy_version: dice.percent(10).then(|| "v2".to_owned()),
        default_scope: match sets[0].scopes.last() {
            Some(scope) if dice.percent(10) => scope.clone(),
            _ => String::new(),
        },
        lenient_scope_search: dice.percent(35),
        strict_evaluation: common.strict,
        schema_enforcement: *dice.pick(&[
            SchemaEnforcement::None,
            SchemaEnforcement::None,
            SchemaEnforcement::Warn,
            SchemaEnforcement::Reject,
        ]),
        globals: globals(dice),
    }
}

/// `on`, `limit` and `org`, which conditions read whether or not they are there.
fn globals(dice: &mut Rng) -> JsonMap<String, Json> {
    let all = [("on", json!(true)), ("limit", json!(3)), ("org", json!("acme"))];
    all.into_iter().filter(|_| dice.percent(60)).map(|(name, value)| (name.into(), value)).collect()
}

fn question(dice: &mut Rng, set: &Set, settings: &Settings) -> Question {
    let resource_scope = scope(dice, set);
    let principal_scope = if dice.percent(50) { resource_scope.clone() } else { scope(dice, set) };
    let mut actions = dice.some(&ACTIONS, 55);
    if actions.is_empty() {
        actions.push("view");
    }
    dice.shuffle(&mut actions);
    Question {
        principal: Principal {
            id: principal(dice, set).into(),
            roles: roles(dice, set).iter().map(|role| role.parse().unwrap()).collect(),
            policy_version: version(dice, settings),
            scope: principal_scope,
            attr: questions::attributes(dice),
        },
        resource: Resource {
            kind: kind(dice, set).parse().unwrap(),
            id: (*dice.pick(&["1", "2", "alice"])).into(),
            policy_version: version(dice, settings),
            scope: resource_scope,
            attr: questions::attributes(dice),
        },
        actions: actions.iter().map(|action| action.parse().unwrap()).collect(),
        claims: questions::claims(dice),
    }
}

fn principal(dice: &mut Rng, set: &Set) -> String {
    let id = dice.pick(&set.principals).clone();
    // Another id that would have the same key.
    if dice.percent(3) { id.replace(['@', '-'], "_") } else { id }
}

fn kind(dice: &mut Rng, set: &Set) -> String {
    let kind = dice.pick(&set.kinds).clone();
    match dice.u32(0..40) {
        0 => "unknown".to_owned(),
        1 => kind.replace(['-', ':'], "_"),
        2 => kind.replace('-', "/"),
        _ => kind,
    }
}

fn roles(dice: &mut Rng, set: &Set) -> Vec<String> {
    let mut roles: Vec<&str> = dice.some(&["user", "admin", "manager"], 40);
    roles.extend(dice.some(&["peer", "other", "nobody"], 5));
    let mut roles: Vec<String> = roles.into_iter().map(str::to_owned).collect();
    if dice.percent(35) {
        roles.extend(dice.some(&set.sub_roles, 60));
    }
    if roles.is_empty() {
        roles.push("user".to_owned());
    }
    dice.shuffle(&mut roles);
    roles
}

/// Most policies have the version `default`, whatever the default is.
fn version(dice: &mut Rng, settings: &Settings) -> PolicyVersion {
    if settings.default_policy_version.is_some() && dice.percent(60) {
        return "default".parse().unwrap();
    }
    match dice.u32(0..20) {
        0 => "v2".parse().unwrap(),
        1..4 => "default".parse().unwrap(),
        _ => PolicyVersion::unset(),
    }
}

fn scope(dice: &mut Rng, set: &Set) -> Scope {
    let last = set.scopes.last().unwrap();
    let scope = match dice.u32(0..30) {
        0 => ".".to_owned(),
        1 => "nowhere".to_owned(),
        2 => format!("{last}.zz"),
        3 => "s0.a".to_owned(),
        _ => dice.pick(&set.scopes).clone(),
    };
    scope.parse().unwrap_or_else(|_| Scope::unset())
}
