//! Random suites over random policies: `portcullis test` beside `cerbos compile`.
//!
//! What suites expect is what our engine says, apart from what is made wrong on purpose: so some pass,
//! some fail and some cannot be read, and both must agree on which.

use std::{collections::BTreeMap, fmt, fs, path::Path};

use fastrand::Rng;
use portcullis::{
    engine::{
        self, PolicyFile,
        cel::Globals,
        model::{Effect, Options, OutputEntry, OutputValue, SchemaEnforcement},
    },
    suite::{self, Filter, Outcome, ResourceResult, Settings, TestResult},
};
use serde_json::{Map as JsonMap, Value as Json, json};

use super::{
    policy::{self, ACTIONS},
    random::Dice,
    scene::Scene,
};
use crate::{
    tools,
    verdicts::{self, Said},
};

/// Suites over the same policies: a start of Cerbos takes as long as many of them.
const TOGETHER: usize = 8;
/// Principals and resources that a suite has.
const FIXTURES: usize = 3;

#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) suites: usize,
    passed: usize,
    failed: usize,
    errored: usize,
    skipped: usize,
    /// Directories that neither compiles.
    refused: usize,
    /// Directories that do not count, by what is known of them.
    left_out: BTreeMap<&'static str, usize>,
}

/// Runs until `count` suites were compared; what differs.
pub(super) fn run(dice: &mut Rng, count: usize, most: usize) -> (Tally, Vec<String>) {
    let mut tally = Tally::default();
    let mut found = Vec::new();
    while tally.suites < count && found.len() < most {
        let folder = tempfile::tempdir().unwrap();
        let files = directory(dice);
        verdicts::write(&files, folder.path());
        let flags = flags(dice);
        let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
        let ours = verdicts::ours(folder.path(), &flags);
        let theirs = verdicts::theirs(folder.path(), &flags);
        if let Some(name) = known(&ours, &theirs) {
            *tally.left_out.entry(name).or_default() += 1;
            continue;
        }
        let different = verdicts::differences(&ours, &theirs);
        if !different.is_empty() {
            let kept = keep(folder.path(), found.len());
            found.push(format!("{flags:?} in {kept}:\n{}", different.join("\n")));
        }
        tally.add(&ours);
    }
    (tally, found)
}

/// Why the two end in different ways, where it is a difference that stays: docs/compatibility.md.
fn known(ours: &Said, theirs: &Said) -> Option<&'static str> {
    let because = |text: &str| theirs.error.contains(text);
    match (ours.code, theirs.code) {
        (Some(0 | 4), Some(1)) if because("google.protobuf.Value.number_value: invalid") => {
            Some("a number that Cerbos cannot print")
        }
        (Some(3), Some(1)) if because("failed to create rule table from loader") => {
            Some("policies that Cerbos refuses when it makes their programs")
        }
        _ => None,
    }
}

fn keep(folder: &Path, number: usize) -> String {
    let kept = tools::root().join(format!("target/conformance/suites-{number}"));
    // A run before this one may have left its own.
    let _absent = fs::remove_dir_all(&kept);
    fs::create_dir_all(kept.parent().unwrap()).unwrap();
    let copied = std::process::Command::new("cp").arg("-r").args([folder, &kept]).status();
    assert!(copied.unwrap().success());
    kept.display().to_string()
}

fn flags(dice: &mut Rng) -> Vec<String> {
    let mut flags = vec!["-o".to_owned(), "json".to_owned()];
    let mut add = |flag: String, percent| {
        if dice.percent(percent) {
            flags.push(flag);
        }
    };
    add("--skip-batching".to_owned(), 15);
    add("--strict-evaluation".to_owned(), 15);
    add("--ignore-schemas".to_owned(), 10);
    add("--run=t[01]".to_owned(), 5);
    let filters = [
        "suite=s*",
        "test=t0",
        "principal=p[!1]",
        "resource=r?,resource=g*",
        "action=view;principal=p0",
        r"action=v*\,e*",
        "suite=s1;test=t1,action=*",
    ];
    if dice.percent(25) {
        flags.push(format!("--test-filter={}", dice.pick(&filters)));
    }
    flags
}

