//! Is the cache's key sound? Of two questions with one key the second must have the answer of the
//! first; and what no rule reads must not make another key.

use std::collections::HashMap;

use fastrand::Rng;
use jiff::Timestamp;
use portcullis::{
    decision::{CacheKey, ChainKey, Generation},
    engine::{
        PolicyChain, PolicySet,
        cel::Read,
        model::{Action, CheckInput, CheckOutput, ClockUse, Map, Value},
    },
};

use super::{
    number, ours, policy,
    random::Dice,
    scene::{Question, Scene},
    seed,
};

/// What of a question a key can be blind to, so that a run shows that it would notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    PrincipalId,
    Roles,
    PrincipalAttributes,
    PrincipalScope,
    Kind,
    ResourceId,
    ResourceVersion,
    ResourceScope,
    ResourceAttributes,
    Claims,
    Action,
}

const PARTS: [Part; 11] = [
    Part::PrincipalId,
    Part::Roles,
    Part::PrincipalAttributes,
    Part::PrincipalScope,
    Part::Kind,
    Part::ResourceId,
    Part::ResourceVersion,
    Part::ResourceScope,
    Part::ResourceAttributes,
    Part::Claims,
    Part::Action,
];

#[derive(Debug, Default)]
struct Tally {
    pub asked: usize,
    pub hits: usize,
    /// Answers that may not be kept.
    pub uncacheable: usize,
    /// Keys that did not change with something that no rule reads.
    pub shared: usize,
}

/// Requests about one directory.
const STREAM: usize = 3_000;
/// Questions that are asked again and again.
const POOL: usize = 150;

/// A key that is blind to something is found out long before.
const ENOUGH: usize = 500_000;

#[test]
fn questions_with_one_key_have_one_answer() {
    let seed = seed();
    let count = number("SOUNDNESS", 50_000).try_into().unwrap();
    let (tally, difference) = run(&mut Rng::with_seed(seed), count, None);
    println!("SEED={seed}: {tally:?}");
    assert_eq!(difference, None, "SEED={seed}");
    assert!(tally.hits * 2 >= tally.asked, "SEED={seed}: {tally:?}");
    assert!(tally.shared > 0, "SEED={seed}: {tally:?}");
}

/// The run above can fail: it does so for a key that leaves out any one part.
#[test]
fn a_key_that_is_blind_to_any_part_is_found_out() {
    let seed = seed();
    for part in PARTS {
        let (tally, difference) = run(&mut Rng::with_seed(seed), ENOUGH, Some(part));
        println!("SEED={seed}: without {part:?}, found after {} questions", tally.asked);
        assert!(difference.is_some(), "SEED={seed}: nothing shows that {part:?} is left out");
    }
}

/// Asks until `count` questions were asked, or two with one key have different answers.
fn run(dice: &mut Rng, count: usize, blind_to: Option<Part>) -> (Tally, Option<String>) {
    let mut tally = Tally::default();
    while tally.asked < count {
        let sets = dice.usize(1..4);
        let scene = policy::directory(dice, sets, POOL / 2 / sets);
        let Ok(policies) = ours::compile(&scene) else { continue };
        if let Some(difference) = stream(dice, &scene, &policies, blind_to, &mut tally) {
            return (tally, Some(difference));
        }
    }
    (tally, None)
}

fn stream(
    dice: &mut Rng,
    scene: &Scene,
    policies: &PolicySet,
    blind_to: Option<Part>,
    tally: &mut Tally,
) -> Option<String> {
    let mut pool = scene.questions.clone();
    let mut known: HashMap<CacheKey, (String, Question)> = HashMap::new();
    let now: Timestamp = "2026-11-23T10:00:00Z".parse().unwrap();
    for _ in 0..STREAM {
        let mut question = dice.pick(&pool).clone();
        if dice.percent(30) {
            let other = dice.pick(&pool).clone();
            cross(dice, &mut question, other);
            if pool.len() < POOL {
                pool.push(question.clone());
            }
        }
        let action = dice.pick(&question.actions).clone();
        question.actions = vec![action];
        tally.asked += 1;
        let (key, reads, output) = ask(policies, &question, now, blind_to);
        if output.clock == ClockUse::Read || output.exhausted {
            tally.uncacheable += 1;
            continue;
        }
        let verdict = verdict(&output);
        if let Some((before, first)) = known.get(&key) {
            tally.hits += 1;
            if *before != verdict {
                return Some(format!(
                    "one key:\n{}\n{before}\n{}\n{verdict}",
                    first.to_json(),
                    question.to_json()
                ));
            }
        } else {
            known.insert(key, (verdict, question.clone()));
        }
        if blind_to.is_none() && !reads.contains(&Read::PrincipalAttribute(Box::default())) {
            question.principal.attr = with(&question.principal.attr, "nobody_reads_this");
            assert_eq!(ask(policies, &question, now, None).0, key, "{}", question.to_json());
            tally.shared += 1;
        }
    }
    None
}

