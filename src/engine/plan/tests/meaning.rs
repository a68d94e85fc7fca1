//! What a filter says of a resource is what a check says of it, form by form.

use serde_json::{Value as Json, json};

use crate::engine::cel::Globals;
use crate::engine::model::{
    Action, AuxData, CheckInput, Effect, Map, Options, Principal, Resource, Value,
};
use crate::engine::plan::{PlanInput, PlannedResource};
use crate::engine::policy::{PolicyFile, PolicySet, compile};

/// Each of them holds for the resource, and depends on it.
const HOLDING: &[&str] = &[
    // `ip` with and without a receiver.
    r#"[dyn(ip("127.0.0.1")), R.attr.n2].size() == 2"#,
    r#"cidr(R.attr.net).ip() == ip("10.0.0.0") && ip(R.attr.addr).isLoopback()"#,
    // One name for several kinds of values.
    "R.attr.s1.size() == 5 && size(R.attr.s1) == 5 && [R.attr.s1].size() == 1",
    "hierarchy(R.attr.s1).size() == 1",
    // Optionals.
    r#"optional.of(R.attr.s1).hasValue() && optional.of(R.attr.s1).orValue("x") == "alice""#,
    r#"{?"a": optional.of(R.attr.s1)}.size() == 1 && [?R.attr.?s1, 2].size() == 2"#,
    r#"R.attr.?zz.hasValue() == false && R.attr[?"s1"].optMap(x, x + "a").value() == "alicea""#,
    r#"R.attr.?zz.or(R.attr.?s1).value() == "alice""#,
    // Macros.
    "[2, 1].sortBy(x, R.attr.n2)[0] == 2",
    r#"cel.bind(x, R.attr.s1, x == "alice" && x != "b")"#,
    r#"[{"y": 1}].exists(t, cel.bind(x, R.attr.b1 ? t.y : 0, [1, 2].exists(t, t == x)))"#,
    r#"[{"y": 2}].exists(t, cel.bind(x, R.attr.b1 ? t.y : 0, [1].all(t, t != x)))"#,
    r#"[R.attr.n2].exists(t, [R.attr.s1].exists(t, t == "alice"))"#,
    r#"{"a": R.attr.s1}.transformMapEntry(k, v, {v: k}).alice == "a""#,
    r#"{"a": R.attr.s1}.transformMap(k, v, v != "b", v).a == "alice""#,
    "[R.attr.n2].map(t, t < 0.0, P.attr.n2) == [3.0]",
    "[R.attr.n2].map(t, t < 0.0, [t, t]) == [[-1.5, -1.5]]",
    "[R.attr.n2].exists(u, [1.0].map(t, t > 0.0, u) == [-1.5])",
    "[R.attr.n2].transformList(i, v, i == 0, v * 2.0) == [-3.0]",
    r#"{"a": R.attr.s1}.existsOne(k, v, k == "a" && v == "alice")"#,
    // What is there.
    "has(R.attr.s1) && !has(R.attr.zz) && !has(R.attr.m.zz) && has(R.attr.m.a)",
    "!has(R.attr.zz.y) || R.attr.b1",
    // Operators, and the types of constants.
    "R.attr.n2 + P.attr.n2 > 0.0 && -R.attr.n2 == 1.5 && 2.0 * R.attr.n2 == -3.0",
    "R.attr.n2 / 2 == 1 || R.attr.b1",
    r#"R.attr.n2 in [R.attr.n2] && R.attr.s1 in {"alice": 1, "b": 2} && !(R.attr.s1 in [])"#,
    r#"(R.attr.b1 ? P.attr.b1 : P.attr.b2) && (R.attr.b1 ? R.id : P.id) == "1""#,
    "type(R.attr.s1) == string && type(type(R.attr.n2)) == type",
    r#"{"alice": {"n": 5}}[R.attr.s1].n > 4"#,
    r#"bytes(R.attr.s1) == b"alice""#,
    // Functions, times among them.
    r#"R.attr.s1.matches("^al.*e$") && matches(R.attr.s1, P.attr.s1)"#,
    r#"hasIntersection([R.attr.s1], P.attr.l) && [R.attr.s1].intersect(P.attr.l) == ["alice"]"#,
    r#"timestamp("2024-01-01T00:00:00.123456789+05:30") > timestamp(R.attr.at)"#,
    r#"timestamp(R.attr.at).getHours("Asia/Kolkata") == 5 && now() > timestamp(R.attr.at)"#,
    r#"duration("1.5s") < duration(R.attr.b1 ? "2s" : "")"#,
    r#""%s-%d".format([R.attr.s1, 5]) == "alice-5" && math.greatest(R.attr.n2, 1, 2) == 2"#,
    // Failures that do not matter.
    r#"R.attr.b1 || R.attr.zz == 1 || P.attr.zz == 1"#,
    "R.attr.b1 || R.attr.s1",
];

