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
        now_attributes: &[],
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

fn many(unit: &str, between: &str, times: usize) -> String {
    vec![unit; times].join(between)
}

fn nested(open: &str, inner: &str, close: &str, times: usize) -> String {
    format!("{}{inner}{}", open.repeat(times), close.repeat(times))
}

#[test]
fn expressions_that_are_long_or_deep_load_within_bounds_or_not_at_all() {
    let none = || Value::Map(Map::default());
    let deep = "max recursion depth exceeded";
    let levels = "expression recursion limit exceeded: 250";
    for (expression, expected) in [
        (many("R.id == 'd1'", "&&", 7_000), "allow"),
        (many("R.attr.a", "||", 10_000), "no such key: a"),
        (format!("{}(R.id == 'd1')", "!".repeat(20_000)), "allow"),
        (format!("7 in [{}]", many("1", ",", 10_000)), "deny"),
        (format!("{{{}}}.size() == 1", many("1:1", ",", 10_000)), "allow"),
        (many("1", "+", 20_000), deep),
        (many("R.id", "+", 20_000), deep),
        (many("1", " == ", 20_000), deep),
        (many("1", " in ", 20_000), deep),
        (format!("{}1 == 1", "-".repeat(20_000)), deep),
        (format!("R.attr{}", ".x".repeat(20_000)), deep),
        (format!("R.attr{}", ".?x".repeat(20_000)), deep),
        (format!("R.attr{}", "['x']".repeat(19_000)), deep),
        (format!("R.id{}", ".trim()".repeat(14_000)), deep),
        ("[".repeat(20_000), levels),
        ("{".repeat(20_000), levels),
        ("(".repeat(20_000), levels),
        ("[?".repeat(20_000), levels),
        (nested("[", "", "]", 20_000), levels),
        (nested("(", "true", ")", 20_000), levels),
        (nested("dyn(", "1", ")", 9_000), levels),
        (nested("(", "true", " ? true : false)", 5_000), levels),
        ("{1:".repeat(20_000), levels),
        (format!("{}true", "R.id == 'x' ? false : ".repeat(4_000)), levels),
    ] {
        let expected = if [deep, levels].contains(&expected) {
            format!("invalid expression of {} characters: {expected}", expression.chars().count())
        } else {
            expected.to_owned()
        };
        let start: String = expression.chars().take(20).collect();
        assert_eq!(outcome(expression, none()), expected, "{start}");
    }
    let million = format!("7 in [{}]", many("1", ",", 1_000_000));
    let message = "expression code point size exceeds limit: size: 2000006, limit 100000";
    let expected = format!("invalid expression of 2000006 characters: {message}");
    assert_eq!(outcome(million, none()), expected);
}

#[test]
fn patterns_that_are_large_or_slow_are_refused_or_counted() {
    let steps = "evaluation took more than 5000000 steps";
    let invalid = "invalid expression: invalid matches argument";
    let text = |text: String| Value::from(json!({ "x": text }));
    let with = |x: String, p: &str| Value::from(json!({ "x": x, "p": p }));
    let literal = |pattern: &str| format!("R.attr.x.matches('{pattern}')");
    let (dynamic, slow) = ("R.attr.x.matches(R.attr.p)".to_owned(), "[ab]*a[ab]{300}c");
    for (expression, attr, expected) in [
        (literal("(?:[a-z]{1000}){1000}"), text(String::new()), invalid),
        (literal(&nested("(", "", ")", 20_000)), text(String::new()), invalid),
        (literal(&nested("(", "a", ")", 998)), text("b".to_owned()), "deny"),
        (literal(&many("a", "|", 40_000)), text("b".to_owned()), "deny"),
        (literal(slow), text("abba".repeat(2_000)), "deny"),
        (literal(slow), text("abba".repeat(5_000_000)), steps),
        (dynamic.clone(), with("abba".repeat(2_000), slow), "deny"),
        (dynamic.clone(), with("abba".repeat(400_000), slow), steps),
        (
            dynamic.clone(),
            with("a".to_owned(), "(?:\\pL{30}){30}"),
            "error parsing regexp: expression too large: `(?:\\pL{30}){30}`",
        ),
        (dynamic.clone(), with("b".to_owned(), &nested("(", "a", ")", 998)), "deny"),
        (dynamic, with("b".to_owned(), &"a".repeat(1 << 20)), steps),
        // Compiling takes steps, whether anything comes of it or not.
        (
            "lists.range(1000).exists(i, 'a'.matches(R.attr.x + string(i)))".to_owned(),
            text("\\pL{50}$".to_owned()),
            steps,
        ),
        // Each search reads all that is left and then matches one character.
        (
            "regex.extractAll(R.attr.x, '.*[^A-Z]|[A-Z]') == []".to_owned(),
            text("A".repeat(100_000)),
            steps,
        ),
        (
            "regex.replace(R.attr.x, '.*[^A-Z]|[A-Z]', '') == ''".to_owned(),
            text("A".repeat(100_000)),
            steps,
        ),
    ] {
        let start: String = expression.chars().take(60).collect();
        assert_eq!(outcome(expression, attr), expected, "{start}");
    }
}