fn ask(
    policies: &PolicySet,
    question: &Question,
    now: Timestamp,
    blind_to: Option<Part>,
) -> (CacheKey, Vec<Read>, CheckOutput) {
    let Question { principal, resource, actions, claims: _ } = question;
    let aux_data = question.aux_data();
    let input = CheckInput { principal, resource, actions, aux_data: &aux_data, now };
    let action: &Action = &actions[0];
    let mut chain = policies.policy_chain(principal, resource, action);
    let mut reads = policies.reads(&input);
    if let Some(part) = blind_to {
        part.leave_out(&mut chain, &mut reads);
    }
    let key = ChainKey::new(Generation::FIRST, "/", &chain).with_values(&reads, &input);
    (key, reads, policies.check(&input))
}

/// Takes one thing from another question.
fn cross(dice: &mut Rng, question: &mut Question, other: Question) {
    match dice.u32(0..10) {
        0 => question.principal.id = other.principal.id,
        1 => question.principal.roles = other.principal.roles,
        2 => question.principal.scope = other.principal.scope,
        3 => question.resource.id = other.resource.id,
        4 => question.resource.kind = other.resource.kind,
        5 => question.resource.scope = other.resource.scope,
        6 => question.resource.policy_version = other.resource.policy_version,
        7 => question.claims = other.claims,
        8 => question.principal.attr = mixed(dice, &question.principal.attr, &other.principal.attr),
        _ => question.resource.attr = mixed(dice, &question.resource.attr, &other.resource.attr),
    }
}

/// The first, with one attribute of the second or without one of its own.
fn mixed(dice: &mut Rng, first: &Map, second: &Map) -> Map {
    let names: Vec<&str> = first.iter().chain(second.iter()).map(|(name, _)| name).collect();
    if names.is_empty() {
        return first.clone();
    }
    let changed = *dice.pick(&names);
    let kept = first.iter().filter(|(name, _)| *name != changed);
    let taken = second.get(changed).map(|value| (changed, value.clone()));
    kept.map(|(name, value)| (name, value.clone())).chain(taken).collect()
}

fn with(map: &Map, name: &str) -> Map {
    let more = [(name, Value::Bool(true))];
    map.iter().map(|(name, value)| (name, value.clone())).chain(more).collect()
}

// === impl Part ===

impl Part {
    fn leave_out(self, chain: &mut PolicyChain<'_>, reads: &mut Vec<Read>) {
        match self {
            Self::PrincipalId => chain.principal = None,
            Self::Roles => chain.roles.clear(),
            Self::PrincipalScope => chain.principal_scope = "",
            Self::Kind => chain.kind = "",
            Self::ResourceVersion => chain.resource_version = "",
            Self::ResourceScope => chain.resource_scope = "",
            Self::Action => chain.action = "",
            Self::PrincipalAttributes
            | Self::ResourceId
            | Self::ResourceAttributes
            | Self::Claims => {}
        }
        reads.retain(|read| {
            let part = match read {
                Read::PrincipalId => Self::PrincipalId,
                Read::PrincipalRoles => Self::Roles,
                Read::PrincipalAttribute(_) => Self::PrincipalAttributes,
                Read::PrincipalScope => Self::PrincipalScope,
                Read::ResourceKind => Self::Kind,
                Read::ResourceId => Self::ResourceId,
                Read::ResourcePolicyVersion => Self::ResourceVersion,
                Read::ResourceScope => Self::ResourceScope,
                Read::ResourceAttribute(_) => Self::ResourceAttributes,
                Read::Claim(_) => Self::Claims,
                _ => return true,
            };
            part != self
        });
    }
}

/// All of an answer that the cache keeps, as a text: an output may be NaN, which equals nothing.
fn verdict(output: &CheckOutput) -> String {
    let CheckOutput { actions, outputs, validation_errors, .. } = output;
    format!("{actions:?} {outputs:?} {validation_errors:?}")
}
