//! Input that is made to exhaust whoever reads it: each is refused or answered within its bound, on the
//! stack of a worker. What is asserted is the exact error or answer, never a time.

use std::thread;

use portcullis::engine::{
    PolicyFile, PolicySet,
    cel::Globals,
    compile,
    model::{
        AuxData, CheckInput, Effect, Limits, Map, Options, Principal, Resource, SchemaEnforcement,
        Scope, Value,
    },
};
use serde_json::json;

/// What a worker of the server has.
const STACK: usize = 2 << 20;

fn on_a_workers_stack<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> T {
    thread::Builder::new().stack_size(STACK).spawn(run).unwrap().join().unwrap()
}

fn file(path: &str, text: impl Into<Vec<u8>>) -> PolicyFile {
    PolicyFile { path: path.to_owned(), bytes: text.into() }
}

fn options() -> Options {
    Options {
        strict_evaluation: true,
        schema_enforcement: SchemaEnforcement::Reject,
        ..Options::default()
    }
}

fn load(files: &[PolicyFile], limits: Limits) -> Result<PolicySet, String> {
    compile(files, &Options { limits, ..options() }, &Globals::default())
        .map_err(|errors| errors.iter().next().unwrap().message.clone())
}

/// A policy that allows where the expression holds.
fn policy(expression: &str) -> PolicyFile {
    let expression = serde_json::to_string(expression).unwrap();
    let text = format!(
        "apiVersion: api.cerbos.dev/v1\nresourcePolicy:\n  resource: doc\n  version: default\n  rules:\n  \
         - actions: [view]\n    roles: [user]\n    effect: EFFECT_ALLOW\n    condition:\n      match:\n        \
         expr: {expression}\n"
    );
    file("doc.yaml", text)
}

/// The answer: `allow`, `deny`, or why the condition has no value.
fn ask(policies: &PolicySet, attr: Value) -> String {
    let Value::Map(attr) = attr else { panic!("attributes are a map") };
    let version = "default".parse::<portcullis::engine::model::PolicyVersion>().unwrap();
    let principal = Principal {
        id: "u1".into(),
        roles: vec!["user".parse().unwrap()],
        policy_version: version.clone(),
        scope: Scope::unset(),
        attr: Map::default(),
    };
    let resource = Resource {
        kind: "doc".parse().unwrap(),
        id: "d1".into(),
        policy_version: version,
        scope: Scope::unset(),
        attr,
    };
    let output = policies.check(&CheckInput {
        principal: &principal,
        resource: &resource,
        actions: &["view".parse().unwrap()],
        aux_data: &AuxData::default(),
        now: "2024-05-06T07:08:09Z".parse().unwrap(),
    });
    if let Some(error) = output.evaluation_errors.first() {
        assert_eq!(output.actions[0].effect, Effect::Deny);
        return error.message.to_string();
    }
    if let Some(error) = output.validation_errors.first() {
        assert_eq!(output.actions[0].effect, Effect::Deny);
        return format!("{}: {}", error.path, error.message);
    }
    match output.actions[0].effect {
        Effect::Allow => "allow".to_owned(),
        Effect::Deny => "deny".to_owned(),
    }
}

/// What becomes of an expression: why it does not load, or its answer.
fn outcome(expression: String, attr: Value) -> String {
    on_a_workers_stack(move || match load(&[policy(&expression)], Limits::default()) {
        Ok(policies) => ask(&policies, attr),
        Err(message) => message,
    })
}

fn nested_list(depth: usize) -> Value {
    (0..depth).fold(Value::from(1.0), |inner, _| Value::from_iter([inner]))
}

fn nested_map(depth: usize) -> Value {
    (0..depth).fold(Value::from(1.0), |inner, _| Value::Map(Map::from_iter([("x", inner)])))
}

fn attr(name: &str, value: Value) -> Value {
    Value::Map(Map::from_iter([(name, value)]))
}

