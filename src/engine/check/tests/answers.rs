//! A file a subject, in `tests/data/checks`.

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
}