fn map(json: &Json) -> Map {
    match Value::from(json.clone()) {
        Value::Map(map) => map,
        _ => Map::default(),
    }
}

/// Allows `is` where the expression holds, and `is_not` where its negation does.
fn policies(expression: &str) -> PolicySet {
    let rule = |action: &str, expression: String| {
        json!({
            "actions": [action], "effect": "EFFECT_ALLOW", "roles": ["*"],
            "condition": { "match": { "expr": expression } },
        })
    };
    let rules = [rule("is", expression.to_owned()), rule("is_not", format!("!({expression})"))];
    let policy = json!({
        "apiVersion": "api.cerbos.dev/v1",
        "resourcePolicy": { "resource": "doc", "version": "default", "rules": rules },
    });
    let file = PolicyFile { path: "doc.json".to_owned(), bytes: policy.to_string().into_bytes() };
    compile(&[file], &Options::default(), &Globals::default())
        .unwrap_or_else(|errors| panic!("{expression}: {errors}"))
}

#[test]
fn filters_of_all_forms_mean_what_checks_say() {
    let principal = Principal {
        id: "p1".into(),
        roles: vec!["user".parse().unwrap()],
        policy_version: "".parse().unwrap(),
        scope: "".parse().unwrap(),
        attr: map(&json!({ "n2": 3, "b1": true, "b2": false, "s1": "a", "l": ["alice", "b"] })),
    };
    let attr = json!({
        "b1": true, "n2": -1.5, "s1": "alice", "m": { "a": 1 }, "net": "10.0.0.0/8",
        "addr": "127.0.0.1", "at": "2020-01-01T00:00:00Z",
    });
    let [kind, policy_version, scope] = ["doc", "", ""];
    let planned = PlannedResource {
        kind: kind.parse().unwrap(),
        policy_version: policy_version.parse().unwrap(),
        scope: scope.parse().unwrap(),
        attr: Map::default(),
    };
    let PlannedResource { kind, policy_version, scope, .. } = planned.clone();
    let resource = Resource { kind, id: "1".into(), policy_version, scope, attr: map(&attr) };
    let aux_data = AuxData::default();
    let now = "2024-01-01T00:00:00Z".parse().unwrap();
    for expression in HOLDING {
        let policies = policies(expression);
        for (name, wanted) in [("is", true), ("is_not", false)] {
            let actions: [Action; 1] = [name.parse().unwrap()];
            let (principal, aux_data) = (&principal, &aux_data);
            let asked =
                PlanInput { principal, resource: &planned, actions: &actions, aux_data, now };
            let filter = policies.plan(&asked).filter;
            let input = CheckInput {
                principal,
                resource: &resource,
                actions: &actions,
                aux_data,
                now,
                now_attributes: &[],
            };
            let allowed = policies.check(&input).actions[0].effect == Effect::Allow;
            assert_eq!(allowed, wanted, "{name} {expression}");
            assert_eq!(policies.admits(&filter, &input), allowed, "{name} {expression}: {filter}");
        }
    }
}