/// Policies, suites and shared fixtures.
fn directory(dice: &mut Rng) -> Vec<(String, String)> {
    let scene = policy::directory(dice, 1, TOGETHER * FIXTURES);
    let mut files: Vec<(String, String)> =
        scene.texts().map(|(path, text)| (path.to_owned(), text)).collect();
    let folders = ["", "sub/"];
    for folder in folders {
        if dice.percent(70) {
            files.extend(shared(dice, &scene, folder));
        }
    }
    let suites: Vec<(String, Json)> = (0..TOGETHER)
        .map(|number| {
            let extension = dice.pick(&["yaml", "yml", "json", "YAML"]);
            let folder = dice.pick(&folders);
            (format!("{folder}s{number}_test.{extension}"), draft(dice, &scene, number))
        })
        .collect();
    let suites = expecting(dice, &files, suites);
    for (path, mut suite) in suites {
        if dice.percent(25) {
            break_it(dice, &mut suite);
        }
        files.push((path, serde_json::to_string_pretty(&suite).unwrap()));
    }
    files
}

/// Fixtures of a folder, of which suites know some keys.
fn shared(dice: &mut Rng, scene: &Scene, folder: &str) -> Vec<(String, String)> {
    let mut principals = json!({ "principals": fixtures(dice, scene, "principal", "p", 2) });
    principals["principalGroups"] = json!({ "gp": { "principals": ["p0", "p1"] } });
    let mut resources = json!({ "resources": fixtures(dice, scene, "resource", "r", 2) });
    resources["resourceGroups"] = json!({ "gr": { "resources": ["r1", "r0"] } });
    let aux_data = json!({ "auxData": { "token": { "jwt": { "org": "acme", "tier": 2 } } } });
    for file in [&mut principals, &mut resources] {
        if dice.percent(5) {
            break_it(dice, file);
        }
    }
    [("principals.yaml", principals), ("resources.json", resources), ("auxdata.yml", aux_data)]
        .into_iter()
        .map(|(name, file)| (format!("{folder}testdata/{name}"), file.to_string()))
        .collect()
}

fn fixtures(dice: &mut Rng, scene: &Scene, what: &str, key: &str, count: usize) -> Json {
    let fixtures = (0..count).map(|number| {
        let question = dice.pick(&scene.questions).to_json();
        (format!("{key}{number}"), question[what].clone())
    });
    Json::Object(fixtures.collect())
}

/// A suite that expects nothing but denials.
fn draft(dice: &mut Rng, scene: &Scene, number: usize) -> Json {
    let claims = scene.questions.iter().find_map(|question| question.claims.clone());
    let mut suite = json!({
        "name": format!("s{number}"),
        "principals": fixtures(dice, scene, "principal", "p", FIXTURES),
        "resources": fixtures(dice, scene, "resource", "r", FIXTURES),
        "auxData": { "token": { "jwt": claims.unwrap_or_default() } },
        "principalGroups": { "g": { "principals": ["p2", "p0"] } },
        "resourceGroups": { "g": { "resources": ["r2", "r1"] } },
    });
    let mut add = |name: &str, value: Json, percent| {
        if dice.percent(percent) {
            suite[name] = value;
        }
    };
    add("description", "what it is about".into(), 20);
    add("skip", true.into(), 5);
    add("skipReason", "not now".into(), 10);
    let terms = options(dice, scene);
    if dice.percent(85) {
        suite["options"] = terms;
    }
    let tests: Vec<Json> = (0..dice.usize(1..4)).map(|number| test(dice, scene, number)).collect();
    suite["tests"] = tests.into();
    suite
}

fn options(dice: &mut Rng, scene: &Scene) -> Json {
    let settings = &scene.settings;
    let mut options = json!({ "globals": settings.globals });
    let now = *dice.pick(&["2024-05-14T07:30:00Z", "2031-01-01T00:00:00.25+02:00"]);
    let mut add = |name: &str, value: Json, percent| {
        if dice.percent(percent) {
            options[name] = value;
        }
    };
    add("now", now.into(), 85);
    add("defaultScope", settings.default_scope.clone().into(), 70);
    add("lenientScopeSearch", settings.lenient_scope_search.into(), 70);
    add("strictEvaluation", settings.strict_evaluation.into(), 70);
    if let Some(version) = &settings.default_policy_version {
        add("defaultPolicyVersion", version.clone().into(), 70);
    }
    options
}

