//! The front door under generated attack: `make hostile` sends a million hostile tokens and a million
//! hostile paths, and the tests a few thousand of each. Valid requests are mixed in, so that a house
//! that lets nobody in fails too.

#![expect(clippy::string_slice, reason = "what is cut here is ASCII where it is cut")]

pub(crate) mod canonical;
pub(crate) mod dice;
pub(crate) mod draft;
pub(crate) mod house;
pub(crate) mod keys;
pub(crate) mod paths;
mod tally;
pub(crate) mod tokens;

use std::{env, fmt::Write as _, fs, path::Path, process, sync::Arc};

use jiff::Timestamp;
use tokio::task::JoinSet;

use dice::Dice;
use house::{Attempt, House};
use tally::Tally;
use tokens::Sign;

/// Each worker throws its own dice; the sum is the same for one seed, whatever runs first.
const WORKERS: u64 = 2;

/// A valid request goes out with so many hostile ones.
const VALID_ONE_IN: usize = 8;

#[derive(Clone, Copy)]
struct Plan {
    seed: u64,
    tokens: u64,
    paths: u64,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn hostile_tokens_and_paths_are_refused_and_valid_requests_pass() {
    let plan = Plan::from_environment();
    println!("seed {}", plan.seed);
    let house = Arc::new(House::build().await);
    let (mut of_tokens, mut of_paths) = (Tally::default(), Tally::default());
    let mut workers = JoinSet::new();
    for worker in 0..WORKERS {
        workers.spawn(attack(house.clone(), plan, worker));
    }
    for (tokens, paths) in workers.join_all().await {
        of_tokens.add(tokens);
        of_paths.add(paths);
    }
    let report = format!("seed {}\n{}", plan.seed, report(&of_tokens, &of_paths));
    println!("{report}");
    // `make hostile` shows it last, without the words of the test runner.
    fs::write(Path::new(env!("CARGO_TARGET_TMPDIR")).join("hostile.txt"), report + "\n").unwrap();
    assert_eq!((of_tokens.hostile(), of_paths.hostile()), (plan.tokens, plan.paths));
    assert!(of_tokens.correctly_signed * 2 >= plan.tokens, "signed {}", of_tokens.correctly_signed);
    for tally in [&of_tokens, &of_paths] {
        let wrong = tally.wrong();
        assert!(wrong.is_empty(), "seed {}:\n{}", plan.seed, wrong.join("\n"));
        assert!(tally.valid > 0 && tally.valid == tally.valid_passed, "seed {}", plan.seed);
    }
}

/// One worker's share: tokens first, then paths.
async fn attack(house: Arc<House>, plan: Plan, worker: u64) -> (Tally, Tally) {
    let share = |total: u64| total / WORKERS + u64::from(worker < total % WORKERS);
    let mut dice = Dice::new(plan.seed.wrapping_add(worker.wrapping_mul(0x5851_f42d_4c95_7f2d)));
    let mut of_tokens = Tally::default();
    let families = tokens::families();
    for _ in 0..share(plan.tokens) {
        let family = dice.pick(&families);
        if family.sign == Sign::Correct {
            of_tokens.correctly_signed += 1;
        }
        let (before, attempt) = family.make(&mut dice, &house.forge);
        if let Some(before) = before {
            of_tokens.send_valid(&house, before).await;
        }
        of_tokens.send(&house, family.name, attempt).await;
        if dice.once_in(VALID_ONE_IN) {
            let valid = tokens::valid(&mut dice, &house.forge);
            of_tokens.send_valid(&house, valid).await;
        }
    }
    let mut of_paths = Tally::default();
    let bearers: Vec<Attempt> = (0..64).map(|_| tokens::valid(&mut dice, &house.forge)).collect();
    for _ in 0..share(plan.paths) {
        let family = &paths::FAMILIES[dice.below(paths::FAMILIES.len())];
        let valid = elsewhere(&mut dice, &bearers);
        let attempt = family.make(&mut dice, valid);
        of_paths.send(&house, family.name, attempt).await;
        if dice.once_in(VALID_ONE_IN) {
            let valid = elsewhere(&mut dice, &bearers);
            of_paths.send_valid(&house, valid).await;
        }
    }
    (of_tokens, of_paths)
}

/// A valid token with something else that it may read.
fn elsewhere(dice: &mut Dice, bearers: &[Attempt]) -> Attempt {
    let headers = bearers[dice.below(bearers.len())].headers.clone();
    Attempt { headers, ..tokens::wherever(dice) }
}

fn report(tokens: &Tally, paths: &Tally) -> String {
    let mut text = format!("tokens:\n{tokens}\npaths:\n{paths}\n");
    let (signed, all) = (tokens.correctly_signed, tokens.hostile());
    writeln!(text, "correctly signed and wrong in one thing: {signed} of {all} tokens").unwrap();
    let (passed, valid) = (tokens.valid_passed + paths.valid_passed, tokens.valid + paths.valid);
    writeln!(text, "valid requests that passed: {passed} of {valid}").unwrap();
    write!(text, "tokens {}, paths {}", tokens.line(), paths.line()).unwrap();
    text
}

// === impl Plan ===

impl Plan {
    fn from_environment() -> Self {
        let number = |name: &str| {
            let text = env::var(name).ok()?;
            Some(text.parse::<u64>().unwrap_or_else(|_| panic!("{name}={text}")))
        };
        let now = Timestamp::now().as_millisecond().unsigned_abs();
        Self {
            seed: number("HOSTILE_SEED").unwrap_or(now ^ u64::from(process::id())),
            tokens: number("HOSTILE_TOKENS").unwrap_or(6000),
            paths: number("HOSTILE_PATHS").unwrap_or(6000),
        }
    }
}
