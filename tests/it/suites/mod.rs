//! `portcullis test`, beside `cerbos compile`.

pub(crate) mod compare;

use std::path::Path;

use tempfile::TempDir;

use crate::tools;

/// The cases that are no file in Cerbos's own tests, all at once: a start of it takes long.
fn cases() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    compare::write(&compare::files(include_str!("../../data/suites/policies.txt")), folder.path());
    let cases = compare::files(include_str!("../../data/suites/cases.txt"));
    let cases: Vec<_> =
        cases.into_iter().map(|(name, text)| (format!("{name}_test.yaml"), text)).collect();
    compare::write(&cases, folder.path());
    folder
}

#[track_caller]
fn check(folder: &Path, flags: &[&str]) {
    let flags = [&["-o", "json"], flags].concat();
    let (ours, theirs) = (compare::ours(folder, &flags), compare::theirs(folder, &flags));
    let different = compare::differences(&ours, &theirs);
    assert!(
        different.is_empty(),
        "{flags:?}: {} differ\n{}",
        different.len(),
        different.join("\n\n")
    );
}

#[test]
fn verdicts_and_exit_codes_are_those_of_cerbos() {
    let folder = cases();
    // The policies compile: nothing is compared otherwise.
    assert_eq!(compare::ours(folder.path(), &["-o", "json"]).code, Some(4));
    for flags in [
        &[][..],
        &["--skip-batching"],
        &["--strict-evaluation"],
        &["--ignore-schemas"],
        &["--skip-tests"],
        &["--test-filter", "suite=p*;action=edit"],
        &["--test-filter", r"principal=al?ce\,bob", "--test-filter", "resource=d[!b],test=[tu]"],
        &["--test-filter", "test=**,action=zz"],
        &["--test-filter", "suite="],
        &["--test-filter", "colour=red"],
        &["--run", "groups.*bob"],
        &["--run", "["],
    ] {
        check(folder.path(), flags);
    }
}

#[test]
fn the_demos_policies_have_the_same_verdicts_in_both() {
    check(&tools::root().join("policies"), &[]);
    check(&tools::root().join("policies"), &["--strict-evaluation"]);
}
