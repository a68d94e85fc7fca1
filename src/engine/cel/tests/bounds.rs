//! No expression and no input makes an evaluation exhaust the stack, the memory or the time.

use super::environment::Environment;
use crate::engine::cel::{Issue, Names, compile};
use crate::engine::model::Limits;

fn refusal(expression: &str) -> Option<String> {
    let issues = compile(expression, &Names::default()).err()?;
    let [Issue::Invalid { message, .. }] = issues.as_slice() else {
        panic!("one issue, not {issues:?}")
    };
    Some(message.clone())
}

fn nested(open: &str, close: &str, times: usize) -> String {
    format!("{}1{}", open.repeat(times), close.repeat(times))
}

#[test]
fn nesting_has_a_limit() {
    let limit = Some("expression recursion limit exceeded: 250".to_owned());
    for (open, close) in
        [("(", ")"), ("[", "]"), ("dyn(", ")"), ("{1: ", "}"), ("true ? 1 : (", ")")]
    {
        let step = if open.contains('?') { 2 } else { 1 };
        assert_eq!(refusal(&nested(open, close, 248 / step)), None, "{open}");
        assert_eq!(refusal(&nested(open, close, 250 / step)), limit, "{open}");
        assert_eq!(refusal(&nested(open, close, 7_000)), limit, "{open}");
    }
    assert_eq!(refusal(&format!("{}1", "true ? 1 : ".repeat(400))), limit);
}

#[test]
fn chains_have_a_limit() {
    let limit = Some("max recursion depth exceeded".to_owned());
    let sum = |terms: usize| format!("1{}", " + 1".repeat(terms - 1));
    let path = |fields: usize| format!("P.attr{}", ".a".repeat(fields));
    let index = |times: usize| format!("P.attr{}", "[P.id]".repeat(times));
    assert_eq!(refusal(&sum(251)), None);
    assert_eq!(refusal(&sum(252)), limit);
    assert_eq!(refusal(&sum(20_000)), limit);
    assert_eq!(refusal(&path(249)), None);
    assert_eq!(refusal(&path(250)), limit);
    assert_eq!(refusal(&path(30_000)), limit);
    assert_eq!(refusal(&index(249)), None);
    assert_eq!(refusal(&index(250)), limit);
}

#[test]
fn chains_of_logic_may_be_long() {
    let chain = |operator: &str| vec!["R.id == P.id"; 3_000].join(operator);
    assert_eq!(refusal(&chain(" && ")), None);
    assert_eq!(refusal(&chain(" || ")), None);
    assert_eq!(refusal(&format!("{}P.attr.a", "!".repeat(1_000))), None);
}

#[test]
fn a_text_has_a_limit() {
    let text = format!("'{}'", "é".repeat(99_998));
    assert_eq!(refusal(&text), None);
    let longer = format!("'{}'", "é".repeat(99_999));
    let limit = "expression code point size exceeds limit: size: 100001, limit 100000";
    assert_eq!(refusal(&longer).as_deref(), Some(limit));
}

#[test]
fn evaluation_ends_when_its_steps_are_used_up() {
    let range = "lists.range(1000)";
    let exhausting = [
        format!("{range}.all(a, {range}.all(b, {range}.all(c, {range}.all(d, a + b + c + d >= 0))))"),
        format!("{range}.map(a, {range}.map(b, {range}.map(c, a + b + c))).size() > 0"),
        "lists.range(30).map(i, 'x').map(x, lists.range(1000000).map(i, x)).size() > 0".to_owned(),
        // A failure for want of steps is not made up for.
        format!("{range}.all(a, {range}.all(b, {range}.all(c, P.attr.yes))) || true == P.attr.yes"),
        "lists.range(28).map(i, 1).map(i, P.attr.dept).join('').size() > 0 && \
         cel.bind(a, 'aaaaaaaaaaaaaaaa'.replace('', '0123456789012345'), cel.bind(b, a.replace('', a), \
         cel.bind(c, b.replace('', b), c.replace('', c).size() > 0)))"
            .to_owned(),
    ];
    let environment = Environment::read();
    for expression in exhausting {
        let compiled = compile(&expression, &environment.names).unwrap();
        let outcome =
            environment.within(&Limits::default(), &compiled, |frame| compiled.holds(frame));
        let failure = outcome.unwrap_err().to_string();
        assert!(failure.starts_with("evaluation took more than "), "{failure}: {expression}");
    }
}
