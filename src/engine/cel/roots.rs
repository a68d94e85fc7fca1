//! What names read: the inputs, by way of the fields that lead to them, constants and types.

use std::collections::BTreeMap;

use super::{
    Names,
    constant::Constant,
    message,
    node::{Key, Kind, Node, Path, Root},
    syntax::{self, Syntax},
    types::Type,
};
use crate::engine::model::Value;

/// A name, or a chain of fields, that begins with a global name: `P.attr.dept`.
pub(super) fn chain(
    names: &Names,
    is_local: impl Fn(&str) -> bool,
    syntax: &Syntax,
) -> Option<Kind> {
    let (mut keys, mut brackets) = (Vec::new(), Vec::new());
    let mut current = syntax;
    let name = loop {
        match &current.kind {
            syntax::Kind::Select { operand, field } => {
                keys.push(field.as_str());
                current = operand;
            }
            // A constant key is as good as a field.
            syntax::Kind::Call { name, target: None, args } if name == "_[_]" => {
                let [operand, key] = args.as_slice() else { return None };
                let syntax::Kind::Literal(Constant::String(key)) = &key.kind else {
                    return None;
                };
                brackets.push(keys.len());
                keys.push(key);
                current = operand;
            }
            syntax::Kind::Name(name) => break name.as_str(),
            _ => return None,
        }
    };
    if is_local(name) {
        return None;
    }
    keys.reverse();
    let name = name.strip_prefix('.').unwrap_or(name);
    Some(with_brackets(named(names, name, &keys)?, &brackets))
}

fn named(names: &Names, name: &str, keys: &[&str]) -> Option<Kind> {
    match name {
        "V" | "variables" => Some(variable(names, keys)),
        "C" | "constants" => Some(constant(&names.constants, keys)),
        "G" | "globals" => Some(global(keys)),
        "request" | "P" | "R" | "runtime" => Some(message_path(name, keys)),
        _ => {
            let keys = keys.iter().copied();
            let name = std::iter::once(name).chain(keys).collect::<Vec<_>>().join(".");
            Type::named(&name).map(|_| type_name(&name))
        }
    }
}

/// `has(C.field)`: what is declared is there.
pub(super) fn has_constant(names: &Names, field: &str) -> Kind {
    if names.constants.contains_key(field) {
        return Kind::Given(Value::Bool(true));
    }
    path(Root::UndefinedConstant(field.into()), &[])
}

/// `has(V.field)`
pub(super) fn has_variable(names: &Names, field: &str) -> Kind {
    let variable = names.variables.get_key_value(field);
    let only = variable.map(|(name, slot)| (name.clone(), *slot)).into_iter().collect();
    let operand = Box::new(Node { kind: Kind::AllVariables(only) });
    Kind::Has { operand, field: field.into() }
}

fn variable(names: &Names, keys: &[&str]) -> Kind {
    let all = &names.variables;
    let Some((name, rest)) = keys.split_first() else {
        let all = all.iter().map(|(name, slot)| (name.clone(), *slot));
        return Kind::AllVariables(all.collect());
    };
    let slot = all.get(*name).copied().unwrap_or(usize::MAX);
    path(Root::Variable { slot, name: (*name).into() }, rest)
}

/// A type as a value. What is made of names is not folded.
pub(super) fn type_name(name: &str) -> Kind {
    Kind::Settled(Constant::Type(Type::named(name).map_or(name, |(name, _)| name).into()))
}

fn path(root: Root, keys: &[&str]) -> Kind {
    let key = |key: &&str| Key { name: (*key).into(), in_brackets: false };
    Kind::Path(Path { root, keys: keys.iter().map(key).collect() })
}

/// Takes down which keys of a path were written in brackets, counted from the last.
fn with_brackets(mut kind: Kind, brackets: &[usize]) -> Kind {
    // The first ones may have become a part of the root.
    if let Kind::Path(path) = &mut kind {
        for (at, key) in path.keys.iter_mut().rev().enumerate() {
            key.in_brackets = brackets.contains(&at);
        }
    }
    kind
}

fn constant(constants: &BTreeMap<Box<str>, Value>, keys: &[&str]) -> Kind {
    let Some((name, rest)) = keys.split_first() else {
        let all = constants.iter().map(|(name, value)| (name.clone(), value.clone()));
        return Kind::Given(Value::Map(all.collect()));
    };
    let Some(value) = constants.get(*name) else {
        return path(Root::UndefinedConstant((*name).into()), rest);
    };
    rest.iter().fold(Kind::Given(value.clone()), |kind, key| Kind::Select {
        operand: Box::new(Node { kind }),
        field: (*key).into(),
    })
}

pub(super) fn global(keys: &[&str]) -> Kind {
    match keys.split_first() {
        Some((name, rest)) => path(Root::Global((*name).into()), rest),
        None => path(Root::Globals, &[]),
    }
}

/// Goes down the fields of the messages as far as they are known.
pub(super) fn message_path(name: &str, keys: &[&str]) -> Kind {
    let mut root = match name {
        "request" => Root::Request,
        "P" => Root::Principal,
        "R" => Root::Resource,
        _ => Root::Runtime,
    };
    let mut rest = keys;
    while let Some((key, below)) = rest.split_first() {
        let Some(field) = message_field(&root, message::canonical(key)) else { break };
        (root, rest) = (field, below);
    }
    path(root, rest)
}

fn message_field(root: &Root, field: &str) -> Option<Root> {
    Some(match (root, field) {
        (Root::Request, "principal") => Root::Principal,
        (Root::Request, "resource") => Root::Resource,
        (Root::Request, "auxData") => Root::AuxData,
        (Root::Principal, "id") => Root::PrincipalId,
        (Root::Principal, "roles") => Root::PrincipalRoles,
        (Root::Principal, "attr") => Root::PrincipalAttributes,
        (Root::Principal, "policyVersion") => Root::PrincipalPolicyVersion,
        (Root::Principal, "scope") => Root::PrincipalScope,
        (Root::Resource, "kind") => Root::ResourceKind,
        (Root::Resource, "id") => Root::ResourceId,
        (Root::Resource, "attr") => Root::ResourceAttributes,
        (Root::Resource, "policyVersion") => Root::ResourcePolicyVersion,
        (Root::Resource, "scope") => Root::ResourceScope,
        (Root::AuxData, "jwt") => Root::Claims,
        (Root::AuxData, "jwts") => Root::NamedTokens,
        (Root::Runtime, "effectiveDerivedRoles") => Root::EffectiveDerivedRoles,
        _ => return None,
    })
}
