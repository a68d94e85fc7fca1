//! The key of what another PDP is asked: whatever is sent makes another one, and nothing else does.

use std::collections::HashSet;

use crate::decision::{CacheKey, Generation};
use crate::engine::model::{Action, AuxData, CheckInput, Map, Principal, Resource, Value};

#[derive(Clone)]
struct Sent {
    generation: Generation,
    principal: Principal,
    resource: Resource,
    actions: Vec<Action>,
    token: Option<&'static [u8]>,
    aux_data: AuxData,
    now: &'static str,
}

fn attr(pairs: &[(&str, Value)]) -> Map {
    pairs.iter().cloned().collect()
}

fn sent() -> Sent {
    Sent {
        generation: Generation::FIRST,
        principal: Principal {
            id: "ab".into(),
            roles: vec!["c".parse().unwrap(), "d".parse().unwrap()],
            policy_version: "".parse().unwrap(),
            scope: "".parse().unwrap(),
            attr: attr(&[("a", Value::Number(1.0))]),
        },
        resource: Resource {
            kind: "k".parse().unwrap(),
            id: "i".into(),
            policy_version: "".parse().unwrap(),
            scope: "".parse().unwrap(),
            attr: attr(&[("b", Value::Number(1.0))]),
        },
        actions: vec!["view".parse().unwrap()],
        token: Some(b"a.b.c"),
        aux_data: AuxData::default(),
        now: "2026-11-23T10:00:00Z",
    }
}

fn key(sent: &Sent) -> CacheKey {
    let Sent { generation, principal, resource, actions, token, aux_data, now } = sent;
    let now = now.parse().unwrap();
    let input = CheckInput { principal, resource, actions, aux_data, now, now_attributes: &[] };
    CacheKey::of_request(*generation, &input, *token)
}

#[test]
fn whatever_is_sent_makes_another_key() {
    let changes: [fn(&mut Sent); 20] = [
        |_| (),
        |sent| sent.generation = Generation::FIRST.next(),
        |sent| sent.principal.id = "a".into(),
        |sent| sent.principal.roles.reverse(),
        |sent| sent.principal.roles = vec!["cd".parse().unwrap()],
        |sent| sent.principal.policy_version = "v1".parse().unwrap(),
        |sent| sent.principal.scope = "v1".parse().unwrap(),
        |sent| sent.principal.attr = attr(&[("a", Value::Number(2.0))]),
        |sent| sent.principal.attr = attr(&[("a", Value::Null)]),
        |sent| sent.principal.attr = attr(&[]),
        |sent| sent.resource.kind = "ki".parse().unwrap(),
        |sent| sent.resource.id = "ii".into(),
        |sent| sent.resource.policy_version = "v1".parse().unwrap(),
        |sent| sent.resource.scope = "v1".parse().unwrap(),
        |sent| sent.resource.attr = attr(&[("b", Value::String("1".into()))]),
        |sent| sent.actions = vec!["edit".parse().unwrap()],
        |sent| sent.token = Some(b"a.b.d"),
        |sent| sent.token = Some(b""),
        |sent| sent.token = None,
        |sent| std::mem::swap(&mut sent.principal.attr, &mut sent.resource.attr),
    ];
    let keys: HashSet<CacheKey> = changes
        .iter()
        .map(|change| {
            let mut sent = sent();
            change(&mut sent);
            key(&sent)
        })
        .collect();
    assert_eq!(keys.len(), changes.len());
}

#[test]
fn what_is_not_sent_makes_no_other() {
    let mut later = sent();
    later.now = "2026-11-23T11:00:00Z";
    later.aux_data.jwt = attr(&[("sub", Value::String("somebody".into()))]);
    assert_eq!(key(&later), key(&sent()));
}
