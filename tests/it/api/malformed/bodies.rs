//! Bodies that are wrong in one place: every value of a good one taken away, exchanged or doubled, and
//! text that is no JSON, or not quite.

use serde_json::{Value as Json, json};

/// A body and what is wrong with it.
#[derive(Clone, Debug)]
pub(super) struct Body {
    pub(super) kind: String,
    pub(super) bytes: Vec<u8>,
}

/// A step towards a value: a member of an object, or an item of a list.
#[derive(Clone, Debug)]
enum Step {
    Member(String),
    Item(usize),
}

/// Stands in a body for bytes that cannot be written as JSON.
const HOLE: &str = "a hole in the body";

/// Where a text is exchanged: what stands within its quotes.
const TEXTS: [(&str, &[u8]); 10] = [
    ("a lone surrogate", br"\ud800"),
    ("the wrong half of a surrogate pair", br"\udc00\ud800"),
    ("an escape that is none", br"\x41"),
    ("half an escape", br"\u00"),
    ("a control character", b"a\tb"),
    ("NUL", br"a\u0000b"),
    ("bad UTF-8", b"\xff\xfe"),
    ("an overlong slash", b"\xc0\xaf"),
    ("a surrogate in UTF-8", b"\xed\xa0\x80"),
    ("a character that is cut off", b"\xe2\x82"),
];

/// In the place of any value.
const VALUES: [(&str, &[u8]); 17] = [
    ("null", b"null"),
    ("true", b"true"),
    ("a number", b"5"),
    ("a huge number", b"1e999"),
    ("a number of many digits", b"12345678901234567890123456789012345678901234567890"),
    ("a fraction", b"-0.5e-3"),
    ("a text", b"\"x\""),
    ("an empty text", b"\"\""),
    ("a number as a text", b"\"5\""),
    ("a list", b"[]"),
    ("a list of null", b"[null]"),
    ("a list of texts", b"[\"x\",\"x\"]"),
    ("a list of lists", b"[[]]"),
    ("an object", b"{}"),
    ("an object with a nameless member", b"{\"\":1}"),
    ("an object with a foreign member", b"{\"bogus\":1}"),
    ("a word", b"NaN"),
];

/// In the place of the whole body.
const TEXT: [(&str, &[u8]); 34] = [
    ("nothing", b""),
    ("blanks", b" \t\r\n"),
    ("a byte order mark", b"\xef\xbb\xbf{}"),
    ("UTF-16", b"{\x00}\x00"),
    ("a form", b"principal=p&resources=r"),
    ("XML", b"<a/>"),
    ("gzip", b"\x1f\x8b\x08\x00\x00"),
    ("YAML", b"principal: {}"),
    ("an open brace", b"{"),
    ("an open bracket", b"["),
    ("an open quote", b"\""),
    ("a closed brace", b"}"),
    ("a name alone", b"{\"a\"}"),
    ("a name without quotes", b"{a:1}"),
    ("single quotes", b"{'a':1}"),
    ("no colon", b"{\"a\" 1}"),
    ("two colons", b"{\"a\"::1}"),
    ("no value", b"{\"a\":}"),
    ("a comma at the end", b"{\"requestId\":\"x\",}"),
    ("a comma in front", b"{,\"requestId\":\"x\"}"),
    ("two commas", b"{\"requestId\":\"x\",,\"a\":1}"),
    ("no comma", b"{\"requestId\":\"x\" \"a\":1}"),
    ("a comment", b"{/* x */}"),
    ("a zero in front", b"{\"requestId\":01}"),
    ("a sign in front", b"{\"requestId\":+1}"),
    ("a point at the end", b"{\"requestId\":1.}"),
    ("an exponent of nothing", b"{\"requestId\":1e}"),
    ("hexadecimal", b"{\"requestId\":0x1}"),
    ("Infinity", b"{\"requestId\":Infinity}"),
    ("half a word", b"{\"requestId\":tru}"),
    ("brackets that do not match", b"{\"requestId\":[}"),
    ("another value behind", b"{}{}"),
    ("words behind", b"{} trailing"),
    ("a blank that is none in JSON", b"{\xc2\xa0}"),
];

