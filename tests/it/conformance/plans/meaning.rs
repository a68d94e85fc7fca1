//! Does a filter say of a resource what a check says of it?

use std::fmt;

use fastrand::Rng;
use jiff::Timestamp;
use portcullis::engine::{
    PolicySet,
    model::{Map, Resource},
    plan::{Filter, PlanInput},
};

use super::{World, planned, some, with};
use crate::conformance::{
    number, ours, policy, questions,
    random::Dice,
    scene::{Question, Scene},
};

/// The piece that all tests contain is always the same one.
const SEED: u64 = 1;
/// Questions about one directory.
const QUESTIONS: usize = 150;
/// Resources that are held against one filter.
const RESOURCES: usize = 30;

/// What a run has met.
#[derive(Debug, Default)]
struct Tally {
    compared: usize,
    allowed: usize,
    always: usize,
    never: usize,
    conditional: usize,
    /// In strict evaluation, where a condition fails that a check does not come to.
    stricter: usize,
}

/// One question that has two answers.
#[derive(Debug)]
struct Difference {
    scene: Scene,
    filter: String,
    known: Map,
    resource: Resource,
    allowed: bool,
}

#[test]
fn meaning_of_filters_is_what_checks_say() {
    let seed = number("SEED", SEED);
    let count = number("PLANS", 8_000).try_into().unwrap();
    let (tally, difference) = run(&mut Rng::with_seed(seed), count);
    println!("SEED={seed}: {tally:?}");
    if let Some(difference) = difference {
        panic!("SEED={seed}: {difference}");
    }
    // A run that says little has met everything nevertheless.
    assert!(tally.conditional * 60 > tally.always + tally.never, "SEED={seed}: {tally:?}");
    assert!(tally.allowed * 10 > tally.compared, "SEED={seed}: {tally:?}");
}

fn run(dice: &mut Rng, count: usize) -> (Tally, Option<Difference>) {
    let mut tally = Tally::default();
    while tally.compared < count {
        let scene = policy::directory(dice, 1, QUESTIONS);
        let Ok(policies) = ours::compile(&scene) else { continue };
        for at in 0..scene.questions.len() {
            if let Some(difference) = compare(dice, &scene.asking(at), &policies, &mut tally) {
                return (tally, Some(difference));
            }
        }
    }
    (tally, None)
}

fn compare(
    dice: &mut Rng,
    scene: &Scene,
    policies: &PolicySet,
    tally: &mut Tally,
) -> Option<Difference> {
    let question = &scene.questions[0];
    let percent = *dice.pick(&[0, 0, 20, 60]);
    let known = some(dice, &question.resource.attr, percent);
    let count = *dice.pick(&[1, 1, 1, 2, 3]);
    let actions = &question.actions[..question.actions.len().min(count)];
    let aux_data = question.aux_data();
    let now: Timestamp = "2026-11-23T10:00:00Z".parse().unwrap();
    let output = policies.plan(&PlanInput {
        principal: &question.principal,
        resource: &planned(&question.resource, known.clone()),
        actions,
        aux_data: &aux_data,
        now,
    });
    let kind = match output.filter {
        Filter::AlwaysAllowed => &mut tally.always,
        Filter::AlwaysDenied => &mut tally.never,
        Filter::Conditional(_) => &mut tally.conditional,
    };
    *kind += 1;
    let world = World { policies, principal: &question.principal, aux_data: &aux_data, now };
    for _ in 0..if matches!(output.filter, Filter::Conditional(_)) { RESOURCES } else { 1 } {
        let resource = Resource {
            id: (*dice.pick(&["1", "2", "alice"])).into(),
            attr: with(&questions::attributes(dice), &known),
            ..question.resource.clone()
        };
        let Some(allowed) = world.check(&resource, actions, &scene.settings) else {
            continue;
        };
        let admitted = world.admits(&output.filter, &resource);
        tally.compared += 1;
        tally.allowed += usize::from(allowed);
        if allowed && !admitted && scene.settings.strict_evaluation {
            tally.stricter += 1;
        } else if allowed != admitted {
            let filter = output.filter_debug();
            let mut scene = scene.clone();
            scene.questions[0].actions = actions.to_vec();
            return Some(Difference { scene, filter, known, resource, allowed });
        }
    }
    None
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scene, filter, known, resource, allowed } = self;
        for (path, policy) in &scene.files {
            writeln!(f, "{path}: {policy}")?;
        }
        let question: &Question = &scene.questions[0];
        writeln!(f, "{:?}\n{}", scene.settings, question.to_json())?;
        writeln!(f, "known {}\nfilter {filter}", known.to_json())?;
        write!(f, "for {} the check says {allowed}", resource.attr.to_json())
    }
}
