//! A file a subject, in `tests/data/checks`.

use super::case::{ask, policies, print};

#[track_caller]
fn check(cases: &str) {
    let mut failures = Vec::new();
    for case in format!("\n{cases}").split("\n== ").skip(1) {
        let lines: Vec<&str> = case.lines().filter(|line| !line.is_empty()).collect();
        let (asked, written): (Vec<&str>, Vec<&str>) =
            lines.iter().skip(1).partition(|line| line.starts_with("? ") || line.starts_with("  "));
        let policies = policies(&written);
        let mut asked = asked.into_iter().peekable();
        while let Some(question) = asked.next() {
            let answer: String = std::iter::from_fn(|| asked.next_if(|l| l.starts_with("  ")))
                .map(|line| format!("{line}\n"))
                .collect();
            let ours = print(&ask(&policies, question.strip_prefix("? ").unwrap()));
            if ours != answer {
                failures.push(format!("{}\n{question}\n{answer}not\n{ours}", lines[0]));
            }
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
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