/// Everything that is made of a good body.
pub(super) fn all(good: &Json) -> Vec<Body> {
    let mut bodies = Vec::new();
    let mut add = |kind: String, bytes: Vec<u8>| bodies.push(Body { kind, bytes });
    for (kind, text) in TEXT {
        add(kind.to_owned(), text.to_vec());
    }
    let whole = good.to_string();
    for part in [4, 3, 2] {
        let cut = whole.len() / part;
        add(format!("cut off at {cut}"), whole.as_bytes()[..cut].to_vec());
    }
    for depth in [20, 10_001, 100_000] {
        add(format!("{depth} brackets"), "[".repeat(depth).into_bytes());
        add(format!("{depth} braces"), r#"{"a":"#.repeat(depth).into_bytes());
    }
    for path in paths(good) {
        let shown = shown(&path);
        let mut without = good.clone();
        take(&mut without, &path);
        add(format!("no {shown}"), without.to_string().into_bytes());
        for (kind, value) in VALUES {
            add(format!("{kind} as {shown}"), with(good, &path, value, Quotes::Gone));
        }
        if at(good, &path).is_string() {
            for (kind, text) in TEXTS {
                add(format!("{kind} in {shown}"), with(good, &path, text, Quotes::Stay));
            }
        }
        if let Some(Step::Member(name)) = path.last() {
            let value = at(good, &path).to_string();
            let twice = format!("{value},\"{name}\":{value}");
            add(format!("{shown} twice"), with(good, &path, twice.as_bytes(), Quotes::Gone));
            let foreign = format!("{value},\"{name}x\":1");
            add(
                format!("a stranger by {shown}"),
                with(good, &path, foreign.as_bytes(), Quotes::Gone),
            );
        }
    }
    bodies
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Quotes {
    Stay,
    Gone,
}

fn with(good: &Json, path: &[Step], bytes: &[u8], quotes: Quotes) -> Vec<u8> {
    let mut body = good.clone();
    *at_mut(&mut body, path) = json!(HOLE);
    let text = body.to_string();
    let hole = if quotes == Quotes::Stay { HOLE.to_owned() } else { format!("\"{HOLE}\"") };
    let (before, after) = text.split_once(&hole).unwrap();
    [before.as_bytes(), bytes, after.as_bytes()].concat()
}

/// To every value within a body.
fn paths(body: &Json) -> Vec<Vec<Step>> {
    let steps: Vec<(Step, &Json)> = match body {
        Json::Object(members) => {
            members.iter().map(|(name, value)| (Step::Member(name.clone()), value)).collect()
        }
        Json::Array(items) => {
            items.iter().enumerate().map(|(index, value)| (Step::Item(index), value)).collect()
        }
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => Vec::new(),
    };
    let mut all = Vec::new();
    for (step, value) in steps {
        all.push(vec![step.clone()]);
        all.extend(paths(value).into_iter().map(|path| [vec![step.clone()], path].concat()));
    }
    all
}

fn shown(path: &[Step]) -> String {
    let steps = path.iter().map(|step| match step {
        Step::Member(name) => format!(".{name}"),
        Step::Item(index) => format!("[{index}]"),
    });
    steps.collect()
}

fn at<'b>(body: &'b Json, path: &[Step]) -> &'b Json {
    path.iter().fold(body, |body, step| match step {
        Step::Member(name) => &body[name],
        Step::Item(index) => &body[index],
    })
}

fn at_mut<'b>(body: &'b mut Json, path: &[Step]) -> &'b mut Json {
    path.iter().fold(body, |body, step| match step {
        Step::Member(name) => &mut body[name],
        Step::Item(index) => &mut body[index],
    })
}

fn take(body: &mut Json, path: &[Step]) {
    let (last, before) = path.split_last().unwrap();
    match (at_mut(body, before), last) {
        (Json::Object(members), Step::Member(name)) => drop(members.remove(name)),
        (Json::Array(items), Step::Item(index)) => drop(items.remove(*index)),
        (other, step) => panic!("{step:?} of {other}"),
    }
}
