//! `portcullis test`, beside `cerbos compile`.

mod verdicts;
mod watch;

use std::path::Path;

use tempfile::TempDir;

use crate::tools;

/// Files by path, as `=== PATH` and the lines below it. Lines before the first one are a comment.
fn files(text: &str) -> Vec<(String, String)> {
    let files = text.split("=== ").skip(1);
    let files = files.filter_map(|file| file.split_once('\n'));
    files.map(|(path, text)| (path.to_owned(), text.to_owned())).collect()
}

/// The policies and all cases over them in one folder: a start of Cerbos takes long.
fn cases() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    verdicts::write(&files(include_str!("../../data/suites/policies.txt")), folder.path());
    let cases = files(include_str!("../../data/suites/cases.txt"));
    let cases: Vec<_> =
        cases.into_iter().map(|(name, text)| (format!("{name}_test.yaml"), text)).collect();
    verdicts::write(&cases, folder.path());
    folder
}

#[track_caller]
fn check(folder: &Path, flags: &[&str]) {
    let flags = [&["-o", "json"], flags].concat();
    let (ours, theirs) = (verdicts::ours(folder, &flags), verdicts::theirs(folder, &flags));
    let different = verdicts::differences(&ours, &theirs);
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
    assert_eq!(verdicts::ours(folder.path(), &["-o", "json"]).code, Some(4));
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

#[test]
fn the_demos_suites_cover_all_of_its_policies() {
    let policies = tools::root().join("policies");
    let output = verdicts::run(tools::portcullis(), "test", &policies, &["--coverage"]);
    let printed = tools::printed(&output);
    assert!(output.status.success(), "{printed}");
    // Only what is missing has a line of its own behind the summary.
    let (_, coverage) = printed.split_once("Coverage: ").unwrap();
    assert!(coverage.starts_with("15 of 15 rules reached, 34 of 34 values"), "{printed}");
}
