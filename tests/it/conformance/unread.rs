//! What can be changed in a question and no rule can notice: it must not make another key.

use fastrand::Rng;
use portcullis::engine::{
    PolicySet,
    cel::Read,
    model::{Map, Value},
};
use serde_json::{Map as JsonMap, Value as Json, json};

use super::{random::Dice, scene::Question, soundness::with};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Unread {
    PrincipalId,
    PrincipalAttribute,
    ResourceId,
    ResourceAttribute,
    /// Below an attribute of which a rule reads something else.
    Inner,
    /// With the named token of the same claims.
    Claim,
    /// What stands for nothing is written out.
    Default,
}

pub(super) const UNREAD: [Unread; 7] = [
    Unread::PrincipalId,
    Unread::PrincipalAttribute,
    Unread::ResourceId,
    Unread::ResourceAttribute,
    Unread::Inner,
    Unread::Claim,
    Unread::Default,
];

const STRANGER: &str = "nobody_names_this";

// === impl Unread ===

impl Unread {
    /// The question with something else in this place; nothing if all that is there is read.
    pub(super) fn change(
        self,
        dice: &mut Rng,
        question: &Question,
        reads: &[Read],
        policies: &PolicySet,
    ) -> Option<Question> {
        let mut other = question.clone();
        let Question { principal, resource, actions, claims } = &mut other;
        let chain = policies.policy_chain(&question.principal, &question.resource, &actions[0]);
        match self {
            Self::PrincipalId => {
                if chain.principal.is_some() || reads.contains(&Read::PrincipalId) {
                    return None;
                }
                principal.id = STRANGER.into();
            }
            Self::PrincipalAttribute => {
                principal.attr = changed(dice, &principal.attr, |name| {
                    below(reads, principal_path).any(|path| leads(path, name))
                })?;
            }
            Self::ResourceId if reads.contains(&Read::ResourceId) => return None,
            Self::ResourceId => resource.id = STRANGER.into(),
            Self::ResourceAttribute => {
                resource.attr = changed(dice, &resource.attr, |name| {
                    below(reads, resource_path).any(|path| leads(path, name))
                        || reads
                            .iter()
                            .any(|read| matches!(read, Read::ResourceTime(time) if **time == *name))
                })?;
            }
            Self::Inner => {
                if let Some(attr) = changed_below(&principal.attr, reads, principal_path) {
                    principal.attr = attr;
                } else {
                    resource.attr = changed_below(&resource.attr, reads, resource_path)?;
                }
            }
            Self::Claim => {
                if reads.contains(&Read::NamedTokens) {
                    return None;
                }
                let mut all = claims.clone().unwrap_or_default();
                let name = pick_name(dice, all.keys().map(String::as_str));
                if below(reads, claim_path).any(|path| leads(path, &name)) {
                    return None;
                }
                flip(&mut all, &name);
                *claims = Some(all);
            }
            Self::Default => return written_out(question, reads, policies),
        }
        Some(other)
    }
}

/// With the scopes and versions that stand for what the question leaves open, if there are any.
fn written_out(question: &Question, reads: &[Read], policies: &PolicySet) -> Option<Question> {
    let mut other = question.clone();
    let Question { principal, resource, actions, .. } = &mut other;
    let chain = policies.policy_chain(&question.principal, &question.resource, &actions[0]);
    let is_read = |read| reads.contains(&read);
    let mut is_other = false;
    if principal.scope.as_str().is_empty() && !is_read(Read::PrincipalScope) {
        principal.scope = chain.principal_scope.parse().unwrap();
        is_other |= !principal.scope.as_str().is_empty();
    }
    if resource.scope.as_str().is_empty() && !is_read(Read::ResourceScope) {
        resource.scope = chain.resource_scope.parse().unwrap();
        is_other |= !resource.scope.as_str().is_empty();
    }
    let version = &mut principal.policy_version;
    if version.as_str().is_empty() && !is_read(Read::PrincipalPolicyVersion) {
        *version = chain.principal_version.parse().unwrap();
        is_other = true;
    }
    let version = &mut resource.policy_version;
    if version.as_str().is_empty() && !is_read(Read::ResourcePolicyVersion) {
        *version = chain.resource_version.parse().unwrap();
        is_other = true;
    }
    is_other.then_some(other)
}

/// The paths of one root that are read.
fn below(
    reads: &[Read],
    path: fn(&Read) -> Option<&[Box<str>]>,
) -> impl Iterator<Item = &[Box<str>]> {
    reads.iter().filter_map(path)
}

fn principal_path(read: &Read) -> Option<&[Box<str>]> {
    if let Read::PrincipalAttribute(path) = read { Some(path) } else { None }
}

fn resource_path(read: &Read) -> Option<&[Box<str>]> {
    if let Read::ResourceAttribute(path) = read { Some(path) } else { None }
}

fn claim_path(read: &Read) -> Option<&[Box<str>]> {
    if let Read::Claim(path) = read { Some(path) } else { None }
}

/// Whether something of the attribute is read.
fn leads(path: &[Box<str>], name: &str) -> bool {
    path.first().is_none_or(|first| **first == *name)
}

fn pick_name<'n>(dice: &mut Rng, names: impl Iterator<Item = &'n str>) -> String {
    let names: Vec<&str> = names.chain([STRANGER]).collect();
    (*dice.pick(&names)).to_owned()
}

fn changed(dice: &mut Rng, map: &Map, is_read: impl Fn(&str) -> bool) -> Option<Map> {
    let name = pick_name(dice, map.iter().map(|(name, _)| name));
    if is_read(&name) {
        return None;
    }
    let without = map.iter().filter(|(known, _)| **known != *name);
    let without: Map = without.map(|(name, value)| (name, value.clone())).collect();
    // It goes, or it is something that no question has.
    Some(if dice.bool() { without } else { with(&without, &name, Value::String(STRANGER.into())) })
}

/// A map of which only other entries are read gets another one.
fn changed_below(map: &Map, reads: &[Read], path: fn(&Read) -> Option<&[Box<str>]>) -> Option<Map> {
    let name = map.iter().find_map(|(name, value)| {
        let of_it: Vec<_> = below(reads, path).filter(|path| leads(path, name)).collect();
        let is_inside = |path: &&[Box<str>]| path.len() > 1;
        let is_inner = !of_it.is_empty() && of_it.iter().all(is_inside);
        (is_inner && matches!(value, Value::Map(_))).then(|| name.to_owned())
    })?;
    let Some(Value::Map(inner)) = map.get(&name) else { return None };
    let inner = Value::Map(with(inner, STRANGER, Value::Bool(true)));
    let others = map.iter().filter(|(known, _)| **known != *name);
    let others: Map = others.map(|(name, value)| (name, value.clone())).collect();
    Some(with(&others, &name, inner))
}

fn flip(claims: &mut JsonMap<String, Json>, name: &str) {
    if claims.remove(name).is_none() {
        claims.insert(name.to_owned(), json!(STRANGER));
    }
}
