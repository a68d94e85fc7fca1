//! Decisions over random directories: every field of every answer.

use std::{fs, path::PathBuf};

use super::{
    compare::{self, Difference, Kind},
    deciders::Marked,
    ours,
    pdp::{self, Pdp},
    policy,
    random::Dice,
    report::Tally,
    scene::Scene,
    shrink,
};
use crate::tools;
use fastrand::Rng;

/// Questions about one directory, shared out among its sets.
const QUESTIONS: usize = 120;

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
        // The PDP takes 0.2 s to start with one set, and 30 s with sixty; questions cost next to
        // nothing. So: few policies, many questions.
        let sets = *dice.pick(&[1, 1, 2, 2, 3, 4]);
        let scene = policy::directory(dice, sets, QUESTIONS / sets);
        if let Some((scene, difference)) = compare_scene(&scene, Some(&mut tally)) {
            println!("{difference}");
            let (scene, difference) = shrink::scene(scene, difference);
            println!("reproduced by {}", keep(&scene, found.len()).display());
            found.push(Found { difference, scene });
        }
    }
    (tally, found)
}

/// Leaves a scene behind as files that a PDP can be started with.
fn keep(scene: &Scene, number: usize) -> PathBuf {
    let folder = tools::root().join(format!("target/conformance/{number}"));
    // A run before this one may have left its own.
    let _ = fs::remove_dir_all(&folder);
    pdp::write(scene, &folder.join("policies"));
    let question = scene.questions.first().map(super::scene::Question::to_json).unwrap_or_default();
    fs::write(folder.join("settings.json"), scene.settings.to_json().to_string()).unwrap();
    fs::write(folder.join("question.json"), question.to_string()).unwrap();
    folder
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
    tally.iter_mut().for_each(|tally| tally.enter(scene));
    let marked = tally.is_some().then(|| Marked::new(scene));
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
        if let (Some(tally), Some(marked)) = (&mut tally, &marked) {
            tally.count(scene, question, &ours, &marked.deciders(question, &ours));
        }
    }
    None
}
