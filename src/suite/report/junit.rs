//! Results as the XML of `JUnit`, in the form that Cerbos gives it.

use super::Detail;
use super::words;
use crate::engine::model::OutputValue;
use crate::suite::verdict::{ActionResult, Outcome, OutputFailure, Run, SuiteResult, Verdict, Why};

/// An element.
struct Element {
    name: &'static str,
    attributes: Vec<(&'static str, String)>,
    content: Content,
}

enum Content {
    Elements(Vec<Element>),
    Text(String),
    /// As it is, apart from the mark of its own end.
    Data(String),
}

/// What is counted of one suite or of all.
#[derive(Clone, Copy, Default)]
struct Counts {
    errors: usize,
    failures: usize,
    skipped: usize,
    tests: usize,
}

#[must_use]
pub fn junit(run: &Run, detail: Detail) -> String {
    let tally = run.tally();
    let suites_that = |verdict| {
        let suites = run.suites.iter().filter(|suite| suite.verdict() == Some(verdict));
        suites.count()
    };
    // Cerbos counts a suite beside its cases.
    let counts = Counts {
        errors: suites_that(Verdict::Errored) + tally.errored,
        failures: tally.failed,
        skipped: suites_that(Verdict::Skipped) + tally.skipped,
        tests: tally.total(),
    };
    let suites = run.suites.iter().map(|one| suite(one, detail)).collect();
    let root = Element::new("testsuites", counts.attributes(), suites);
    let mut text = String::new();
    root.write("", &mut text);
    text
}

fn suite(suite: &SuiteResult, detail: Detail) -> Element {
    let mut attributes = Vec::new();
    if !suite.description.is_empty() {
        attributes.push(("description", suite.description.to_string()));
    }
    attributes.push(("name", suite.name.to_string()));
    attributes.push(("file", suite.file.clone()));
    let properties = Element::new("properties", Vec::new(), Vec::new());
    let mut counts = Counts { tests: suite.tally().total(), ..Counts::default() };
    let mut below = Vec::new();
    if suite.verdict() == Some(Verdict::Errored) {
        counts.errors = 1;
        let kind = vec![("type", "RESULT_ERRORED".to_owned())];
        below.push(Element::text("error", kind, suite.error.clone().unwrap_or_default()));
        below.push(properties);
    } else if suite.is_skipped {
        counts.skipped = 1;
        if detail == Detail::Verbose {
            let message = vec![("message", "This test suite was skipped".to_owned())];
            below.push(Element::new("skipped", message, Vec::new()));
        }
        below.push(properties);
    } else {
        let of =
            |verdict| suite.actions().filter(|result| result.outcome.verdict() == verdict).count();
        counts.failures = of(Verdict::Failed);
        counts.skipped = of(Verdict::Skipped);
        below.push(properties);
        below.extend(cases(suite));
    }
    attributes.extend(counts.attributes());
    Element::new("testsuite", attributes, below)
}

fn cases(suite: &SuiteResult) -> Vec<Element> {
    let mut cases = Vec::new();
    for test in &suite.tests {
        for principal in &test.principals {
            for resource in &principal.resources {
                for result in &resource.actions {
                    let keys = [&*principal.key, &*resource.key, result.action.as_str()];
                    cases.push(case((&suite.file, &test.name), keys, result));
                }
            }
        }
    }
    cases
}

fn case((file, test): (&str, &str), keys: [&str; 3], result: &ActionResult) -> Element {
    let properties = ["principal", "resource", "action"].into_iter().zip(keys);
    let properties = properties.map(|(name, value)| {
        let attributes = vec![("name", name.to_owned()), ("value", value.to_owned())];
        Element::new("property", attributes, Vec::new())
    });
    // Cerbos writes the value of a property as text.
    let properties = properties.map(|mut property| {
        let value = property.attributes.pop();
        property.content = Content::Text(value.map(|(_, value)| value).unwrap_or_default());
        property
    });
    let properties = Element::new("properties", Vec::new(), properties.collect());
    let attributes =
        vec![("file", file.to_owned()), ("classname", keys.join(".")), ("name", test.to_owned())];
    Element::new("testcase", attributes, vec![outcome(&result.outcome), properties])
}

fn outcome(outcome: &Outcome) -> Element {
    match outcome {
        Outcome::Passed { effect, outputs } => {
            let outputs = outputs.iter().map(|output| {
                let value = actual(&output.value);
                output_element(&output.src, value.clone(), value)
            });
            let effect = words::effect(*effect);
            let below = with_effects(outputs.collect(), effect, effect);
            Element::new("success", vec![("type", "RESULT_PASSED".to_owned())], below)
        }
        Outcome::Failed { expected, actual, outputs, why: _ } => {
            let what = if outputs.is_empty() { "Effect" } else { "Output" };
            let attributes = vec![
                ("type", "RESULT_FAILED".to_owned()),
                ("message", format!("{what} expectation unsatisfied")),
            ];
            let outputs = outputs.iter().map(failed_output).collect();
            let effects = (words::effect(*actual), words::effect(*expected));
            Element::new("failure", attributes, with_effects(outputs, effects.0, effects.1))
        }
        // A suite with one of these is told as a whole.
        Outcome::Errored(error) => {
            let kind = vec![("type", "RESULT_ERRORED".to_owned())];
            Element::text("error", kind, error.clone())
        }
        Outcome::Skipped { .. } => {
            let message = vec![("message", "This test was skipped".to_owned())];
            Element::new("skipped", message, Vec::new())
        }
    }
}

fn with_effects(outputs: Vec<Element>, actual: &str, expected: &str) -> Vec<Element> {
    let mut below = Vec::new();
    if !outputs.is_empty() {
        below.push(Element::new("outputs", Vec::new(), outputs));
    }
    below.push(Element::text("actual", Vec::new(), actual.to_owned()));
    below.push(Element::text("expected", Vec::new(), expected.to_owned()));
    below
}

fn failed_output(failure: &OutputFailure) -> Element {
    let OutputFailure { source, expected, why } = failure;
    let expected = expected.as_ref().map_or("null".to_owned(), |value| value.to_json().to_string());
    let actual = match why {
        Why::Missing => String::new(),
        Why::Mismatched(value) => value.to_json().to_string(),
        Why::Failed(message) => failed(message),
    };
    output_element(source, expected, actual)
}

fn actual(value: &OutputValue) -> String {
    match value {
        OutputValue::Value(value) => value.to_json().to_string(),
        OutputValue::Error(message) => failed(message),
    }
}

fn failed(message: &str) -> String {
    format!("Failed to evaluate output expression: {message}")
}

fn output_element(source: &str, expected: String, actual: String) -> Element {
    let data = |name, text: String| Element {
        name,
        attributes: Vec::new(),
        content: if text.is_empty() { Content::Text(text) } else { Content::Data(text) },
    };
    let below = vec![data("expected", expected), data("actual", actual)];
    Element::new("output", vec![("src", source.to_owned())], below)
}

// === impl Counts ===

impl Counts {
    fn attributes(self) -> Vec<(&'static str, String)> {
        let Self { errors, failures, skipped, tests } = self;
        let named =
            [("errors", errors), ("failures", failures), ("skipped", skipped), ("tests", tests)];
        named.into_iter().map(|(name, count)| (name, count.to_string())).collect()
    }
}

// === impl Element ===

impl Element {
    fn new(name: &'static str, attributes: Vec<(&'static str, String)>, below: Vec<Self>) -> Self {
        Self { name, attributes, content: Content::Elements(below) }
    }

