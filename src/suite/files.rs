//! Which files of a directory have to do with suites.
//!
//! Unlike policies they may be hidden, and below `_schemas`.

const FIXTURES: [&str; 5] = ["principals", "resources", "auxdata", "auxData", "aux_data"];
const TESTDATA: &str = "testdata";

/// Whether a file is a suite: `*_test.yaml`, not below `testdata`.
#[must_use]
pub fn is_suite(path: &str) -> bool {
    let is_suite = |(stem, _): (&str, &str)| stem.to_ascii_lowercase().ends_with("_test");
    parts(path).is_some_and(is_suite) && may_hold_suites(folder(path))
}

/// Whether a file may be one of fixtures that suites share.
#[must_use]
pub fn is_fixtures(path: &str) -> bool {
    let folder = folder(path);
    let (beside, name) = folder.rsplit_once('/').unwrap_or(("", folder));
    name == TESTDATA && may_hold_suites(beside) && fixtures_of(folder, path).is_some()
}

/// Whether suites can be in a folder or below.
#[must_use]
pub fn may_hold_suites(folder: &str) -> bool {
    folder.split('/').all(|name| name != TESTDATA)
}

/// Which fixtures a file has that is in this folder itself.
pub(super) fn fixtures_of(within: &str, path: &str) -> Option<&'static str> {
    let (stem, _) = parts(path)?;
    let known = FIXTURES.into_iter().find(|known| stem == *known)?;
    (folder(path) == within).then_some(known)
}

fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Stem and extension, if it is one of those that are read.
fn parts(path: &str) -> Option<(&str, &str)> {
    let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
    let (stem, extension) = name.rsplit_once('.')?;
    let read = ["yaml", "yml", "json"].iter().any(|known| extension.eq_ignore_ascii_case(known));
    read.then_some((stem, extension))
}

#[cfg(test)]
mod tests {
    use super::{is_fixtures, is_suite};

    #[test]
    fn a_path_tells_whether_a_file_is_a_suite() {
        for path in
            ["a_test.yaml", "A_TEST.YML", "_test.json", "b/.c/_schemas/x_test.yaml", ".a_test.yaml"]
        {
            assert!(is_suite(path), "{path}");
        }
        for path in [
            "a-test.yaml",
            "a_tests.yaml",
            "a_test.txt",
            "a_test.json.yaml",
            "testdata/a_test.yaml",
            "a/testdata/b/c_test.yaml",
        ] {
            assert!(!is_suite(path), "{path}");
        }
    }

    #[test]
    fn fixtures_are_in_a_folder_beside_suites() {
        for path in
            ["testdata/principals.yaml", "a/testdata/aux_data.YML", ".a/testdata/auxData.json"]
        {
            assert!(is_fixtures(path), "{path}");
        }
        for path in [
            "principals.yaml",
            "xtestdata/principals.yaml",
            "testdata/AuxData.yaml",
            "testdata/a/principals.yaml",
            "testdata/testdata/principals.yaml",
        ] {
            assert!(!is_fixtures(path), "{path}");
        }
    }
}
