//! Is the cache's key sound? Of two questions with one key the second must have the answer of the
//! first; and what no rule reads must not make another key.

use std::collections::BTreeSet;

use fastrand::Rng;
use jiff::{SignedDuration, Timestamp};
use portcullis::{
    decision::{CacheKey, ChainKey, Generation},
    engine::{
        PolicyChain, PolicySet,
        cel::Read,
        model::{
            Action, ActionOutput, AuxData, CheckInput, CheckOutput, Effect, Map, OutputEntry,
            ValidationError, Value,
        },
    },
};

use super::{
    memory::{Memory, Met},
    number, ours, policy,
    random::Dice,
    remembering::{self, Forgotten},
    requests::{self, ORIGINS},
    scene::{Question, Scene},
    seed,
    unread::{UNREAD, Unread},
};

/// What of a question a key can be blind to, so that a run shows that it would notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    PrincipalId,
    Roles,
    PrincipalAttributes,
    PrincipalScope,
    PrincipalVersion,
    Kind,
    ResourceId,
    ResourceVersion,
    ResourceScope,
    ResourceAttributes,
    Claims,
    NamedTokens,
    Action,
    Generation,
    /// Until when an answer holds that compares the clock.
    Horizon,
}

const PARTS: [Part; 15] = [
    Part::PrincipalId,
    Part::Roles,
    Part::PrincipalAttributes,
    Part::PrincipalScope,
    Part::PrincipalVersion,
    Part::Kind,
    Part::ResourceId,
    Part::ResourceVersion,
    Part::ResourceScope,
    Part::ResourceAttributes,
    Part::Claims,
    Part::NamedTokens,
    Part::Action,
    Part::Generation,
    Part::Horizon,
];

#[derive(Debug, Default)]
pub(super) struct Tally {
    pub asked: usize,
    pub hits: usize,
    /// Answers that may not be kept.
    pub uncacheable: usize,
    /// Keys that did not change with something that no rule reads.
    pub shared: usize,
    /// What that was.
    pub unread: BTreeSet<Unread>,
}

/// Requests about one pair of directories.
pub(super) const STREAM: usize = 3_000;
/// One of so many requests comes after a reload.
pub(super) const RELOADS: u32 = 600;
/// Questions that are asked again and again.
const POOL: usize = 150;

/// Percent of the questions that no one has asked before. Policies of many rules read much, so that few
/// of these share a key with another.
const MIXED: u32 = 10;

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
    assert_eq!(tally.unread, BTreeSet::from(UNREAD), "SEED={seed}: {tally:?}");
}

/// The same, of requests that come by a route, and of each kind of input that a route can name.
#[test]
fn requests_with_one_key_have_one_answer() {
    let seed = seed();
    let count = number("SOUNDNESS", 50_000).try_into().unwrap();
    let (tally, difference) = requests::run(&mut Rng::with_seed(seed), count, None);
    println!("SEED={seed}: {tally:?}");
    assert_eq!(difference, None, "SEED={seed}");
    assert!(tally.hits * 2 >= tally.asked, "SEED={seed}: {tally:?}");
}

/// With reloads, clock steps and tokens that end, the cache says what the policies say.
#[tokio::test]
async fn answers_with_the_cache_are_those_without_it() {
    let seed = seed();
    let count: usize = number("SOUNDNESS", 50_000).try_into().unwrap();
    let (tally, difference) = remembering::run(&mut Rng::with_seed(seed), count, None).await;
    println!("SEED={seed}: {tally:?}");
    assert_eq!(difference, None, "SEED={seed}");
    assert!(tally.hits * 2 >= tally.asked, "SEED={seed}: {tally:?}");
    assert!(tally.hits_of_the_clock > 0, "SEED={seed}: {tally:?}");
}

/// They can fail: the first does so for a key that leaves out any one part.
#[test]
fn a_key_that_is_blind_to_any_part_is_found_out() {
    let seed = seed();
    for part in PARTS {
        let (tally, difference) = run(&mut Rng::with_seed(seed), ENOUGH, Some(part));
        println!("SEED={seed}: without {part:?}, found after {} questions", tally.asked);
        assert!(difference.is_some(), "SEED={seed}: nothing shows that {part:?} is left out");
    }
}

/// The second, for a key that leaves out what any one kind of input says.
#[test]
fn a_key_that_is_blind_to_any_input_of_a_route_is_found_out() {
    let seed = seed();
    for origin in ORIGINS {
        let (tally, difference) = requests::run(&mut Rng::with_seed(seed), ENOUGH, Some(origin));
        println!("SEED={seed}: without {origin:?}, found after {} requests", tally.asked);
        assert!(difference.is_some(), "SEED={seed}: nothing shows that {origin:?} is left out");
    }
}

