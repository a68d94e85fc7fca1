//! Changes of a directory: which files there are, and what they are called.

use std::collections::BTreeMap;

use fastrand::Rng;

use crate::conformance::random::Dice;

pub(super) fn change(files: &mut BTreeMap<String, String>, dice: &mut Rng) {
    let paths: Vec<String> = files.keys().cloned().collect();
    if paths.is_empty() {
        return;
    }
    let path = dice.pick(&paths).clone();
    let text = files[&path].clone();
    match dice.u32(0..10) {
        0 | 1 => drop(files.remove(&path)),
        2 => {
            let other = dice.pick(&paths).clone();
            files.insert(path, files[&other].clone());
        }
        3 => drop(files.insert(format!("copy/{path}"), text)),
        4..7 => {
            files.remove(&path);
            files.insert(moved(&path, dice), text);
        }
        7 => {
            let text = *dice.pick(&[
                "", "{", "a", "- a", "a: b", "[]", "{}", "null", "# a", "\u{1}", "'a'", "12",
            ]);
            let name = *dice.pick(&[
                "new.yaml",
                "new.json",
                "_schemas/new.json",
                "new.txt",
                "new_test.yaml",
                "a/_schemas/x.txt",
            ]);
            files.insert(name.to_owned(), text.to_owned());
        }
        8 => schema(files, dice),
        _ => {
            let disabled = if text.starts_with('{') {
                text.replacen('{', "{disabled: true, ", 1)
            } else {
                format!("{text}disabled: true\n")
            };
            files.insert(path, disabled);
        }
    }
}

/// Another path for a file; some of them mean something else to Cerbos.
fn moved(path: &str, dice: &mut Rng) -> String {
    let (stem, extension) = path.rsplit_once('.').unwrap_or((path, ""));
    let name = path.rsplit('/').next().unwrap_or(path);
    match dice.u32(0..16) {
        0 => format!(".hidden/{name}"),
        1 => format!(".{name}"),
        2 => format!("testdata/{name}"),
        3 => format!("a/testdata/b/{name}"),
        4 => format!("{stem}_test.{extension}"),
        5 => format!("{stem}_TEST.{extension}"),
        6 => format!("a/_schemas/{name}"),
        7 => format!("_schemas/{name}"),
        8 => format!("{stem}.YAML"),
        9 => format!("{stem}.json"),
        10 => format!("{stem}.yml"),
        11 => format!("{stem}.yaml.bak"),
        12 => format!("TestData/{name}"),
        13 => format!("zz/{name}"),
        14 => format!("a/.b/{name}"),
        _ => format!("{stem}.txt"),
    }
}

fn schema(files: &mut BTreeMap<String, String>, dice: &mut Rng) {
    let paths: Vec<String> =
        files.keys().filter(|path| path.starts_with("_schemas")).cloned().collect();
    if paths.is_empty() {
        return;
    }
    let path = dice.pick(&paths).clone();
    files.insert(path, (*dice.pick(SCHEMAS)).to_owned());
}

const SCHEMAS: &[&str] = &[
    "",
    " ",
    "{",
    "{}",
    "[]",
    "true",
    "false",
    "null",
    "12",
    "\"a\"",
    "type: object",
    "{} {}",
    "{}x",
    "\u{feff}{}",
    "{\"type\": \"foo\"}",
    "{\"type\": [\"string\", \"null\"]}",
    "{\"type\": []}",
    "{\"type\": [\"string\", \"string\"]}",
    "{\"type\": \"object\", \"type\": \"string\"}",
    "{\"minimum\": \"a\"}",
    "{\"minLength\": -1}",
    "{\"minLength\": 1.0}",
    "{\"minLength\": 1.5}",
    "{\"pattern\": \"(\"}",
    "{\"pattern\": \"\\\\Qa.b\\\\E\"}",
    "{\"pattern\": \"a{1001}\"}",
    "{\"pattern\": \"a**\"}",
    "{\"pattern\": \"^\\\\cA\"}",
    "{\"patternProperties\": {\"a{2000}\": {}}}",
    "{\"$defs\": {\"a\": {\"pattern\": \"(\"}}}",
    "{\"$defs\": {\"a\": {\"$id\": \"x\"}, \"b\": {\"$id\": \"x\"}}}",
    "{\"$ref\": \"http://json-schema.org/draft-07/schema#\"}",
    "{\"pattern\": \"(?=a)\"}",
    "{\"pattern\": \"\\\\d\"}",
    "{\"format\": \"nope\"}",
    "{\"format\": 1}",
    "{\"$ref\": \"#/$defs/x\"}",
    "{\"$ref\": \"#\"}",
    "{\"$ref\": \"user.json\"}",
    "{\"$ref\": \"cerbos:///order.json\"}",
    "{\"$ref\": \"nope.json\"}",
    "{\"$ref\": \"cerbos:///nope.json\"}",
    "{\"$ref\": 1}",
    "{\"$defs\": {\"x\": {\"type\": \"foo\"}}}",
    "{\"$defs\": {\"x\": 1}}",
    "{\"definitions\": {\"x\": 1}}",
    "{\"nope\": 1}",
    "{\"$id\": \"cerbos:///other.json\"}",
    "{\"$id\": \"http://x/y.json\", \"$ref\": \"#/$defs/x\", \"$defs\": {\"x\": {}}}",
    "{\"$id\": 1}",
    "{\"$id\": \"a#b\"}",
    "{\"$schema\": \"http://json-schema.org/draft-07/schema#\"}",
    "{\"$schema\": \"http://json-schema.org/draft-04/schema#\", \"exclusiveMinimum\": true, \"minimum\": 1}",
    "{\"$schema\": \"http://json-schema.org/draft-07/schema#\", \"exclusiveMinimum\": true}",
    "{\"$schema\": \"http://json-schema.org/schema#\"}",
    "{\"$schema\": \"http://json-schema.org/draft-06/schema\"}",
    "{\"$schema\": \"https://json-schema.org/draft/2019-09/schema\"}",
    "{\"$schema\": 1}",
    "{\"$schema\": \"nope\"}",
    "{\"$anchor\": \"a\", \"$ref\": \"#a\"}",
    "{\"$anchor\": \"1 a\"}",
    "{\"properties\": []}",
    "{\"properties\": {\"a\": 1}}",
    "{\"required\": \"a\"}",
    "{\"required\": [\"a\", \"a\"]}",
    "{\"items\": [{}]}",
    "{\"items\": {}, \"prefixItems\": [{}]}",
    "{\"enum\": []}",
    "{\"enum\": [1, 1]}",
    "{\"enum\": {}}",
    "{\"allOf\": []}",
    "{\"allOf\": [true]}",
    "{\"if\": {}, \"then\": false}",
    "{\"const\": null}",
    "{\"patternProperties\": {\"(\": {}}}",
    "{\"dependencies\": {\"a\": [\"b\"]}}",
    "{\"multipleOf\": 0}",
    "{\"multipleOf\": 0.1}",
    "// c\n{}",
    "{\"a\": 1,}",
    "{\"title\": 1}",
    "{\"examples\": 1}",
    "{\"$comment\": 1}",
    "{\"contentEncoding\": \"base64\"}",
    "{\"$dynamicRef\": \"#a\"}",
    "{\"$vocabulary\": {}}",
    "{\"not\": {}}",
    "{'a': 1}",
    "{\"default\": 01}",
];
