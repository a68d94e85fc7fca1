//! Two answers to one request.

use fastrand::Rng;
use portcullis::{
    cerbos_api::{
        convert::{actions_from_wire, answer_from_wire},
        proto::cerbos::response::v1::{
            CheckResourcesResponse, PlanResourcesResponse, check_resources_response::ResultEntry,
        },
    },
    engine::plan::{PlanInput, PlannedResource},
};
use serde_json::Value as Json;

use super::server::{Refusal, Said};
use crate::conformance::{
    compare,
    plans::{World, trees},
    scene::{Question, Scene},
};

#[derive(Debug, PartialEq)]
pub(super) enum Compared {
    Equal,
    /// For a reason that is known.
    Excused,
    Different(String),
}

/// Said where the PDP failed in itself.
const INTERNAL: i64 = 13;

pub(super) fn checks(
    body: &Json,
    ours: &Said<CheckResourcesResponse>,
    theirs: &Said<CheckResourcesResponse>,
    is_damaged: bool,
) -> Compared {
    match (ours, theirs) {
        (Ok(our), Ok(their)) => of_checks(body, our, their),
        // An answer that holds something that is no text cannot be sent.
        (_, Err(Refusal { code: INTERNAL, .. })) if !is_damaged => Compared::Excused,
        _ => refusals(ours, theirs),
    }
}

fn of_checks(
    body: &Json,
    ours: &CheckResourcesResponse,
    theirs: &CheckResourcesResponse,
) -> Compared {
    let about = |answer: &CheckResourcesResponse| {
        let resources: Vec<_> = answer.results.iter().map(|entry| entry.resource.clone()).collect();
        (answer.request_id.clone(), answer.cerbos_call_id.len(), resources)
    };
    if about(ours) != about(theirs) {
        return different(about(ours), about(theirs));
    }
    let entries = ours.results.iter().zip(&theirs.results).enumerate();
    for (at, (our, their)) in entries {
        let actions: Vec<String> =
            serde_json::from_value(body["resources"][at]["actions"].clone()).unwrap();
        let actions = actions_from_wire(&actions).unwrap();
        let read = |entry: &ResultEntry| answer_from_wire(entry.clone(), &actions).unwrap();
        if let Some(difference) = compare::answers(&read(our), &read(their)) {
            return Compared::Different(difference.to_string());
        }
    }
    Compared::Equal
}

/// Both refuse, with the same words, or neither does.
pub(super) fn refusals<A>(ours: &Said<A>, theirs: &Said<A>) -> Compared {
    match (ours.as_ref().err(), theirs.as_ref().err()) {
        (our, their) if our == their => Compared::Equal,
        (our, their) => different(our, their),
    }
}

pub(super) fn plans(
    dice: &mut Rng,
    (scene, world): (&Scene, &World<'_>),
    (question, known): (&Question, &PlannedResource),
    ours: &Said<PlanResourcesResponse>,
    theirs: &Said<PlanResourcesResponse>,
) -> Compared {
    let (our, their) = match (ours, theirs) {
        (Ok(our), Ok(their)) => (our, their),
        // Some it cannot make.
        (_, Err(Refusal { code: INTERNAL, .. })) => return Compared::Excused,
        _ => return refusals(ours, theirs),
    };
    if about(our) != about(their) {
        return different(about(our), about(their));
    }
    let direct = world.policies.plan(&PlanInput {
        principal: world.principal,
        resource: known,
        actions: &question.actions,
        aux_data: world.aux_data,
        now: world.now,
    });
    let filter = |answer: &PlanResourcesResponse| trees::filter(answer.filter.clone().unwrap());
    let (of_ours, of_theirs) = (trees::normal(&filter(our)), trees::normal(&filter(their)));
    if of_ours != trees::normal(&direct.filter) {
        return different(of_ours, direct.filter);
    }
    if of_ours == of_theirs {
        let (our, their) = (meta(our), meta(their));
        return if our == their { Compared::Equal } else { different(our, their) };
    }
    let mut tally = trees::Tally::default();
    let theirs = their.filter.clone();
    match trees::compare(dice, (scene, world), (question, known), theirs, &mut tally) {
        Some((our, their)) => different(our, their),
        None => Compared::Excused,
    }
}

/// Everything but what is planned.
fn about(answer: &PlanResourcesResponse) -> impl PartialEq + std::fmt::Debug {
    (
        (answer.request_id.clone(), answer.action.clone(), answer.actions.clone()),
        (answer.resource_kind.clone(), answer.policy_version.clone()),
        (answer.validation_errors.clone(), answer.cerbos_call_id.len()),
    )
}

/// Scopes, and the filter as text, which has one order in us and several in Cerbos. The scopes of a plan that
/// is the same for all resources are not compared: docs/compatibility.md.
fn meta(answer: &PlanResourcesResponse) -> impl PartialEq + std::fmt::Debug {
    let meta = answer.meta.clone().unwrap();
    let is_conditional = answer.filter.as_ref().is_some_and(|filter| filter.condition.is_some());
    let text = meta.filter_debug;
    let text = (!text.contains("(and ") && !text.contains("(or ")).then_some(text);
    let mut scopes: Vec<_> = meta.matched_scopes.into_iter().filter(|_| is_conditional).collect();
    scopes.sort();
    (text, scopes)
}

fn different(ours: impl std::fmt::Debug, theirs: impl std::fmt::Debug) -> Compared {
    Compared::Different(format!("ours   {ours:?}\ntheirs {theirs:?}"))
}
