//! The engine behind the cache, asked beside the engine alone.

use std::{collections::HashMap, time::Duration};

use fastrand::Rng;
use jiff::{SignedDuration, Timestamp};
use portcullis::{
    answer::{DenialOutputs, UpstreamHeaders},
    decision::{
        self, CacheKey, DecisionCache, DecisionCacheConfig, Generation, Judge, RememberingJudge,
        Rules, Verdict,
    },
    engine::{
        PolicySet,
        model::{CheckInput, ClockUse, Effect},
    },
    request::RequestRules,
    route::RouteTable,
    telemetry::{CacheResult, Metrics},
};

use super::{
    random::Dice,
    scene::{Question, Scene},
    soundness::{self, RELOADS, STREAM, Stream},
};

#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) asked: usize,
    pub(super) hits: usize,
    /// Hits of answers that compare the clock.
    pub(super) hits_of_the_clock: usize,
}

/// Short enough that entries end.
const TTL: Duration = Duration::from_secs(600);
const DENY_TTL: Duration = Duration::from_secs(300);
const LONG: Duration = Duration::from_secs(1_000_000);
/// One that holds everything, and one that does not.
const MEMORY: [u64; 2] = [16 << 20, 64 << 10];

/// What a cache can forget, so that a run shows that it would notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Forgotten {
    Ttl,
    DenyTtl,
    TokenEnd,
}

/// Asks until `count` questions were asked, or an answer is another one than the policies', or older than it
/// may be.
pub(super) async fn run(
    dice: &mut Rng,
    count: usize,
    forgotten: Option<Forgotten>,
) -> (Tally, Option<String>) {
    let mut tally = Tally::default();
    while tally.asked < count {
        let Some((scene, policies)) = soundness::scene_of_two(dice) else { continue };
        if let Some(difference) = stream(dice, &scene, policies, forgotten, &mut tally).await {
            return (tally, Some(difference));
        }
    }
    (tally, None)
}

async fn stream(
    dice: &mut Rng,
    scene: &Scene,
    policies: [PolicySet; 2],
    forgotten: Option<Forgotten>,
    tally: &mut Tally,
) -> Option<String> {
    let judge = judge(dice, forgotten);
    let mut rules = policies.map(|policies| rules(Generation::FIRST, policies));
    let (mut generation, mut in_force) = (Generation::FIRST, 0);
    let mut stream = Stream::new(scene, 5);
    // Until when what was found out under a key may be told again, by route.
    let mut ends: HashMap<(&str, CacheKey), Timestamp> = HashMap::new();
    for _ in 0..2 * STREAM {
        if dice.u32(0..2 * RELOADS) == 0 {
            (generation, in_force) = (generation.next(), 1 - in_force);
            rules[in_force].generation = generation;
        }
        let question = stream.next(dice);
        let Question { principal, resource, actions, claims: _ } = &question;
        let aux_data = soundness::aux_data(&question);
        let now = stream.now;
        let input = CheckInput {
            principal,
            resource,
            actions,
            aux_data: &aux_data,
            now,
            now_attributes: &stream.now_attributes,
        };
        let rules = &rules[in_force];
        let route = if dice.percent(10) { "/b" } else { "/a" };
        let lifetime = if dice.percent(5) { dice.i64(1..60) } else { dice.i64(600..3_600) };
        let token_ends = now + SignedDuration::from_secs(lifetime);
        let is_forgotten = forgotten == Some(Forgotten::TokenEnd);
        let expires_at = if is_forgotten { Timestamp::MAX } else { token_ends };
        let asked = decision::Question { input, route, token: None, expires_at };
        let (found, result) = judge.check(rules, &asked).await.unwrap();
        let policies = rules.policies.as_ref().unwrap();
        let (key, _, alone) = soundness::ask((policies, generation), &question, &stream, None);
        tally.asked += 1;
        let Verdict { effect, policy, scope, outputs, validation_errors } = &*found;
        let told = soundness::told(*effect, policy, scope, (outputs, validation_errors));
        let is_old = match result {
            CacheResult::Hit => {
                tally.hits += 1;
                tally.hits_of_the_clock += usize::from(matches!(alone.clock, ClockUse::Until(_)));
                ends[&(route, key)] <= now
            }
            _ => {
                let ttl = if *effect == Effect::Allow { TTL } else { DENY_TTL };
                ends.insert((route, key), token_ends.min(now + ttl));
                false
            }
        };
        if is_old || told != soundness::verdict(&alone) {
            let question = question.to_json();
            return Some(format!("{result:?} at {now}, too old {is_old}: {told} to {question}"));
        }
    }
    None
}

fn judge(dice: &mut Rng, forgotten: Option<Forgotten>) -> RememberingJudge {
    let memory = MEMORY[usize::from(dice.percent(15))];
    let kept = |end, ttl| if forgotten == Some(end) { LONG } else { ttl };
    let (ttl, deny_ttl) = (kept(Forgotten::Ttl, TTL), kept(Forgotten::DenyTtl, DENY_TTL));
    let config = DecisionCacheConfig { memory, ttl, deny_ttl };
    let cache = DecisionCache::new(config, Metrics::new().unwrap());
    RememberingJudge { judge: Judge::Embedded, cache: Some(cache) }
}

fn rules(generation: Generation, policies: PolicySet) -> Rules {
    Rules {
        generation,
        request: RequestRules::default(),
        routes: RouteTable::build(Vec::new()).unwrap(),
        policies: Some(policies),
        upstream_headers: UpstreamHeaders::default(),
        kept_headers: Vec::new(),
        denial_outputs: DenialOutputs::default(),
        asserter: None,
        resource_metadata: None,
    }
}

// === impl Forgotten ===

impl Forgotten {
    pub(super) const ALL: [Self; 3] = [Self::Ttl, Self::DenyTtl, Self::TokenEnd];
}