#[test]
fn probe() {
    let long = |unit: &str, between: &str, times| vec![unit; times].join(between);
    let none = || Value::Map(Map::default());
    let cases: Vec<(&str, String, Value)> = vec![
        ("&& long", long("R.id == 'd1'", " && ", 20_000), none()),
        ("&& 7000", long("R.id == 'd1'", "&&", 7_000), none()),
        ("&& short", long("true", "&&", 16_000), none()),
        ("|| attr", long("R.attr.a", "||", 10_000), none()),
        ("+", long("1", "+", 20_000), none()),
        ("+ str", long("R.id", "+", 20_000), none()),
        ("select", format!("R.attr{}", ".x".repeat(20_000)), none()),
        ("select?", format!("R.attr{}", ".?x".repeat(20_000)), none()),
        ("index", format!("R.attr{}", "['x']".repeat(19_000)), none()),
        ("[", "[".repeat(20_000), none()),
        ("[]", format!("{}{}", "[".repeat(20_000), "]".repeat(20_000)), none()),
        ("(", "(".repeat(20_000), none()),
        ("()", format!("{}true{}", "(".repeat(20_000), ")".repeat(20_000)), none()),
        ("{", "{1:".repeat(20_000), none()),
        ("!", format!("{}true", "!".repeat(20_000)), none()),
        ("! attr", format!("{}R.attr.x", "!".repeat(20_001)), none()),
        ("! 240 attr", format!("{}(R.id == 'd1')", "!(".repeat(120) + &")".repeat(0), ).replace("!(R", "!((R") , none()),
        ("-", format!("{}1 == 1", "-".repeat(20_000)), none()),
        ("- attr", format!("{}R.attr.x == 1.0", "-".repeat(20_000)), none()),
        ("ternary right", format!("{}true", "R.id == 'x' ? false : ".repeat(4_000)), none()),
        ("ternary middle", format!("{}true{}", "true ? ".repeat(9_000), " : false".repeat(9_000)), none()),
        ("ternary left", format!("{}true{}", "(".repeat(5_000), " ? true : false)".repeat(5_000)), none()),
        ("in", long("1", " in ", 20_000), none()),
        ("==", long("1", " == ", 20_000), none()),
        ("calls", format!("{}1{}", "dyn(".repeat(9_000), ")".repeat(9_000)), none()),
        ("methods", format!("R.id{} == 'x'", ".trim()".repeat(14_000)), none()),
        ("string", format!("'{}", "x".repeat(90_000)), none()),
        ("list of numbers", format!("7 in [{}]", long("1", ",", 49_990)), none()),
        ("million", format!("7 in [{}]", long("1", ",", 1_000_000)), none()),
        ("list of attr", format!("7 in [{}]", long("R.id", ",", 19_000)), none()),
        ("map", format!("{{{}}}.size() == 1", long("1:1", ",", 24_000)), none()),
        ("map attr", format!("{{{}}}.size() == 1", (0..9000).map(|i| format!("R.attr.x+{i}.0:1")).collect::<Vec<_>>().join(",")), attr("x", 1.0.into())),
        ("regex size", "R.id.matches('(?:[a-z]{1000}){1000}')".to_owned(), none()),
        ("regex size2", r"R.id.matches('(?:\\pL{30}){30}\\pL{900}\\pL{900}\\pL{900}\\pL{900}\\pL{900}\\pL{900}\\pL{900}\\pL{900}\\pL{900}\\pL{900}\\pL{900}\\pL{900}\\pL{900}\\pL{900}')".to_owned(), none()),
        ("regex nest", format!("R.id.matches('{}{}')", "(".repeat(20_000), ")".repeat(20_000)), none()),
        ("regex nest 999", format!("R.id.matches('{}a{}')", "(".repeat(998), ")".repeat(998)), none()),
        ("regex alternatives", format!("R.id.matches('{}')", long("a", "|", 40_000)), none()),
        ("regex stars", format!("R.id.matches('{}')", "a?".repeat(40_000)), none()),
        ("regex dyn size", r"R.id.matches(R.attr.x)".to_owned(), attr("x", r"(?:\pL{30}){30}".into())),
        ("regex dyn many", r"R.attr.l.exists(x, R.id.matches(R.attr.x + x))".to_owned(), Value::from(json!({"x": r"\pL{50}$", "l": (0..1000).map(|x| x.to_string()).collect::<Vec<_>>()}))),
        ("regex dyn long", r"R.id.matches(R.attr.x)".to_owned(), attr("x", "a".repeat(1<<20).into())),
        ("regex dyn nest", r"R.id.matches(R.attr.x)".to_owned(), attr("x", format!("{}a{}", "(".repeat(998), ")".repeat(998)).into())),
        ("regex dyn nest class", r"R.id.matches(R.attr.x)".to_owned(), attr("x", format!("{}a{}", "[".repeat(998), "]".repeat(998)).into())),
        ("regex dyn rep", r"R.id.matches(R.attr.x)".to_owned(), attr("x", format!("a{}", "{0,2}?".repeat(1000)).into())),
        ("regex time literal", r"R.attr.x.matches('[ab]*a[ab]{300}c')".to_owned(), attr("x", "ab".repeat(8_000).into())),
        ("regex time dyn", r"R.attr.x.matches(R.attr.p)".to_owned(), Value::from(json!({"x": "abba".repeat(4000), "p": "[ab]*a[ab]{300}c"}))),
        ("nested list ==", "R.attr.x == R.attr.x".to_owned(), attr("x", nested_list(1_000))),
        ("nested list in", "R.attr.x in [R.attr.x]".to_owned(), attr("x", nested_list(1_000))),
        ("nested map ==", "R.attr.x == R.attr.x".to_owned(), attr("x", nested_map(998))),
        ("nested map string", "'%s'.format([R.attr.x]).size() > 0".to_owned(), attr("x", nested_map(1_000))),
        ("nested flatten", "R.attr.x.flatten(2000).size() > 0".to_owned(), attr("x", nested_list(1_000))),
        ("nested json", "json.encode(R.attr.x).size() > 0".to_owned(), attr("x", nested_list(1_000))),
        ("nested distinct", "[R.attr.x, R.attr.x].distinct().size() == 1".to_owned(), attr("x", nested_list(1_000))),
        ("nested sets", "sets.contains([R.attr.x], [R.attr.x])".to_owned(), attr("x", nested_list(1_000))),
        ("nested 5000 ==", "R.attr.x == R.attr.x".to_owned(), attr("x", nested_list(5_000))),
        ("loops", "R.attr.l.all(a, R.attr.l.all(b, R.attr.l.all(c, R.attr.l.all(d, true))))".to_owned(), attr("l", (0..1000).map(|x| Value::from(f64::from(x))).collect())),
        ("maps", "R.attr.l.map(a, R.attr.l.map(b, R.attr.l.map(c, R.attr.l.map(d, [a,b,c,d])))).size() > 0".to_owned(), attr("l", (0..1000).map(|x| Value::from(f64::from(x))).collect())),
        ("range", "lists.range(1000000).map(x, lists.range(1000000)).size() > 0".to_owned(), none()),
        ("replace", "R.attr.x.replace('', R.attr.x).replace('', R.attr.x).size() > 0".to_owned(), attr("x", "x".repeat(100_000).into())),
        ("extract quadratic", r"regex.extractAll(R.attr.x, '.*[^A-Z]|[A-Z]').size() > 0".to_owned(), attr("x", "A".repeat(100_000).into())),
        ("join", "R.attr.l.join(R.attr.x).size() > 0".to_owned(), Value::from(json!({"l": vec![""; 10_000], "x": "x".repeat(100_000)}))),
        ("format width", "'%.999999999f'.format([1.0]).size() > 0".to_owned(), none()),
    ];
    for (name, expression, attr) in cases {
        let started = std::time::Instant::now();
        eprintln!("{name} ...");
        let outcome = outcome(expression, attr);
        eprintln!("{name:16} {:?}: {}", started.elapsed(), outcome.chars().rev().take(160).collect::<Vec<_>>().into_iter().rev().collect::<String>());
    }
}
