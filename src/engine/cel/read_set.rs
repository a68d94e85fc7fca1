//! Which inputs an expression can read: asked before a question, to find equal questions.

use std::collections::BTreeSet;

use super::{
    Read,
    node::{Call, Kind, Node, Path, Root},
};

/// All inputs that some evaluation of the node could look at.
pub(super) fn reads(node: &Node) -> BTreeSet<Read> {
    let mut reads = BTreeSet::new();
    let mut left = vec![node];
    while let Some(node) = left.pop() {
        match &node.kind {
            Kind::Path(path) => add_path(&mut reads, path),
            Kind::Has { operand, field } => {
                if let Kind::Path(path) = &operand.kind {
                    add_field(&mut reads, path, field);
                    continue;
                }
            }
            Kind::AllVariables(variables) => {
                reads.extend(variables.iter().map(|(_, slot)| Read::Variable(*slot)));
            }
            Kind::Call(Call { args, moving: Some(moving), .. }) => {
                let (times, rest) = moving.reads(args);
                reads.extend(times.into_iter().map(|name| Read::ResourceTime(name.into())));
                left.extend(rest);
                continue;
            }
            Kind::Call(call) if call.group.reads_clock() => {
                reads.insert(Read::Clock);
            }
            _ => {}
        }
        left.extend(node.parts());
    }
    reads
}

/// The variables that the node names, as in `V.x` and `has(V.x)`. `V` as a whole names none: it
/// shows only those that something else names.
pub(super) fn named_variables(node: &Node) -> BTreeSet<usize> {
    let mut named = BTreeSet::new();
    let mut left = vec![node];
    while let Some(node) = left.pop() {
        match &node.kind {
            Kind::Path(Path { root: Root::Variable { slot, .. }, .. }) => {
                named.insert(*slot);
            }
            Kind::Has { operand, .. } => {
                if let Kind::AllVariables(only) = &operand.kind {
                    named.extend(only.iter().map(|(_, slot)| *slot));
                }
            }
            _ => {}
        }
        left.extend(node.parts());
    }
    named
}

/// `has(path.field)` looks no further than the field, where that is one of its own.
fn add_field(reads: &mut BTreeSet<Read>, path: &Path, field: &str) {
    let mut keys: Vec<Box<str>> = path.keys.iter().map(|key| key.name.clone()).collect();
    keys.push(field.into());
    let below = match (&path.root, super::message::canonical(field)) {
        (Root::PrincipalAttributes, _) => Read::PrincipalAttribute(keys.into()),
        (Root::ResourceAttributes, _) => Read::ResourceAttribute(keys.into()),
        (Root::Claims, _) => Read::Claim(keys.into()),
        (Root::Principal, "id") => Read::PrincipalId,
        (Root::Principal, "roles") => Read::PrincipalRoles,
        (Root::Principal, "policyVersion") => Read::PrincipalPolicyVersion,
        (Root::Principal, "scope") => Read::PrincipalScope,
        (Root::Resource, "kind") => Read::ResourceKind,
        (Root::Resource, "id") => Read::ResourceId,
        (Root::Resource, "policyVersion") => Read::ResourcePolicyVersion,
        (Root::Resource, "scope") => Read::ResourceScope,
        _ => return add_path(reads, path),
    };
    reads.insert(below);
}

fn add_path(reads: &mut BTreeSet<Read>, path: &Path) {
    let keys = path.keys.iter().map(|key| key.name.clone()).collect();
    let read = match &path.root {
        Root::PrincipalId => Read::PrincipalId,
        Root::PrincipalRoles => Read::PrincipalRoles,
        Root::PrincipalPolicyVersion => Read::PrincipalPolicyVersion,
        Root::PrincipalScope => Read::PrincipalScope,
        Root::PrincipalAttributes => Read::PrincipalAttribute(keys),
        Root::ResourceKind => Read::ResourceKind,
        Root::ResourceId => Read::ResourceId,
        Root::ResourcePolicyVersion => Read::ResourcePolicyVersion,
        Root::ResourceScope => Read::ResourceScope,
        Root::ResourceAttributes => Read::ResourceAttribute(keys),
        Root::Claims => Read::Claim(keys),
        Root::NamedTokens => Read::NamedTokens,
        Root::Runtime | Root::EffectiveDerivedRoles => Read::EffectiveDerivedRoles,
        Root::Variable { slot, .. } => Read::Variable(*slot),
        // They are the same for every question.
        Root::Globals | Root::Global(_) | Root::UndefinedConstant(_) => return,
        Root::Principal => return reads.extend(principal()),
        Root::Resource => return reads.extend(resource()),
        Root::AuxData => return reads.extend(aux_data()),
        Root::Request => {
            reads.extend(principal());
            reads.extend(resource());
            return reads.extend(aux_data());
        }
    };
    reads.insert(read);
}

fn principal() -> [Read; 5] {
    [
        Read::PrincipalId,
        Read::PrincipalRoles,
        Read::PrincipalPolicyVersion,
        Read::PrincipalScope,
        Read::PrincipalAttribute(Box::default()),
    ]
}

fn resource() -> [Read; 5] {
    [
        Read::ResourceKind,
        Read::ResourceId,
        Read::ResourcePolicyVersion,
        Read::ResourceScope,
        Read::ResourceAttribute(Box::default()),
    ]
}

fn aux_data() -> [Read; 2] {
    [Read::Claim(Box::default()), Read::NamedTokens]
}
