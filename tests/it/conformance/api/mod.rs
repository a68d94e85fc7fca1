//! The same scenes, asked through both APIs: what portcullis serves, beside what the real PDP serves, over
//! gRPC and as JSON over HTTP. `body` makes the requests, `answer` reads what is JSON, `damage` makes some of them wrong, `server` starts
//! both sides and asks them, `compare` holds their answers against each other.

mod answer;
mod body;
mod compare;
mod damage;
mod server;
mod signer;

use std::collections::BTreeMap;

use fastrand::Rng;
use jiff::Timestamp;
use portcullis::engine::model::SchemaEnforcement;
use serde_json::Value as Json;

use super::{
    most, number, ours,
    plans::{World, trees, trees::ask},
    policy,
    random::Dice,
    scene::{Question, Scene},
    seed,
};
use compare::Compared;
use damage::damage;
use server::{Protocol, Said, Sides};
use signer::Signer;

/// Questions about one directory.
const QUESTIONS: usize = 60;

/// Parts of expressions of which Cerbos makes no plan: what is optional, and lists that are sorted.
const UNPLANNED: [&str; 9] =
    ["optional", ".?", "[?", "{?", "Opt", ".first()", ".last()", "sortBy(", ".sort()"];

#[derive(Debug, Default)]
struct Tally {
    asked: usize,
    answered: usize,
    refused: usize,
    /// The PDP failed where nothing is wrong with the request.
    failed: usize,
    /// Answers that are not those of Cerbos, by the name of the reason.
    excused: BTreeMap<&'static str, usize>,
    /// What the filters that are other ones were excused with.
    trees: trees::Tally,
}

#[derive(Debug)]
struct Difference {
    scene: Scene,
    protocol: Protocol,
    body: Json,
    what: String,
}

#[test]
fn checks_through_the_api_are_those_of_cerbos() {
    let seed = seed();
    let count = number("CONFORMANCE_API", 300);
    report(seed, run(&mut Rng::with_seed(seed), count.try_into().unwrap(), checks));
}

#[test]
fn plans_through_the_api_are_those_of_cerbos() {
    let seed = seed();
    let count = number("CONFORMANCE_API_PLANS", 150);
    report(seed, run(&mut Rng::with_seed(seed), count.try_into().unwrap(), plans));
}

/// What one directory is asked.
type Part = fn(&mut Rng, &Scene, &Sides, &mut [Tally; 2]) -> Vec<(Protocol, Json, String)>;

/// Asks both over each protocol `count` times.
fn run(dice: &mut Rng, count: usize, part: Part) -> ([Tally; 2], Vec<Difference>) {
    let (mut tallies, mut found) = (<[Tally; 2]>::default(), Vec::new());
    let signer = Signer::generate();
    while tallies.iter().any(|tally| tally.asked < count) && found.len() < most() {
        let mut scene = policy::directory(dice, 1, QUESTIONS);
        if std::ptr::fn_addr_eq(part, plans as Part) {
            if !is_planned(&scene) {
                continue;
            }
            // What they deny says nothing of rules.
            scene.settings.schema_enforcement = SchemaEnforcement::None;
        }
        if ours::compile(&scene).is_err() {
            continue;
        }
        // Whether both load the same is asked elsewhere.
        let Ok(sides) = Sides::start(&scene, signer.clone()) else { continue };
        let differences = part(dice, &scene, &sides, &mut tallies);
        found.extend(differences.into_iter().map(|(protocol, body, what)| Difference {
            scene: scene.clone(),
            protocol,
            body,
            what,
        }));
    }
    (tallies, found)
}

/// Whether Cerbos can plan what is in all conditions. Where it cannot, it fails whenever it meets one of them,
/// which is at most questions about a directory.
fn is_planned(scene: &Scene) -> bool {
    scene.texts().all(|(_, text)| UNPLANNED.iter().all(|part| !text.contains(part)))
}

fn report(seed: u64, (tallies, found): ([Tally; 2], Vec<Difference>)) {
    for (protocol, tally) in Protocol::ALL.iter().zip(&tallies) {
        println!("SEED={seed}: {protocol:?} {tally:?}");
    }
    for Difference { scene, protocol, body, what } in &found {
        scene.files.iter().for_each(|(path, policy)| println!("{path}: {policy}"));
        println!("{:?}\n{protocol:?} {body}\n{what}\n", scene.settings);
    }
    assert!(found.is_empty(), "SEED={seed}: {} answers differ", found.len());
}

fn checks(
    dice: &mut Rng,
    scene: &Scene,
    sides: &Sides,
    tallies: &mut [Tally; 2],
) -> Vec<(Protocol, Json, String)> {
    let mut found = Vec::new();
    let mut left = &scene.questions[..];
    while !left.is_empty() {
        let (asked, rest) = left.split_at(left.len().min(*dice.pick(&[1, 1, 1, 2, 5])));
        left = rest;
        let mut body = body::check(asked, &sides.signer);
        let is_damaged = dice.percent(20) && damage(dice, &mut body);
        for (protocol, tally) in Protocol::ALL.into_iter().zip(&mut *tallies) {
            let Some((ours, theirs)) = sides.check(protocol, &body) else { continue };
            tally.count(&theirs, is_damaged);
            let compared = compare::checks(&body, &ours, &theirs, is_damaged);
            found.extend(tally.take(compared).map(|what| (protocol, body.clone(), what)));
        }
    }
    found
}

fn plans(
    dice: &mut Rng,
    scene: &Scene,
    sides: &Sides,
    tallies: &mut [Tally; 2],
) -> Vec<(Protocol, Json, String)> {
    let policies = ours::compile(scene).unwrap();
    let mut found = Vec::new();
    for question in &scene.questions {
        let (question, known): (Question, _) = ask(dice, question);
        let mut body = body::plan(&question, &known, &sides.signer);
        let is_damaged = dice.percent(20) && damage(dice, &mut body);
        let aux_data = question.aux_data();
        #[expect(clippy::disallowed_methods, reason = "the PDP reads its clock")]
        let now = Timestamp::now();
        let principal = &question.principal;
        let world = World { policies: &policies, principal, aux_data: &aux_data, now };
        for (protocol, tally) in Protocol::ALL.into_iter().zip(&mut *tallies) {
            let Some((ours, theirs)) = sides.plan(protocol, &body) else { continue };
            tally.count(&theirs, is_damaged);
            let asked = (&question, &known);
            let compared = if is_damaged {
                compare::refusals(&ours, &theirs)
            } else {
                let (answers, trees) = ((&ours, &theirs), &mut tally.trees);
                compare::plans((dice, trees), (scene, &world), asked, answers, || sides.reason())
            };
            found.extend(tally.take(compared).map(|what| (protocol, body.clone(), what)));
        }
    }
    found
}

// === impl Tally ===

impl Tally {
    fn count<A>(&mut self, theirs: &Said<A>, is_damaged: bool) {
        self.asked += 1;
        match theirs {
            Ok(_) => self.answered += 1,
            Err(_) if is_damaged => self.refused += 1,
            Err(_) => self.failed += 1,
        }
    }

    /// What is different.
    fn take(&mut self, compared: Compared) -> Option<String> {
        match compared {
            Compared::Equal => None,
            Compared::Excused(name) => {
                *self.excused.entry(name).or_default() += 1;
                None
            }
            Compared::Different(what) => Some(what),
        }
    }
}
