//! Which files of a directory are policies.

/// What a file is to the engine, by its path alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileRole {
    Policy,
    /// A JSON Schema: everything below `_schemas` at the root.
    Schema,
    /// A suite of policy tests: `*_test.yaml`.
    TestSuite,
    /// Hidden, below `testdata`, or neither YAML nor JSON.
    Ignored,
    /// A `_schemas` directory anywhere but at the root: Cerbos refuses to load it.
    MisplacedSchemas,
}

/// The role of a file. `path` is relative to the root of the policies, with `/` between names.
#[must_use]
pub fn role(path: &str) -> FileRole {
    let mut names = path.split('/');
    let Some(file) = names.next_back() else { return FileRole::Ignored };
    for (depth, directory) in names.enumerate() {
        match directory {
            "_schemas" if depth == 0 => return FileRole::Schema,
            "_schemas" => return FileRole::MisplacedSchemas,
            "testdata" => return FileRole::Ignored,
            hidden if hidden.starts_with('.') => return FileRole::Ignored,
            _ => {}
        }
    }
    let Some((stem, extension)) = file.rsplit_once('.') else { return FileRole::Ignored };
    let extension = extension.to_ascii_lowercase();
    if stem.is_empty() || stem.starts_with('.') || !matches!(&*extension, "yaml" | "yml" | "json") {
        return FileRole::Ignored;
    }
    if stem.to_ascii_lowercase().ends_with("_test") {
        return FileRole::TestSuite;
    }
    FileRole::Policy
}

#[cfg(test)]
mod tests {
    use super::{
        FileRole::{Ignored, MisplacedSchemas, Policy, Schema, TestSuite},
        role,
    };

    #[test]
    fn a_path_tells_what_a_file_is() {
        for (path, expected) in [
            ("a.yaml", Policy),
            ("a/b/c.yml", Policy),
            ("c.YAML", Policy),
            ("b.JSON", Policy),
            ("a.b.json", Policy),
            ("x.yaml/y.yaml", Policy),
            ("xtest.yaml", Policy),
            ("TestData/a.yaml", Policy),
            ("a_test.yaml", TestSuite),
            ("b_TEST.yml", TestSuite),
            ("_test.json", TestSuite),
            ("a.yaml.bak", Ignored),
            ("a.txt", Ignored),
            ("yaml", Ignored),
            (".a.yaml", Ignored),
            (".yaml", Ignored),
            (".git/a.yaml", Ignored),
            ("a/..data/a.yaml", Ignored),
            ("testdata/a.yaml", Ignored),
            ("a/testdata/b/c.yaml", Ignored),
            ("testdata/_schemas/a.json", Ignored),
            ("_schemas/a.json", Schema),
            ("_schemas/testdata/.hidden", Schema),
            ("a/_schemas/a.json", MisplacedSchemas),
        ] {
            assert_eq!(role(path), expected, "{path}");
        }
    }
}
