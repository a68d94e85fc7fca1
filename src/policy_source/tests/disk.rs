//! Which files of a directory are read.

use std::{fs, os::unix::fs::symlink, path::Path};

use super::write;
use crate::policy_source::read;

const MOST_BYTES: usize = 1 << 20;

fn names(root: &Path) -> Vec<String> {
    read(root, MOST_BYTES).unwrap().into_iter().map(|file| file.path).collect()
}

fn errors(root: &Path) -> Vec<String> {
    let errors = read(root, MOST_BYTES).unwrap_err().to_string();
    let folder = format!("{}/", root.display());
    errors.lines().map(|line| line.replace(&folder, "")).collect()
}

#[test]
fn policies_are_read_in_the_order_of_their_names() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    for name in [
        "b.yaml",
        "a/x.yml",
        "a.yaml",
        "a-1.yaml",
        "a0.yaml",
        "A.json",
        "_schemas/s.json",
        "_schemas/deep/.hidden",
        "notes.txt",
        "a_test.yaml",
        "testdata/t.yaml",
        ".git/g.yaml",
        ".h.yaml",
        "a/_schemas/s.json",
    ] {
        write(root, name, name);
    }
    assert_eq!(
        names(root),
        [
            "A.json",
            "_schemas/deep/.hidden",
            "_schemas/s.json",
            "a/_schemas/s.json",
            "a/x.yml",
            "a-1.yaml",
            "a.yaml",
            "a0.yaml",
            "b.yaml",
        ]
    );
    assert!(read(root, MOST_BYTES).unwrap().iter().all(|file| file.bytes == file.path.as_bytes()));
}

#[test]
fn an_empty_directory_has_no_policies() {
    assert_eq!(names(tempfile::tempdir().unwrap().path()), [""; 0]);
}

#[test]
fn links_to_files_are_followed_and_links_to_directories_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let root = &folder.path().join("policies");
    // As Kubernetes mounts a `ConfigMap`.
    write(root, "..2026_01/a.yaml", "one");
    symlink("..2026_01", root.join("..data")).unwrap();
    symlink("..data/a.yaml", root.join("a.yaml")).unwrap();
    write(folder.path(), "elsewhere/b.yaml", "two");
    symlink("../elsewhere", root.join("elsewhere")).unwrap();
    symlink("../elsewhere/b.yaml", root.join("b.yaml")).unwrap();
    symlink("policies", folder.path().join("current")).unwrap();
    assert_eq!(names(root), ["a.yaml", "b.yaml"]);
    assert_eq!(names(&folder.path().join("current")), ["a.yaml", "b.yaml"]);
}

#[test]
fn everything_that_cannot_be_read_is_named() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    write(root, "fine.yaml", "");
    symlink("nowhere", root.join("dangling.yaml")).unwrap();
    fs::create_dir(root.join("directory")).unwrap();
    symlink("directory", root.join("link.yaml")).unwrap();
    write(root, "large.yaml", &"#".repeat(MOST_BYTES + 1));
    assert_eq!(
        errors(root),
        [
            "dangling.yaml: could not be read: No such file or directory (os error 2)",
            "large.yaml: is larger than 1048576 bytes",
            "link.yaml: has the name of a policy, but is not a file",
        ]
    );
}

#[test]
fn a_root_that_is_no_directory_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "file", "");
    assert_eq!(
        errors(&folder.path().join("missing")),
        [format!(
            "{}: could not be read: No such file or directory (os error 2)",
            folder.path().join("missing").display()
        )]
    );
    assert!(errors(&folder.path().join("file"))[0].ends_with("Not a directory (os error 20)"));
}
