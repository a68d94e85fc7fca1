//! An answer that goes over the wire comes back as it was.

use prost::Message;
use serde_json::json;

use crate::cerbos_api::convert::{
    Unusable, answer_from_wire, answer_to_wire, question_to_wire, value_from_wire, value_to_wire,
};
use crate::cerbos_api::proto::cerbos::response::v1::check_resources_response::ResultEntry;
use crate::engine::model::{
    Action, ActionOutput, CheckOutput, ClockUse, Effect, Map, OutputEntry, OutputValue,
    PolicyVersion, Principal, Resource, Scope, ValidationError, ValidationSource, Value,
};

fn resource() -> Resource {
    Resource {
        kind: "invoice".parse().unwrap(),
        id: "7".into(),
        policy_version: "v2".parse().unwrap(),
        scope: "acme.hr".parse().unwrap(),
        attr: [("amount", Value::Number(12.5))].into_iter().collect(),
    }
}

fn answer() -> CheckOutput {
    let action = |name: &str| name.parse::<Action>().unwrap();
    let decided = |name, effect, policy: &str, scope: &str| ActionOutput {
        action: action(name),
        effect,
        policy: policy.into(),
        scope: scope.into(),
    };
    CheckOutput {
        actions: vec![
            decided("view", Effect::Allow, "resource.invoice.vv2/acme", "acme"),
            decided("edit", Effect::Deny, "NO_MATCH", ""),
        ],
        effective_derived_roles: vec!["approver".into(), "owner".into()],
        outputs: vec![
            OutputEntry {
                src: "resource.invoice.vv2#rule-001".into(),
                action: action("view"),
                value: OutputValue::Value(json!([null, true, 1.5, "é", {"a": []}]).into()),
            },
            OutputEntry {
                src: "resource.invoice.vv2#rule-002".into(),
                action: action("view"),
                value: OutputValue::Error("no such key: x".into()),
            },
        ],
        validation_errors: vec![ValidationError {
            path: "/a".into(),
            message: "not failed".into(),
            source: ValidationSource::Principal,
        }],
        evaluation_errors: Vec::new(),
        clock: ClockUse::Read,
        exhausted: false,
    }
}

#[test]
fn an_answer_comes_back_as_it_was() {
    let answer = answer();
    let bytes = answer_to_wire(&resource(), &answer).encode_to_vec();
    let entry = ResultEntry::decode(&*bytes).unwrap();
    let actions: Vec<Action> = answer.actions.iter().map(|one| one.action.clone()).collect();
    assert_eq!(answer_from_wire(entry, &actions).unwrap(), answer);
}

#[test]
fn an_action_without_an_answer_is_a_mistake_of_the_other_side() {
    let mut entry = answer_to_wire(&resource(), &answer());
    let delete: Action = "delete".parse().unwrap();
    assert_eq!(
        answer_from_wire(entry.clone(), std::slice::from_ref(&delete)),
        Err(Unusable::Unanswered { action: "delete".into() })
    );
    entry.actions.insert("delete".into(), 0);
    assert_eq!(
        answer_from_wire(entry, &[delete]),
        Err(Unusable::Effect { action: "delete".into() })
    );
}

#[test]
fn a_question_names_everything_that_was_given() {
    let principal = Principal {
        id: "u1".into(),
        roles: vec!["user".parse().unwrap()],
        policy_version: PolicyVersion::unset(),
        scope: Scope::unset(),
        attr: Map::default(),
    };
    let actions = ["view".parse().unwrap()];
    let resource = resource();
    let question = question_to_wire(&principal, [(&resource, &actions[..])], None);
    assert!(question.include_meta);
    assert_eq!(question.principal.unwrap().roles, ["user"]);
    let [entry] = &question.resources[..] else { panic!("one entry") };
    let asked = entry.resource.clone().unwrap();
    assert_eq!((&*asked.kind, &*asked.policy_version), ("invoice", "v2"));
    assert_eq!((&*asked.id, &*asked.scope), ("7", "acme.hr"));
    assert_eq!(value_from_wire(asked.attr["amount"].clone()), Value::Number(12.5));
    assert_eq!(value_to_wire(&Value::Null).kind, Some(prost_types::value::Kind::NullValue(0)));
}
