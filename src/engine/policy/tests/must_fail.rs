//! Policies that must be refused, with every word of the refusal: `tests/data/must_fail`, a file a
//! subject. That Cerbos refuses them too is checked by `tests/record/must_fail.py`.

use super::cases;
use crate::engine::cel::Globals;
use crate::engine::model::Options;
use crate::engine::policy::compile;

#[track_caller]
fn check(text: &str) {
    let mut failures = Vec::new();
    for case in cases::read(text) {
        let found = match compile(&case.files, &Options::default(), &Globals::default()) {
            Ok(_) => "it is accepted".to_owned(),
            Err(errors) => errors.to_string(),
        };
        if Some(&*found) != case.refused {
            failures.push(format!("{}\n{found}\n", case.title));
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
