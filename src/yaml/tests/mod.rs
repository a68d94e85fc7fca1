//! What documents mean, and which are refused: in both, Cerbos's parser is the measure.

use super::{Limits, Node, ScalarKind, SyntaxError, Tree, load};

const LIMITS: Limits = Limits { bytes: 10_000, depth: 20, nodes: 200 };

fn print(node: &Node) -> String {
    match &node.tree {
        Tree::Scalar(scalar) => match scalar.kind {
            ScalarKind::Null => "null".to_owned(),
            ScalarKind::Bool(value) => value.to_string(),
            ScalarKind::Integer(value) => value.to_string(),
            ScalarKind::Float(value) => format!("{value:?}"),
            ScalarKind::String => format!("{:?}", scalar.text),
        },
        Tree::Sequence(items) => {
            format!("[{}]", items.iter().map(print).collect::<Vec<_>>().join(" "))
        }
        Tree::Mapping(entries) => {
            let entries = entries
                .iter()
                .map(|entry| format!("{}={}", entry.key.scalar.text, print(&entry.value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(" "))
        }
    }
}

#[test]
fn documents_are_read() {
    for (text, expected) in [
        ("a: 1\nb: x", r#"{a=1 b="x"}"#),
        (
            "{\"a\": [1, 2.5, null, true,], # why\n\t\"b\": \"\\u0041\\/\"}",
            r#"{a=[1 2.5 null true] b="A/"}"#,
        ),
        ("a:\n- 1\n- - 2\n", "{a=[1 [2]]}"),
        ("a: !!str 12\nb: !!int '12'\nc: !own x", r#"{a=12 b="12" c="x"}"#),
        ("a: |-\n  x\n  y\nb: >-\n  x\n  y", r#"{a="x\ny" b="x y"}"#),
        ("a:\nb: ~\nc: ''", r#"{a=null b=null c=""}"#),
        ("---\na: 1\n...\n", "{a=1}"),
        ("a: 1\n---\n# nothing more\n", "{a=1}"),
        ("a: 1\r\nb: 2\r\n", "{a=1 b=2}"),
        ("a: &x [1]\nb: *x", "{a=[1] b=[1]}"),
        ("a: &x {k: 1, l: 2}\nb: {l: 3, <<: *x}", "{a={k=1 l=2} b={l=3 k=1}}"),
        ("a: {<<: {k: 1}}", "{a={k=1}}"),
        ("\"<<\": {k: 1}", "{<<={k=1}}"),
        // Surrogate pairs are escapes in double quotes, and text elsewhere.
        (
            "a: \"\\ud83d\\uDE00 é\\ud83d\\ude01\"\nb: '\\ud83d\\ude00'\nc: \"\\\\ud83d\"",
            r#"{a="😀 é😁" b="\\ud83d\\ude00" c="\\ud83d"}"#,
        ),
        ("{\"\\ud83d\\ude00\": [\"\\ud83d\\ude00\"]} # \\ud83d\\ude00", r#"{😀=["😀"]}"#),
        ("- - a: 1\n-\t{b: 2}\n-\tc", r#"[[{a=1}] {b=2} "c"]"#),
    ] {
        let node = load(text, LIMITS).unwrap().unwrap();
        assert_eq!(print(&node), expected, "{text}");
    }
}

#[test]
fn a_document_may_be_empty() {
    for text in ["", " \n\n", "# nothing\n", "---\n", "---\n# nothing\n", "---\n---\n"] {
        assert_eq!(load(text, LIMITS).unwrap(), None, "{text:?}");
    }
}

#[test]
fn documents_are_refused_at_their_place() {
    let deep = "[".repeat(21);
    let many = format!("[{}]", "1,".repeat(200));
    for (text, expected) in [
        ("a: 1\na: 2", "2:1 the key `a` is already defined at 1:1"),
        ("a: {b: 1, b: 2}", "1:11 the key `b` is already defined at 1:5"),
        ("1: a", "1:1 the key `1` must be a string: quote it"),
        ("[a]: b", "1:1 a key must be a string"),
        ("? a\n: b", "1:3 write `key: value`: a key is a text, and nothing else"),
        ("a: &x y\n*x : z", "2:1 a key cannot be an alias"),
        ("&x a: b", "1:1 write `key: value`: a key is a text, and nothing else"),
        ("a: *x", "1:4 while parsing node, found unknown anchor"),
        ("a: &x [*x]", "1:8 this alias names no anchor before it"),
        ("a: &x 1\nb: &x 2", "2:4 the anchor `&x` is defined twice"),
        ("a: !t &x 1\nb: &x 2", "2:4 the anchor `&x` is defined twice"),
        ("a: [&x 1, &y 2, &x 3]", "1:17 the anchor `&x` is defined twice"),
        (
            "a:\n- &x k: 1\n- &x\n  l: 2",
            "2:3 write `key: value`: a key is a text, and nothing else",
        ),
        ("a: &x\n  k: 1\nb: &x\n  k: 2", "3:4 the anchor `&x` is defined twice"),
        ("a: {<<: [{k: 1}]}", "1:9 `<<` takes one mapping"),
        ("a: {<<: &x {k: 1}}", "1:9 what `<<` merges cannot have an anchor"),
        ("a: 1\n---\nb: 2", "3:1 more than one YAML document: write each into a file of its own"),
        ("%YAML 1.2\n---\na: 1", "1:1 directives such as `%YAML` are not accepted"),
        ("\u{feff}a: 1", "1:1 the file begins with a byte order mark: remove it"),
        ("a: \"\\ud83d\"", "1:"),
        ("a: \"\\ude00\\ud83d\"", "1:"),
        ("-\ta: 1", "1:3 a tab cannot stand between `-` and a key: use spaces"),
        ("a:\n  - \tb: 1", "2:6 a tab cannot stand between `-` and a key: use spaces"),
        ("a: 1\nb: \0", "2:1 this line contains a NUL character"),
        (&deep, "1:21 nested more than 20 deep"),
        (&many, "1:1 more than 200 values, aliases counted"),
        ("a: 'x", "1:4 "),
        ("a: [1", ""),
    ] {
        let SyntaxError { place, message } = load(text, LIMITS).unwrap_err();
        let found = format!("{} {message}", place.unwrap());
        assert!(found.starts_with(expected), "{text:?}: {found}");
    }
    let long = "#".repeat(10_001);
    assert_eq!(load(&long, LIMITS).unwrap_err().message, "the file is larger than 10000 bytes");
}