#[test]
fn patterns_of_a_policy_set_have_a_bound_together() {
    let limits = Limits { policy_pattern_bytes: 1 << 20, ..Limits::default() };
    let of = |patterns: usize| {
        let patterns: Vec<String> =
            (0..patterns).map(|at| format!("R.id.matches('[a-c]{{900}}{at}')")).collect();
        load(&[policy(&patterns.join(" || "))], limits).err()
    };
    assert_eq!(of(2), None);
    let message = "the patterns up to here take more than 1048576 bytes, compiled";
    assert_eq!(of(200).as_deref(), Some(message));
}

#[test]
fn attributes_and_loops_stay_within_the_limits() {
    let steps = "evaluation took more than 5000000 steps";
    let memory = "evaluation took more than 67108864 bytes of memory";
    let deep = "value is nested too deep";
    let numbers = || attr("x", (0..1000).map(|x| Value::from(f64::from(x))).collect());
    for (expression, attr, expected) in [
        ("R.attr.x == R.attr.x", attr("x", nested_list(1_000)), deep),
        ("R.attr.x == R.attr.x", attr("x", nested_map(1_000)), deep),
        ("R.attr.x in [R.attr.x]", attr("x", nested_list(1_000)), "deny"),
        ("'%s'.format([R.attr.x]) == ''", attr("x", nested_map(1_000)), deep),
        ("json.encode(R.attr.x) == ''", attr("x", nested_list(1_000)), deep),
        ("R.attr.x.flatten(2000).size() == 1", attr("x", nested_list(1_000)), "allow"),
        (
            "R.attr.x.all(a, R.attr.x.all(b, R.attr.x.all(c, R.attr.x.all(d, true))))",
            numbers(),
            steps,
        ),
        (
            "R.attr.x.map(a, R.attr.x.map(b, R.attr.x.map(c, [a, b, c]))).size() > 0",
            numbers(),
            memory,
        ),
        ("lists.range(1000000).map(x, lists.range(1000000)).size() > 0", numbers(), memory),
        (
            "R.attr.x.replace('', R.attr.x).replace('', R.attr.x) == ''",
            attr("x", "x".repeat(100_000).into()),
            steps,
        ),
    ] {
        assert_eq!(outcome(expression.to_owned(), attr), expected, "{expression}");
    }
}

/// What becomes of a schema of the resource.
fn outcome_of_schema(schema: String, attr: Value) -> String {
    let text = "apiVersion: api.cerbos.dev/v1\nresourcePolicy: {resource: doc, version: default, schemas: \
                {resourceSchema: {ref: \"cerbos:///s.json\"}}, rules: [{actions: [view], roles: [user], \
                effect: EFFECT_ALLOW}]}\n";
    on_a_workers_stack(move || {
        match load(&[file("doc.yaml", text), file("_schemas/s.json", schema)], Limits::default()) {
            Ok(policies) => ask(&policies, attr),
            Err(message) => message,
        }
    })
}

