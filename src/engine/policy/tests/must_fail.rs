//! Policies that must be refused, with every word of the refusal: `tests/data/must_fail`, a file a
//! subject. That Cerbos refuses them too is checked by `tests/record/must_fail.py`.

use crate::engine::cel::Globals;
use crate::engine::model::Options;
use crate::engine::policy::{PolicyFile, compile};

#[track_caller]
fn check(cases: &str) {
    let mut failures = Vec::new();
    for case in format!("\n{cases}").split("\n== ").skip(1) {
        let mut parts = case.split("\n-- ");
        let title = parts.next().unwrap();
        let mut files = Vec::new();
        let mut expected = None;
        for part in parts {
            let (name, text) = part.split_once('\n').unwrap_or((part, ""));
            match name {
                "refused" => expected = Some(text.trim_end_matches('\n')),
                path => files.push(PolicyFile {
                    path: path.to_owned(),
                    bytes: format!("{text}\n").into_bytes(),
                }),
            }
        }
        let found = match compile(&files, &Options::default(), &Globals::default()) {
            Ok(_) => "it is accepted".to_owned(),
            Err(errors) => errors.to_string(),
        };
        if Some(&*found) != expected {
            failures.push(format!("{title}\n{found}\n"));
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

macro_rules! subjects {
    ($($test:ident: $file:literal,)*) => {
        $(
            #[test]
            fn $test() {
                check(include_str!(concat!("../../../../tests/data/must_fail/", $file)));
            }
        )*
    };
}

subjects! {
    yaml: "yaml.txt",
    fields: "fields.txt",
    names: "names.txt",
    rules: "rules.txt",
    conditions: "conditions.txt",
    definitions: "definitions.txt",
    between_policies: "between.txt",
    schemas: "schemas.txt",
    all_errors_at_once: "many.txt",
}
