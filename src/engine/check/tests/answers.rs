//! A file a subject, in `tests/data/checks`.

use std::cell::Cell;

use super::case::{Answers, ask, check_recorded, print};

#[track_caller]
fn check(cases: &str) {
    check_recorded(cases, |policies, question, recorded| Answers {
        wanted: recorded.iter().map(|line| format!("{line}\n")).collect(),
        ours: print(&ask(policies, question)),
    });
}

macro_rules! subjects {
    ($($test:ident: $file:literal,)*) => {
        $(
            #[test]
            fn $test() {
                check(include_str!(concat!("../../../../tests/data/checks/", $file)));
            }
        )*
    };
}

subjects! {
    resource_policies: "resource.txt",
    scopes: "scopes.txt",
    principal_policies: "principals.txt",
    role_policies: "role_policies.txt",
    derived_roles: "derived_roles.txt",
    conditions_and_variables: "conditions.txt",
    conditions_without_a_program: "hopeless.txt",
    outputs: "outputs.txt",
    threat_35_strict_evaluation: "strict.txt",
    schemas: "schemas.txt",
    formats_of_schemas: "formats.txt",
}

#[test]
fn rules_keep_their_own_conditions_and_constants() {
    let text = include_str!("../../../../tests/data/checks/not_copied.txt");
    for case in text.split("\n== ").skip(1) {
        let differs = Cell::new(false);
        check_recorded(&format!("== {case}"), |policies, question, recorded| {
            let (here, theirs): (Vec<&str>, Vec<&str>) =
                recorded.iter().partition(|line| line.starts_with("  here "));
            let here: String = here
                .iter()
                .map(|line| format!("{}\n", line.replacen("  here ", "  ", 1)))
                .collect();
            let theirs: String = theirs.iter().map(|line| format!("{line}\n")).collect();
            differs.set(differs.get() || here != theirs);
            Answers { wanted: here, ours: print(&ask(policies, question)) }
        });
        assert!(differs.get(), "Cerbos answers the same: {case}");
    }
}