/// The third, for a cache that keeps answers beyond any of their ends.
#[tokio::test]
async fn a_cache_that_forgets_an_end_is_found_out() {
    let seed = seed();
    for end in Forgotten::ALL {
        let mut dice = Rng::with_seed(seed);
        let (tally, difference) = remembering::run(&mut dice, ENOUGH, Some(end)).await;
        println!("SEED={seed}: without {end:?}, found after {} questions", tally.asked);
        assert!(difference.is_some(), "SEED={seed}: nothing shows that {end:?} is forgotten");
    }
}

/// Asks until `count` questions were asked, or two with one key have different answers.
fn run(dice: &mut Rng, count: usize, blind_to: Option<Part>) -> (Tally, Option<String>) {
    let mut tally = Tally::default();
    while tally.asked < count {
        let Some((scene, policies)) = scene_of_two(dice) else { continue };
        if let Some(difference) = stream(dice, &scene, &policies, blind_to, &mut tally) {
            return (tally, Some(difference));
        }
    }
    (tally, None)
}

/// Questions, and two directories of policies for them, between which reloads change.
pub(super) fn scene_of_two(dice: &mut Rng) -> Option<(Scene, [PolicySet; 2])> {
    let sets = dice.usize(1..4);
    let mut scene = policy::directory(dice, sets, POOL / 2 / sets);
    let mut other = policy::directory(dice, sets, 0);
    if dice.percent(30) {
        read_time(&mut scene);
        read_time(&mut other);
    }
    if dice.percent(10) {
        read_named_token(&mut scene);
        read_named_token(&mut other);
    }
    let policies = [ours::compile(&scene).ok()?, ours::compile(&other).ok()?];
    Some((scene, policies))
}

/// The policies compare an attribute that is the time of the request, and not the clock.
fn read_time(scene: &mut Scene) {
    let texts = scene.texts();
    let read = texts.map(|(path, text)| (path.to_owned(), text.replace("now()", TIME).into()));
    scene.files = read.collect();
}

const TIME: &str = "timestamp(R.attr.time)";

/// The policies read the claims of a named token, which are those of the token.
fn read_named_token(scene: &mut Scene) {
    let (own, named) = ("request.auxData.jwt.", "request.auxData.jwts.a.claims.");
    let read = scene.texts().map(|(path, text)| (path.to_owned(), text.replace(own, named).into()));
    scene.files = read.collect();
}

pub(super) fn aux_data(question: &Question) -> AuxData {
    let aux_data = question.aux_data();
    AuxData { jwts: vec![("a".into(), aux_data.jwt.clone())], ..aux_data }
}

/// Questions that come again and again, each at its instant.
pub(super) struct Stream {
    pool: Vec<Question>,
    /// Percent of the questions that are a new mixture.
    mixed: u32,
    pub(super) now_attributes: Vec<Box<str>>,
    pub(super) now: Timestamp,
}

fn stream(
    dice: &mut Rng,
    scene: &Scene,
    policies: &[PolicySet; 2],
    blind_to: Option<Part>,
    tally: &mut Tally,
) -> Option<String> {
    let mut stream = Stream::new(scene, MIXED);
    let mut memory = Memory::new(|question: &Question| question.to_json().to_string());
    memory.sees_horizons = blind_to != Some(Part::Horizon);
    let (mut generation, mut in_force) = (Generation::FIRST, 0);
    for _ in 0..STREAM {
        if dice.u32(0..RELOADS) == 0 {
            in_force = 1 - in_force;
            if blind_to != Some(Part::Generation) {
                generation = generation.next();
            }
        }
        let question = stream.next(dice);
        let policies = &policies[in_force];
        tally.asked += 1;
        let (key, reads, output) = ask((policies, generation), &question, &stream, blind_to);
        match memory.meet(key, &question, &output, stream.now) {
            Met::Hit => tally.hits += 1,
            Met::Uncacheable => tally.uncacheable += 1,
            Met::New => {}
            Met::Different(difference) => return Some(difference),
        }
        let unread = *dice.pick(&UNREAD);
        let other = unread.change(dice, &question, &reads, policies);
        if let Some(other) = other.filter(|_| blind_to.is_none()) {
            if ask((policies, generation), &other, &stream, None).0 != key {
                let [first, second] = [&question, &other].map(Question::to_json);
                return Some(format!(
                    "{unread:?} makes another key:\n{first}\n{second}\n{reads:?}"
                ));
            }
            tally.shared += 1;
            tally.unread.insert(unread);
        }
    }
    None
}

// === impl Stream ===

impl Stream {
    pub(super) fn new(scene: &Scene, mixed: u32) -> Self {
        let now = "2026-11-23T10:00:00Z".parse().unwrap();
        let has_time = scene.texts().any(|(_, text)| text.contains(TIME));
        let now_attributes = has_time.then(|| "time".into()).into_iter().collect();
        Self { pool: scene.questions.clone(), mixed, now_attributes, now }
    }