fn test(dice: &mut Rng, scene: &Scene, number: usize) -> Json {
    let mut actions = dice.some(&ACTIONS, 50);
    if actions.is_empty() {
        actions.push("view");
    }
    dice.shuffle(&mut actions);
    let mut input = json!({ "actions": actions });
    for (names, groups, key) in
        [("principals", "principalGroups", "p"), ("resources", "resourceGroups", "r")]
    {
        let mut keys: Vec<String> = (0..FIXTURES).map(|number| format!("{key}{number}")).collect();
        dice.shuffle(&mut keys);
        keys.truncate(dice.usize(1..=FIXTURES));
        let with_group = dice.percent(30);
        if !with_group || dice.percent(50) {
            input[names] = json!(keys);
        }
        if with_group {
            input[groups] = json!(["g"]);
        }
    }
    if dice.percent(60) {
        input["auxData"] = "token".into();
    }
    let mut test = json!({ "name": format!("t{number}"), "input": input });
    if dice.percent(10) {
        test["skip"] = dice.percent(80).into();
        test["skipReason"] = "later".into();
    }
    if dice.percent(15) {
        test["options"] = options(dice, scene);
    }
    test
}

/// The suites with expectations that are mostly right.
fn expecting(
    dice: &mut Rng,
    files: &[(String, String)],
    mut suites: Vec<(String, Json)>,
) -> Vec<(String, Json)> {
    let options = Options { schema_enforcement: SchemaEnforcement::Reject, ..Options::default() };
    let file = |(path, text): &(String, String)| PolicyFile {
        path: path.clone(),
        bytes: text.clone().into_bytes(),
    };
    let policies: Vec<PolicyFile> = files.iter().map(file).collect();
    let Ok(mut set) = engine::compile(&policies, &options, &Globals::default()) else {
        return suites;
    };
    let settings = Settings {
        filter: Filter::default(),
        one_by_one: false,
        strict: false,
        schema_enforcement: SchemaEnforcement::Reject,
    };
    // The first answers tell effects, the second ones outputs.
    for is_last in [false, true] {
        for (path, suite) in &mut suites {
            let mut asked = policies.clone();
            let mut all = suite.clone();
            all["skip"] = false.into();
            for test in all["tests"].as_array_mut().unwrap() {
                test["skip"] = false.into();
                if !is_last {
                    test["expected"] = json!([{
                        "principal": any_key(test, "principals"),
                        "resource": any_key(test, "resources"),
                        "actions": { (first_action(test)): "EFFECT_DENY" },
                    }]);
                }
            }
            asked.push(file(&(path.clone(), all.to_string())));
            let (run, _) = suite::run(&mut set, &asked, &settings);
            let results = &run.suites[0].tests;
            let tests = suite["tests"].as_array_mut().unwrap();
            for (at, test) in tests.iter_mut().enumerate() {
                let result = results.get(at);
                test["expected"] = expectations(dice, test, result, is_last).into();
            }
        }
    }
    suites
}

fn first_action(test: &Json) -> &str {
    test["input"]["actions"][0].as_str().unwrap()
}

/// A key that a test has, be it by a group.
fn any_key(test: &Json, names: &str) -> Json {
    let first = &test["input"][names][0];
    if first.is_string() { first.clone() } else { json!(format!("{}2", names.split_at(1).0)) }
}

fn expectations(
    dice: &mut Rng,
    test: &Json,
    result: Option<&TestResult>,
    is_last: bool,
) -> Vec<Json> {
    let mut entries = Vec::new();
    for principal in result.iter().flat_map(|result| &result.principals) {
        for resource in &principal.resources {
            entries.extend(of_pair(dice, (&*principal.key, resource), is_last));
        }
    }
    if entries.is_empty() {
        entries.push(json!({
            "principal": any_key(test, "principals"),
            "resource": any_key(test, "resources"),
            "actions": { (first_action(test)): "EFFECT_DENY" },
        }));
    }
    entries
}

fn of_pair(
    dice: &mut Rng,
    (principal, resource): (&str, &ResourceResult),
    is_last: bool,
) -> Vec<Json> {
    let mut effects = JsonMap::new();
    let mut outputs = Vec::new();
    for result in &resource.actions {
        let (effect, entries) = match &result.outcome {
            Outcome::Passed { effect, outputs } => (*effect, outputs.clone()),
            Outcome::Failed { actual, .. } => (*actual, Vec::new()),
            Outcome::Errored(_) | Outcome::Skipped { .. } => (Effect::Deny, Vec::new()),
        };
        let is_denied = effect == Effect::Deny;
        // What is not expected to be allowed is expected to be denied.
        if is_denied && is_last && entries.is_empty() && dice.percent(30) {
            continue;
        }
        let is_wrong = is_last && dice.percent(2);
        let name = if is_denied == is_wrong { "EFFECT_ALLOW" } else { "EFFECT_DENY" };
        effects.insert(result.action.to_string(), name.into());
        if !is_last {
            continue;
        }
        let expected = expected_outputs(dice, &entries);
        if !expected.is_empty() {
            outputs.push(json!({ "action": result.action.as_str(), "expected": expected }));
        }
    }
    if effects.is_empty() {
        return Vec::new();
    }
    let entry = |effects: JsonMap<String, Json>, outputs: Vec<Json>| {
        let mut entry =
            json!({ "principal": principal, "resources": [&*resource.key], "actions": effects });
        if !outputs.is_empty() {
            entry["outputs"] = outputs.into();
        }
        entry
    };
    if effects.len() > 1 && dice.percent(20) {
        let (left, right): (Vec<_>, Vec<_>) =
            effects.into_iter().enumerate().partition(|(at, _)| at % 2 == 0);
        let half = |half: Vec<(usize, (String, Json))>| half.into_iter().map(|(_, one)| one);
        return vec![
            entry(half(left).collect(), outputs),
            entry(half(right).collect(), Vec::new()),
        ];
    }
    vec![entry(effects, outputs)]
}