    fn text(name: &'static str, attributes: Vec<(&'static str, String)>, text: String) -> Self {
        Self { name, attributes, content: Content::Text(text) }
    }

    /// Elements are some six deep.
    fn write(&self, indent: &str, to: &mut String) {
        to.extend([indent, "<", self.name]);
        for (name, value) in &self.attributes {
            to.extend([" ", name, "=\"", &escaped(value), "\""]);
        }
        to.push('>');
        match &self.content {
            Content::Elements(below) if below.is_empty() => {}
            Content::Elements(below) => {
                to.push('\n');
                below.iter().for_each(|element| element.write(&format!("{indent}  "), to));
                to.push_str(indent);
            }
            Content::Text(text) => to.push_str(&escaped(text)),
            Content::Data(text) => {
                let text = text.replace("]]>", "]]]]><![CDATA[>");
                to.extend(["<![CDATA[", &text, "]]>"]);
            }
        }
        to.extend(["</", self.name, ">\n"]);
    }
}

/// As Go's library writes it. What XML cannot hold is replaced.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&#34;"),
            '\'' => escaped.push_str("&#39;"),
            '\t' => escaped.push_str("&#x9;"),
            '\n' => escaped.push_str("&#xA;"),
            '\r' => escaped.push_str("&#xD;"),
            c if c.is_control() => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}
