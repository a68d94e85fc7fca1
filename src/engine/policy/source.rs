//! The way from files to a [`PolicySet`].

use super::build::Builder;
use super::compiled::ResourcePolicy;
use super::error::{FileId, PolicyErrors, Problem, Problems};
use super::files::{self, FileRole};
use super::index::Index;
use super::inherit;
use super::limits;
use super::parse::parse;
use super::pattern::NamePattern;
use super::resolve::Context;
use super::schema::Library;
use super::semantic;
use super::set::PolicySet;
use super::syntax::Policy;
use crate::engine::cel::Globals;
use crate::engine::model::{Limits, Options};

/// A file of a policy directory, already read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyFile {
    /// Relative to the root of the policies, with `/` between names.
    pub path: String,
    pub bytes: Vec<u8>,
}

/// Compiles the policies among `files`; other files may be among them, in any order.
///
/// # Errors
/// Everything that is wrong with them, at once.
pub fn compile(
    files: &[PolicyFile],
    options: &Options,
    globals: &Globals,
) -> Result<PolicySet, PolicyErrors> {
    compile_with(files, (options, globals), SchemaUse::Heeded)
}

/// The same, as if no policy named a schema.
///
/// # Errors
/// Everything else that is wrong with them, at once.
pub fn compile_without_schemas(
    files: &[PolicyFile],
    options: &Options,
    globals: &Globals,
) -> Result<PolicySet, PolicyErrors> {
    compile_with(files, (options, globals), SchemaUse::Ignored)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum SchemaUse {
    Heeded,
    Ignored,
}

fn compile_with(
    files: &[PolicyFile],
    (options, globals): (&Options, &Globals),
    schema_use: SchemaUse,
) -> Result<PolicySet, PolicyErrors> {
    let files = in_walk_order(files);
    let paths: Vec<&str> = files.iter().map(|file| &*file.path).collect();
    // Cerbos reads bytes that are not UTF-8 as the replacement character.
    let texts: Vec<_> = files.iter().map(|file| String::from_utf8_lossy(&file.bytes)).collect();
    let texts: Vec<&str> = texts.iter().map(|text| &**text).collect();
    let mut problems = Problems::default();
    let policies = read(&paths, &texts, &options.limits, &mut problems);
    let index = Index::new(policies, &paths, &mut problems);
    let schemas = files.iter().filter_map(|file| {
        let path = file.path.strip_prefix("_schemas/")?;
        Some((path, &*file.bytes))
    });
    let library = (schema_use == SchemaUse::Heeded).then(|| Library::new(schemas));
    let mut builder = Builder::new(library);
    let mut context = Context {
        index: &index,
        texts: &texts,
        paths: &paths,
        limits: &options.limits,
        pattern_bytes: 0,
        problems: &mut problems,
    };
    index.live().for_each(|policy| builder.add(policy, &mut context));
    let inherited = inherit::close(&builder.parents);
    if inherited.is_none() {
        let message = format!("role policies inherit more than {} roles", limits::INHERITED_ROLES);
        problems.push(Problem::of_file(FileId(0), message));
    }
    problems.into_result(|FileId(at)| {
        let path = paths.get(at).copied().unwrap_or_default();
        (path, texts.get(at).copied().unwrap_or_default())
    })?;
    Ok(PolicySet {
        options: options.clone(),
        globals: globals.clone(),
        names: builder.names,
        files: paths.into_iter().map(Into::into).collect(),
        policy_count: index.len(),
        principal_ids: builder.principals.keys().map(|place| place.name).collect(),
        has_role_globs: builder.resources.values().any(names_roles_by_glob),
        principals: builder.principals,
        resources: builder.resources,
        roles: builder.roles,
        role_resources: builder.role_resources,
        principal_scopes: builder.principal_scopes,
        scopes: builder.scopes,
        inherited: inherited.unwrap_or_default(),
    })
}

fn names_roles_by_glob(policy: &ResourcePolicy) -> bool {
    let mut subjects = policy.unit.rules.iter().flat_map(|rule| &rule.subjects);
    subjects.any(|subject| matches!(subject.role, NamePattern::Glob(_)))
}

/// The files in the order in which Cerbos walks over their directory: names by their bytes, a
/// directory in its place among files.
fn in_walk_order(files: &[PolicyFile]) -> Vec<&PolicyFile> {
    let mut files: Vec<&PolicyFile> = files.iter().collect();
    files.sort_by(|left, right| left.path.split('/').cmp(right.path.split('/')));
    files
}

fn read(paths: &[&str], texts: &[&str], limits: &Limits, problems: &mut Problems) -> Vec<Policy> {
    let mut policies = Vec::new();
    if paths.len() > limits::FILES {
        let message = format!("more than {} files", limits::FILES);
        problems.push(Problem::of_file(FileId(0), message));
        return policies;
    }
    for (at, (path, text)) in paths.iter().zip(texts).enumerate() {
        let file = FileId(at);
        match files::role(path) {
            FileRole::Policy => policies.extend(parse(file, text, limits, problems)),
            FileRole::MisplacedSchemas => {
                let problem =
                    Problem::of_file(file, "`_schemas` is not at the root of the policies");
                problems.push(problem.help("move the directory, or give it another name"));
            }
            FileRole::Schema | FileRole::TestSuite | FileRole::Ignored => {}
        }
    }
    for policy in policies.iter().filter(|policy| !policy.broken && !policy.disabled) {
        semantic::check(policy, problems);
    }
    policies
}