fn expected_outputs(dice: &mut Rng, entries: &[OutputEntry]) -> Vec<Json> {
    let mut expected: Vec<Json> = Vec::new();
    for entry in entries {
        // Which of several is the last one is decided by the order of a map in Cerbos.
        if entries.iter().any(|other| other.src == entry.src && other.value != entry.value) {
            continue;
        }
        let value = match &entry.value {
            OutputValue::Value(value) => value.to_json(),
            OutputValue::Error(_) if dice.percent(90) => continue,
            OutputValue::Error(_) => Json::Null,
        };
        let is_wrong = dice.percent(4);
        let value = if is_wrong { json!({ "else": value }) } else { value };
        if dice.percent(60) {
            expected.push(json!({ "src": entry.src, "val": value }));
        }
    }
    if dice.percent(1) {
        expected.push(json!({ "src": "nowhere", "val": 1 }));
    }
    expected
}

/// Makes one change somewhere, after which a suite may mean something else, or nothing.
fn break_it(dice: &mut Rng, json: &mut Json) {
    let count = json.as_object().map_or(0, JsonMap::len) + json.as_array().map_or(0, Vec::len);
    let deeper = count > 0 && dice.percent(75);
    match json {
        Json::Object(members) if deeper => {
            let at = dice.usize(0..members.len());
            break_it(dice, members.values_mut().nth(at).unwrap());
        }
        Json::Array(items) if deeper => {
            let at = dice.usize(0..items.len());
            break_it(dice, &mut items[at]);
        }
        Json::Object(members) if !members.is_empty() => {
            let name = members.keys().nth(dice.usize(0..members.len())).unwrap().clone();
            match dice.u32(0..3) {
                0 => drop(members.remove(&name)),
                1 => drop(members.insert("foo".to_owned(), 1.into())),
                _ => {
                    let value = members.remove(&name).unwrap();
                    members.insert(format!("{name}x"), value);
                }
            }
        }
        Json::Array(items) if !items.is_empty() => {
            let at = dice.usize(0..items.len());
            if dice.percent(50) {
                items.push(items[at].clone());
            } else {
                items.remove(at);
            }
        }
        other => {
            *other = dice
                .pick(&[
                    json!(null),
                    json!(""),
                    json!(5),
                    json!(true),
                    json!([]),
                    json!({}),
                    json!("p1"),
                    json!(["p1"]),
                ])
                .clone();
        }
    }
}

// === impl Tally ===

impl Tally {
    fn add(&mut self, said: &Said) {
        let suites = said.results["suites"].as_array();
        if suites.is_none() {
            self.refused += 1;
        }
        for suite in suites.into_iter().flatten() {
            self.suites += 1;
            match suite["summary"]["overallResult"].as_str() {
                Some("RESULT_PASSED") => self.passed += 1,
                Some("RESULT_FAILED") => self.failed += 1,
                Some("RESULT_ERRORED") => self.errored += 1,
                _ => self.skipped += 1,
            }
        }
    }

    /// What a run of some size must have met.
    pub(super) fn missing(&self) -> Vec<&'static str> {
        let least = self.suites / 20;
        let Self { passed, failed, errored, .. } = *self;
        let met = [("passed", passed), ("failed", failed), ("errored", errored)];
        met.into_iter().filter(|(_, count)| *count <= least).map(|(name, _)| name).collect()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { suites, passed, failed, errored, skipped, refused, left_out } = self;
        write!(
            f,
            "{suites} suites: {passed} passed, {failed} failed, {errored} errored, {skipped} skipped; \
             {refused} directories refused; left out {left_out:?}"
        )
    }
}
