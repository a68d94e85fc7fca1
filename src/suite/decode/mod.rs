//! YAML and JSON → [`model`](super::model), with every mistake of a file reported.

mod fixtures;
mod suite;
mod test;

use crate::engine::{
    PolicyErrors, PolicyFile,
    model::Limits,
    policy::{FileId, Problem, Problems, Reader, load},
};

pub(super) use fixtures::{AuxDataFile, PrincipalsFile, ResourcesFile};
pub(super) use suite::suite;

use crate::yaml::{Node, Place, Tree};

/// Reads a file with `read`.
///
/// # Errors
/// Everything that is wrong with it.
fn decode<T>(
    file: &PolicyFile,
    read: impl FnOnce(&mut Reader<'_>, &Node) -> T,
) -> Result<T, PolicyErrors> {
    // Cerbos reads bytes that are not UTF-8 as the replacement character.
    let text = String::from_utf8_lossy(&file.bytes);
    let mut problems = Problems::default();
    // Nothing is left to read in a file that is not YAML; an empty one has nothing that is required.
    let node = load(FileId(0), &text, &Limits::default(), &mut problems);
    if node.is_none() && problems.len() == 0 {
        problems.push(Problem::of_file(FileId(0), "the file is empty"));
    }
    let node = node.unwrap_or_else(nothing);
    let mut unreported = Problems::default();
    let broken = problems.len() > 0;
    let problems_of_values = if broken { &mut unreported } else { &mut problems };
    let decoded = read(&mut Reader { file: FileId(0), problems: problems_of_values }, &node);
    problems.into_result(|_| (&file.path, &text))?;
    Ok(decoded)
}

fn nothing() -> Node {
    Node { place: Place { line: 1, column: 1 }, tree: Tree::Mapping(Vec::new()) }
}