    /// The next question, about one action. The clock has gone on, mostly a little; sometimes it was
    /// set.
    pub(super) fn next(&mut self, dice: &mut Rng) -> Question {
        let milliseconds = match dice.u32(0..1000) {
            0 => -dice.i64(0..60_000),
            1 => dice.i64(0..600_000),
            2..200 => dice.i64(0..200),
            _ => 0,
        };
        self.now += SignedDuration::from_millis(milliseconds);
        let mut question = dice.pick(&self.pool).clone();
        if dice.percent(self.mixed) {
            let other = dice.pick(&self.pool).clone();
            cross(dice, &mut question, other);
            if self.pool.len() < POOL {
                self.pool.push(question.clone());
            }
        }
        let action = dice.pick(&question.actions).clone();
        question.actions = vec![action];
        for name in &self.now_attributes {
            let time = Value::String(self.now.to_string().into());
            question.resource.attr = with(&question.resource.attr, name, time);
        }
        question
    }
}

pub(super) fn ask(
    (policies, generation): (&PolicySet, Generation),
    question: &Question,
    &Stream { now, ref now_attributes, .. }: &Stream,
    blind_to: Option<Part>,
) -> (CacheKey, Vec<Read>, CheckOutput) {
    let Question { principal, resource, actions, claims: _ } = question;
    let aux_data = aux_data(question);
    let input =
        CheckInput { principal, resource, actions, aux_data: &aux_data, now, now_attributes };
    let action: &Action = &actions[0];
    let mut chain = policies.policy_chain(principal, resource, action);
    let mut reads = policies.reads(&input);
    if let Some(part) = blind_to {
        part.leave_out(&mut chain, &mut reads);
    }
    let key = ChainKey::new(generation, "/", &chain).with_values(&reads, &input);
    (key, reads, policies.check(&input))
}

/// Takes one thing from another question.
fn cross(dice: &mut Rng, question: &mut Question, other: Question) {
    match dice.u32(0..11) {
        0 => question.principal.id = other.principal.id,
        1 => question.principal.roles = other.principal.roles,
        2 => question.principal.scope = other.principal.scope,
        3 => question.resource.id = other.resource.id,
        4 => question.resource.kind = other.resource.kind,
        5 => question.resource.scope = other.resource.scope,
        6 => question.resource.policy_version = other.resource.policy_version,
        7 => question.claims = other.claims,
        8 => question.principal.policy_version = other.principal.policy_version,
        9 => question.principal.attr = mixed(dice, &question.principal.attr, &other.principal.attr),
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

pub(super) fn with(map: &Map, name: &str, value: Value) -> Map {
    let more = [(name, value)];
    map.iter().map(|(name, value)| (name, value.clone())).chain(more).collect()
}

// === impl Part ===

impl Part {
    fn leave_out(self, chain: &mut PolicyChain<'_>, reads: &mut Vec<Read>) {
        match self {
            Self::PrincipalId => chain.principal = None,
            Self::Roles => chain.roles.clear(),
            Self::PrincipalScope => chain.principal_scope = "",
            Self::PrincipalVersion => chain.principal_version = "",
            Self::Kind => chain.kind = "",
            Self::ResourceVersion => chain.resource_version = "",
            Self::ResourceScope => chain.resource_scope = "",
            Self::Action => chain.action = "",
            Self::PrincipalAttributes
            | Self::ResourceId
            | Self::ResourceAttributes
            | Self::Claims
            | Self::NamedTokens
            // These are left out where the stream is asked.
            | Self::Generation
            | Self::Horizon => {}
        }
        reads.retain(|read| {
            let part = match read {
                Read::PrincipalId => Self::PrincipalId,
                Read::PrincipalRoles => Self::Roles,
                Read::PrincipalAttribute(_) => Self::PrincipalAttributes,
                Read::PrincipalScope => Self::PrincipalScope,
                Read::PrincipalPolicyVersion => Self::PrincipalVersion,
                Read::ResourceKind => Self::Kind,
                Read::ResourceId => Self::ResourceId,
                Read::ResourcePolicyVersion => Self::ResourceVersion,
                Read::ResourceScope => Self::ResourceScope,
                Read::ResourceAttribute(_) | Read::ResourceTime(_) => Self::ResourceAttributes,
                Read::Claim(_) => Self::Claims,
                Read::NamedTokens => Self::NamedTokens,
                _ => return true,
            };
            part != self
        });
    }
}

/// All of an answer that the cache keeps, as a text: an output may be NaN, which equals nothing.
pub(super) fn verdict(output: &CheckOutput) -> String {
    let CheckOutput { actions, outputs, validation_errors, .. } = output;
    let ActionOutput { effect, policy, scope, action: _ } = &actions[0];
    told(*effect, policy, scope, (outputs, validation_errors))
}

pub(super) fn told(
    effect: Effect,
    policy: &str,
    scope: &str,
    more: (&Vec<OutputEntry>, &Vec<ValidationError>),
) -> String {
    format!("{effect:?} by {policy} in `{scope}`: {more:?}")
}
