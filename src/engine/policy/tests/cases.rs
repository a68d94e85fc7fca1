//! Directories in one file: `== title`, then `-- path` and the file's text, for each of its files.

use crate::engine::policy::PolicyFile;

pub(super) struct Case<'t> {
    pub title: &'t str,
    pub files: Vec<PolicyFile>,
    /// What stands below `-- refused`.
    pub refused: Option<&'t str>,
}

pub(super) fn read(text: &str) -> Vec<Case<'_>> {
    let first = text.strip_prefix("== ");
    // What stands before the first title is a comment.
    let titles = first.or_else(|| text.split_once("\n== ").map(|(_, rest)| rest));
    titles.unwrap().split("\n== ").map(case).collect()
}

fn case(text: &str) -> Case<'_> {
    let mut parts = text.split("\n-- ");
    let title = parts.next().unwrap();
    let mut case = Case { title, files: Vec::new(), refused: None };
    for part in parts {
        let (name, text) = part.split_once('\n').unwrap_or((part, ""));
        match name {
            "refused" => case.refused = Some(text.trim_end_matches('\n')),
            path => case.files.push(PolicyFile {
                path: path.to_owned(),
                bytes: format!("{text}\n").into_bytes(),
            }),
        }
    }
    case
}