#[test]
fn references_of_schemas_that_are_long_or_circular_end() {
    let chain = |length: usize, link: fn(usize) -> String| {
        let definitions: Vec<String> =
            (0..length).map(|at| format!("\"d{at}\": {}", link(at + 1))).collect();
        let definitions = definitions.join(",");
        format!(
            "{{\"$defs\": {{{definitions}, \"d{length}\": {{\"type\": \"number\"}}}}, \"$ref\": \"#/$defs/d0\"}}"
        )
    };
    let plain = |to| format!("{{\"$ref\": \"#/$defs/d{to}\"}}");
    let below = |to| format!("{{\"properties\": {{\"x\": {{\"$ref\": \"#/$defs/d{to}\"}}}}}}");
    let circular = |place: &str| {
        format!(
            "the schema `cerbos:///s.json` cannot be used: `cerbos:///s.json#{place}` refers to itself and says nothing"
        )
    };
    let pair = "{\"$defs\": {\"a\": {\"$ref\": \"#/$defs/b\"}, \"b\": {\"allOf\": [{\"$ref\": \"#/$defs/a\"}]}}, \"$ref\": \"#/$defs/a\"}";
    let wide: Vec<String> =
        (0..20_000).map(|at| format!("\"p{at}\": {{\"type\": \"string\"}}")).collect();
    let wide = format!("{{\"properties\": {{{}}}}}", wide.join(","));
    let one = || attr("x", 1.0.into());
    let recursive = "{\"properties\": {\"x\": {\"$ref\": \"#\"}}}";
    let branches = |keyword: &str| {
        let branch = |name: &str| {
            format!(
                "{{\"properties\": {{\"x\": {{\"$ref\": \"#\"}}}}, \"required\": [\"{name}\"]}}"
            )
        };
        format!("{{\"{keyword}\": [{}, {}]}}", branch("a"), branch("b"))
    };
    let deep = "/: more than 500 schemas apply within each other".to_owned();
    let spent = "/: evaluation took more than 5000000 steps".to_owned();
    for (schema, attr, expected) in [
        ("{\"$ref\": \"#\"}".to_owned(), one(), circular("")),
        (pair.to_owned(), one(), circular("/$defs/a")),
        (chain(200, plain), one(), "/: expected number, but got object".to_owned()),
        (chain(10_000, plain), one(), circular("/$defs/d255")),
        (chain(3_000, below), attr("x", nested_map(200)), "allow".to_owned()),
        (chain(3_000, below), attr("x", nested_map(1_000)), deep.clone()),
        (recursive.to_owned(), attr("x", nested_map(200)), "allow".to_owned()),
        (recursive.to_owned(), attr("x", nested_map(1_000)), deep),
        // Each of its two branches asks for the same again, so that the answer takes 2^n visits.
        (branches("anyOf"), attr("x", nested_map(24)), spent.clone()),
        (branches("allOf"), attr("x", nested_map(24)), spent.clone()),
        (branches("oneOf"), attr("x", nested_map(24)), spent),
        (wide, one(), "allow".to_owned()),
    ] {
        let start: String = schema.chars().take(60).collect();
        assert_eq!(outcome_of_schema(schema, attr), expected, "{start}");
    }
}

#[test]
fn files_that_are_large_or_deep_are_refused_or_read() {
    let rule = "    - {actions: [view], roles: [user], effect: EFFECT_ALLOW}\n";
    let large = format!(
        "apiVersion: api.cerbos.dev/v1\nresourcePolicy:\n  resource: doc\n  version: default\n  rules:\n{rule}{}",
        format!("# {}\n", "x".repeat(1_000)).repeat(10_500)
    );
    let deep = "nested more than 192 deep";
    let bomb: String = (1..20)
        .map(|at| format!("a{at}: &a{at} [{}]\n", many(&format!("*a{}", at - 1), ",", 10)))
        .collect();
    for (path, text, expected) in [
        ("doc.yaml", large, None),
        ("doc.yaml", "x".repeat(17 << 20), Some("the file is larger than 16777216 bytes")),
        ("doc.yaml", nested("a: [", "", "]", 10_000), Some(deep)),
        ("doc.yaml", "[".repeat(1_000_000), Some(deep)),
        ("doc.yaml", "- ".repeat(10_000), Some(deep)),
        ("doc.json", nested("{\"a\":", "1", "}", 10_000), Some(deep)),
        ("doc.json", nested("[", "", "]", 10_000), Some(deep)),
        (
            "doc.yaml",
            format!("a0: &a0 [x,x,x]\n{bomb}"),
            Some("more than 2000000 values, aliases counted"),
        ),
    ] {
        let start: String = text.chars().take(20).collect();
        let loaded = on_a_workers_stack(move || load(&[file(path, text)], Limits::default()).err());
        let expected = expected.map(|why| format!("not valid YAML: {why}"));
        assert_eq!(loaded, expected, "{path}: {start}");
    }
}
