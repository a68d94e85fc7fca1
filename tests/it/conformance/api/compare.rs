//! Two answers to one request.

use fastrand::Rng;
use portcullis::{
    cerbos_api::{
        convert::{actions_from_wire, answer_from_wire},
        proto::cerbos::response::v1::{
            CheckResourcesResponse, PlanResourcesResponse, check_resources_response::ResultEntry,
        },
    },
    engine::{
        model::Action,
        plan::{Filter, PlanInput, PlannedResource},
    },
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
    /// For a reason that is known, and has a name.
    Excused(&'static str),
    Different(String),
}

/// Said where the PDP failed in itself.
const INTERNAL: i64 = 13;

/// What it says there, or writes into its log, and what we call it. Whatever else fails is a difference.
const FAILURES: [(&str, &str); 4] = [
    ("invalid UTF-8", "an answer that is no text"),
    ("optional values are not supported", "a plan with what is optional"),
    ("expected call expr", "a plan with a sorted list"),
    ("unsupported expression", "a plan with a loop of constants in a loop"),
];

pub(super) fn checks(
    body: &Json,
    ours: &Said<CheckResourcesResponse>,
    theirs: &Said<CheckResourcesResponse>,
    is_damaged: bool,
) -> Compared {
    match (ours, theirs) {
        (Ok(our), Ok(their)) => of_checks(body, our, their),
        (_, Err(Refusal { code: INTERNAL, message, .. })) if !is_damaged => failure(message),
        _ => refusals(ours, theirs),
    }
}

fn failure(said: &str) -> Compared {
    let known = FAILURES.iter().find(|(text, _)| said.contains(text));
    match known {
        Some((_, name)) => Compared::Excused(name),
        None => Compared::Different(format!("the PDP failed: {said}")),
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
    (dice, tally): (&mut Rng, &mut trees::Tally),
    (scene, world): (&Scene, &World<'_>),
    (question, known): (&Question, &PlannedResource),
    (ours, theirs): (&Said<PlanResourcesResponse>, &Said<PlanResourcesResponse>),
    reason: impl FnOnce() -> String,
) -> Compared {
    let (our, their) = match (ours, theirs) {
        (Ok(our), Ok(their)) => (our, their),
        // Some it cannot make, and only its log says why.
        (_, Err(Refusal { code: INTERNAL, .. })) => return failure(&reason()),
        _ => return refusals(ours, theirs),
    };
    if about(our) != about(their) {
        return different(about(our), about(their));
    }
    let plan = |actions: &[Action]| {
        world.policies.plan(&PlanInput {
            principal: world.principal,
            resource: known,
            actions,
            aux_data: world.aux_data,
            now: world.now,
        })
    };
    let direct = plan(&question.actions);
    let filter = |answer: &PlanResourcesResponse| trees::filter(answer.filter.clone().unwrap());
    let (of_ours, of_theirs) = (trees::normal(&filter(our)), trees::normal(&filter(their)));
    if of_ours != trees::normal(&direct.filter) {
        return different(of_ours, direct.filter);
    }
    if of_ours == of_theirs {
        let depends = |action: &Action| {
            matches!(plan(std::slice::from_ref(action)).filter, Filter::Conditional(_))
        };
        let depending = question.actions.iter().filter(|action| depends(action));
        return metas(our, their, &depending.map(Action::as_str).collect::<Vec<_>>());
    }
    let theirs = their.filter.clone();
    match trees::compare(dice, (scene, world), (question, known), theirs, tally) {
        Some((our, their)) => different(our, their),
        None => Compared::Excused("a filter that is another one"),
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

/// Scopes, and the filter as text, which has one order in us and several in Cerbos, and in which Cerbos
/// says some things twice. Scopes are compared where it depends on the resource whether the action is
/// allowed: docs/compatibility.md.
fn metas(
    ours: &PlanResourcesResponse,
    theirs: &PlanResourcesResponse,
    depending: &[&str],
) -> Compared {
    let (our, their) = (ours.meta.clone().unwrap(), theirs.meta.clone().unwrap());
    let is_ordered = [&our, &their]
        .iter()
        .all(|meta| !meta.filter_debug.contains("(and ") && !meta.filter_debug.contains("(or "));
    let is_equal = (!is_ordered || our.filter_debug == their.filter_debug)
        && depending
            .iter()
            .all(|action| our.matched_scopes.get(*action) == their.matched_scopes.get(*action));
    if is_equal { Compared::Equal } else { different(our, their) }
}

fn different(ours: impl std::fmt::Debug, theirs: impl std::fmt::Debug) -> Compared {
    Compared::Different(format!("ours   {ours:?}\ntheirs {theirs:?}"))
}
