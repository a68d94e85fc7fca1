//! Only an answer to the very question is one.

use jiff::Timestamp;

use crate::cerbos_api::convert::Unusable;
use crate::cerbos_api::proto::cerbos::{
    effect::v1::Effect as WireEffect,
    response::v1::{
        CheckResourcesResponse,
        check_resources_response::{ResultEntry, result_entry},
    },
};
use crate::engine::model::{
    Action, AuxData, CheckInput, CheckOutput, Effect, Map, PolicyVersion, Principal, Resource,
    Scope,
};
use crate::remote_pdp::{UnusableAnswer, answer};

const REQUEST: &str = "0190-request";

fn good(effect: WireEffect) -> CheckResourcesResponse {
    CheckResourcesResponse {
        request_id: REQUEST.to_owned(),
        results: vec![ResultEntry {
            resource: Some(result_entry::Resource {
                id: "7".to_owned(),
                kind: "invoice".to_owned(),
                policy_version: String::new(),
                scope: "acme".to_owned(),
            }),
            actions: [("view".to_owned(), effect.into())].into(),
            ..ResultEntry::default()
        }],
        cerbos_call_id: "anything".to_owned(),
    }
}

fn read(response: CheckResourcesResponse) -> Result<CheckOutput, UnusableAnswer> {
    let principal = Principal {
        id: "u".into(),
        roles: vec!["viewer".parse().unwrap()],
        policy_version: PolicyVersion::unset(),
        scope: Scope::unset(),
        attr: Map::default(),
    };
    let resource = Resource {
        kind: "invoice".parse().unwrap(),
        id: "7".into(),
        policy_version: PolicyVersion::unset(),
        scope: "acme".parse().unwrap(),
        attr: Map::default(),
    };
    let actions: [Action; 1] = ["view".parse().unwrap()];
    let input = CheckInput {
        principal: &principal,
        resource: &resource,
        actions: &actions,
        aux_data: &AuxData::default(),
        now: Timestamp::UNIX_EPOCH,
        now_attributes: &[],
    };
    answer::read(response, REQUEST, &input)
}

#[test]
fn an_answer_to_the_question_is_taken() {
    for (wire, effect) in [(WireEffect::Allow, Effect::Allow), (WireEffect::Deny, Effect::Deny)] {
        let output = read(good(wire)).unwrap();
        assert_eq!(output.actions.len(), 1);
        assert_eq!(output.actions[0].effect, effect);
    }
}

#[track_caller]
fn refused(change: impl Fn(&mut CheckResourcesResponse), expected: &UnusableAnswer) {
    let mut response = good(WireEffect::Allow);
    change(&mut response);
    assert_eq!(read(response).as_ref(), Err(expected));
}

#[test]
fn an_answer_to_another_question_is_none() {
    refused(|answer| answer.request_id.clear(), &UnusableAnswer::OtherRequest);
    refused(|answer| answer.results.clear(), &UnusableAnswer::Resources(0));
    let twice =
        |answer: &mut CheckResourcesResponse| answer.results.extend(good(WireEffect::Deny).results);
    refused(twice, &UnusableAnswer::Resources(2));
    refused(|answer| answer.results[0].resource = None, &UnusableAnswer::OtherResource);
    let of_resource: [fn(&mut result_entry::Resource); 4] = [
        |resource| resource.id = "8".to_owned(),
        |resource| resource.kind = "payout".to_owned(),
        |resource| resource.policy_version = "v2".to_owned(),
        |resource| resource.scope = "globex".to_owned(),
    ];
    for change in of_resource {
        let change = |answer: &mut CheckResourcesResponse| {
            change(answer.results[0].resource.as_mut().unwrap());
        };
        refused(change, &UnusableAnswer::OtherResource);
    }
}

#[test]
fn an_effect_that_is_not_of_the_action_or_not_known_is_none() {
    let action = || "view".to_owned();
    let allow = i32::from(WireEffect::Allow);
    refused(
        |answer| answer.results[0].actions.clear(),
        &Unusable::Unanswered { action: action() }.into(),
    );
    let other = |answer: &mut CheckResourcesResponse| {
        answer.results[0].actions = [("edit".to_owned(), allow)].into();
    };
    refused(other, &UnusableAnswer::OtherActions);
    let more = |answer: &mut CheckResourcesResponse| {
        answer.results[0].actions.insert("edit".to_owned(), allow);
    };
    refused(more, &UnusableAnswer::OtherActions);
    let unknown = [WireEffect::Unspecified.into(), WireEffect::NoMatch.into(), 4, -1];
    for effect in unknown {
        let change = |answer: &mut CheckResourcesResponse| {
            answer.results[0].actions.insert(action(), effect);
        };
        refused(change, &Unusable::Effect { action: action() }.into());
    }
}
