//! Which changes are changes.

use std::{fs, path::Path};

use super::write;
use crate::policy_source::{Fingerprint, Watched, WatchedPolicies};

fn take(root: &Path) -> Fingerprint {
    Fingerprint::take(&Watched {
        policies: Some(WatchedPolicies { directory: root.join("policies"), file_bytes: 1 << 20 }),
        files: vec![root.join("portcullis.yaml"), root.join("routes.yaml")],
    })
}

#[test]
fn what_says_the_same_is_the_same() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    write(root, "portcullis.yaml", "config");
    write(root, "routes.yaml", "routes");
    write(root, "policies/a.yaml", "policy");
    let before = take(root);

    write(root, "policies/a.yaml", "policy");
    write(root, "policies/a_test.yaml", "tests");
    write(root, "policies/README.md", "text");
    write(root, "other.yaml", "other");
    assert_eq!(take(root), before);
}

#[test]
fn what_says_something_else_is_a_change() {
    let changes: [fn(&Path); 7] = [
        |root| write(root, "portcullis.yaml", "another"),
        |root| write(root, "routes.yaml", "another"),
        |root| write(root, "policies/a.yaml", "another"),
        |root| write(root, "policies/b.yaml", ""),
        |root| fs::rename(root.join("policies/a.yaml"), root.join("policies/c.yaml")).unwrap(),
        |root| fs::remove_file(root.join("routes.yaml")).unwrap(),
        |root| fs::remove_dir_all(root.join("policies")).unwrap(),
    ];
    for (index, change) in changes.into_iter().enumerate() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        write(root, "portcullis.yaml", "config");
        write(root, "routes.yaml", "routes");
        write(root, "policies/a.yaml", "policy");
        let before = take(root);
        change(root);
        assert_ne!(take(root), before, "change {index}");
    }
}

#[test]
fn text_cannot_move_from_one_file_to_the_next() {
    let take = |first: &str, second: &str| {
        let root = tempfile::tempdir().unwrap();
        write(root.path(), "p/a.yaml", first);
        write(root.path(), "p/b.yaml", second);
        Fingerprint::take(&Watched {
            policies: Some(WatchedPolicies {
                directory: root.path().join("p"),
                file_bytes: 1 << 20,
            }),
            files: Vec::new(),
        })
    };
    assert_ne!(take("ab", "c"), take("a", "bc"));
}
