//! Decisions over random directories: every field of every answer.

use fastrand::Rng;
use portcullis::engine::model::{CheckOutput, Effect};

use super::{
    compare::{self, Difference, Kind},
    ours,
    pdp::Pdp,
    policy,
    random::Dice,
    report::Tally,
    scene::Scene,
    shrink,
};

/// Questions about one set of policies.
const EACH: usize = 24;

#[derive(Debug)]
pub(super) struct Found {
    pub difference: Difference,
    pub scene: Scene,
}

/// Runs until `count` decisions were compared; the differences, made small.
pub(super) fn run(dice: &mut Rng, count: usize, most: usize) -> (Tally, Vec<Found>) {
    let mut tally = Tally::default();
    let mut found = Vec::new();
    while tally.decisions < count && found.len() < most {
        // Few sets leave scopes missing, many are quick.
        let sets = *dice.pick(&[1, 2, 5, 30, 60]);
        let scene = policy::directory(dice, sets, EACH);
        if let Some((scene, difference)) = compare_scene(&scene, Some(&mut tally)) {
            println!("{difference}");
            let (scene, difference) = shrink::scene(scene, difference);
            found.push(Found { difference, scene });
        }
    }
    (tally, found)
}

/// The first difference, and the scene with that question alone.
pub(super) fn compare_scene(
    scene: &Scene,
    mut tally: Option<&mut Tally>,
) -> Option<(Scene, Difference)> {
    let (policies, pdp) = match (ours::compile(scene), Pdp::start(scene)) {
        (Ok(policies), Ok(pdp)) => (policies, pdp),
        (Err(_), Err(_)) => {
            tally.iter_mut().for_each(|tally| tally.refused += 1);
            return None;
        }
        (ours, theirs) => {
            let ours = ours.err().map(|errors| errors.to_string());
            let difference =
                Difference::new(Kind::Loading, ours, theirs.err().map(|refused| refused.0));
            return Some((scene.clone(), difference));
        }
    };
    let answers = pdp.ask(&scene.questions);
    for (at, (question, theirs)) in scene.questions.iter().zip(answers).enumerate() {
        // An answer that holds something that is no text cannot be sent.
        let Ok(theirs) = theirs else {
            tally.iter_mut().for_each(|tally| tally.faults += 1);
            continue;
        };
        let ours = ours::ask(&policies, question);
        if let Some(difference) = compare::answers(&ours, &theirs) {
            return Some((scene.asking(at), difference));
        }
        tally.iter_mut().for_each(|tally| tally.count(scene, question, &ours));
    }
    None
}

pub(super) fn allowed(output: &CheckOutput) -> usize {
    output.actions.iter().filter(|action| action.effect == Effect::Allow).count()
}
