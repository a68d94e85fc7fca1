//! Policy and schema files, each a line with its path and then its text, with zero bytes between them
//! → policies that can be asked, or what is wrong with them.

use portcullis::engine::{
    PolicyFile,
    cel::Globals,
    compile,
    model::{
        AuxData, CheckInput, Limits, Map, Options, Principal, Resource, SchemaEnforcement, Scope,
    },
};

pub(crate) fn run(data: &[u8]) {
    let files: Vec<PolicyFile> = data.split(|byte| *byte == 0).map(file).collect();
    let limits = Limits { evaluation_steps: 20_000, ..Limits::default() };
    let options =
        Options { limits, schema_enforcement: SchemaEnforcement::Reject, ..Options::default() };
    let policies = match compile(&files, &options, &Globals::default()) {
        Ok(policies) => policies,
        Err(errors) => {
            assert!(errors.iter().all(|error| !error.message.is_empty()));
            assert!(!errors.to_string().is_empty());
            return;
        }
    };
    let version = options.default_policy_version;
    let principal = Principal {
        id: "u1".into(),
        roles: vec!["user".parse().unwrap()],
        policy_version: version.clone(),
        scope: Scope::unset(),
        attr: Map::from_iter([("dept", "sales".into())]),
    };
    let resource = Resource {
        kind: "doc".parse().unwrap(),
        id: "d1".into(),
        policy_version: version,
        scope: "acme".parse().unwrap(),
        attr: Map::from_iter([("owner", "u1".into()), ("size", 12.0.into())]),
    };
    let actions = ["view".parse().unwrap(), "edit".parse().unwrap()];
    let output = policies.check(&CheckInput {
        principal: &principal,
        resource: &resource,
        actions: &actions,
        aux_data: &AuxData::default(),
        now: "2024-05-06T07:08:09Z".parse().unwrap(),
        now_attributes: &[],
    });
    assert_eq!(output.actions.len(), 2);
}

fn file(text: &[u8]) -> PolicyFile {
    let end = text.iter().position(|byte| *byte == b'\n').unwrap_or(text.len());
    let (path, rest) = text.split_at(end);
    let bytes = rest.get(1..).unwrap_or_default().to_vec();
    PolicyFile { path: String::from_utf8_lossy(path).into_owned(), bytes }
}
