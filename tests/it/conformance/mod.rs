//! Our engine against Cerbos's own PDP: the same policies, the same questions, the same answers?
//!
//! `scene` is what both are given, `pdp` the real one, `ours` ours, `compare` looks at their
//! answers field by field. `expressions` compares expressions one by one, `mutate` asks which
//! directories load, `suites` runs policy test suites. `plans` does with filters what `decisions` does with answers, and holds them against
//! our own checks. `deciders` tells which kind of rule decided. A run of 200,000 decisions or of 50,000
//! expressions fails as well if it allowed too little or met a kind of rule or a function too seldom.
//! What was found once is a case in `tests/data` or in the tests of its room. `soundness` compares our engine with itself behind the cache's key: `requests` does so with all that a route can read, `remembering` with the cache itself, and `unread` changes what must not matter. `api` asks both through their APIs. The sizes and the seed come from the environment: `make test` runs a small piece, `make conformance` all of it.

mod api;
mod compare;
mod deciders;
mod decisions;
mod expression;
mod expressions;
mod memory;
mod mutate;
mod ours;
mod pdp;
mod plans;
mod policy;
mod questions;
mod random;
mod remembering;
mod report;
mod requests;
mod scene;
mod shrink;
mod soundness;
mod suites;
mod unread;

use std::env;

/// A number from the environment.
fn number(name: &str, otherwise: u64) -> u64 {
    env::var(name).ok().map_or(otherwise, |text| text.parse().unwrap())
}

/// `$SEED`, or one that nobody chose.
fn seed() -> u64 {
    number("SEED", fastrand::u64(..))
}

/// A run of as many expressions must have met every function with as many values.
const LONG: u64 = 50_000;
const VALUES: usize = 200;
/// Functions that a run names, those with the fewest values.
const SHOWN: usize = 40;

/// Differences after which a run gives up.
fn most() -> usize {
    number("CONFORMANCE_MOST", 10).try_into().unwrap()
}

#[test]
fn expressions_mean_what_they_mean_in_cerbos() {
    let seed = seed();
    let count = number("CONFORMANCE_EXPRESSIONS", 2_000);
    let mut dice = fastrand::Rng::with_seed(seed);
    let (exercised, found) = expressions::run(&mut dice, count.try_into().unwrap(), most());
    println!("SEED={seed}: {} expressions", exercised.expressions);
    println!(
        "refused {}, values {}, errors {}, faults {}",
        exercised.refused, exercised.values, exercised.errors, exercised.faults
    );
    let rare = exercised.rarer_than(if count < LONG { usize::MAX } else { VALUES });
    rare.iter().take(SHOWN).for_each(|function| println!("{function}"));
    assert!(found.is_empty(), "SEED={seed}: {} expressions differ", found.len());
    assert!(count < LONG || rare.is_empty(), "SEED={seed}: values below {VALUES}: {rare:?}");
}

#[test]
fn decisions_are_those_of_cerbos() {
    let seed = seed();
    let count = number("CONFORMANCE_DECISIONS", 5_000);
    let mut dice = fastrand::Rng::with_seed(seed);
    let (tally, found) = decisions::run(&mut dice, count.try_into().unwrap(), most());
    println!("SEED={seed}: {tally}");
    for found in &found {
        println!("{}", found.difference);
        for (path, policy) in &found.scene.files {
            println!("{path}: {policy}");
        }
        println!("{:?}", found.scene.settings);
        println!(
            "{}\n",
            found.scene.questions.first().map(scene::Question::to_json).unwrap_or_default()
        );
    }
    assert!(found.is_empty(), "SEED={seed}: {} directories differ", found.len());
    assert_eq!(tally.missing(), Vec::<String>::new(), "SEED={seed}: met too seldom");
}

#[test]
fn suites_have_the_verdicts_that_they_have_in_cerbos() {
    let seed = seed();
    let count = number("CONFORMANCE_SUITES", 40);
    let mut dice = fastrand::Rng::with_seed(seed);
    let (tally, found) = suites::run(&mut dice, count.try_into().unwrap(), most());
    println!("SEED={seed}: {tally}");
    found.iter().for_each(|found| println!("{found}\n"));
    assert!(found.is_empty(), "SEED={seed}: {} directories differ", found.len());
    assert_eq!(tally.missing(), Vec::<&str>::new(), "SEED={seed}: met too seldom");
}

#[test]
fn what_cerbos_loads_loads_and_what_it_refuses_is_refused() {
    let seed = seed();
    println!("SEED={seed}");
    let tally = mutate::run(seed, number("CONFORMANCE_DIRECTORIES", 500));
    println!("SEED={seed}: {tally}");
    assert_eq!(tally.different(), 0, "SEED={seed}: directories differ");
}
