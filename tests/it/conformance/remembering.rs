//! The engine behind the cache, asked beside the engine alone.

use std::time::Duration;

use fastrand::Rng;
use jiff::SignedDuration;
use portcullis::{
    answer::{DenialOutputs, UpstreamHeaders},
    decision::{
        self, DecisionCache, DecisionCacheConfig, Generation, Judge, RememberingJudge, Rules,
        Verdict,
    },
    engine::{
        PolicySet,
        model::{CheckInput, ClockUse},
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
/// One that holds everything, and one that does not.
const MEMORY: [u64; 2] = [16 << 20, 64 << 10];

pub(super) async fn stream(
    dice: &mut Rng,
    scene: &Scene,
    policies: [PolicySet; 2],
    tally: &mut Tally,
) {
    let memory = MEMORY[usize::from(dice.percent(15))];
    let config = DecisionCacheConfig { memory, ttl: TTL, deny_ttl: DENY_TTL };
    let judge = RememberingJudge {
        judge: Judge::Embedded,
        cache: Some(DecisionCache::new(config, Metrics::new().unwrap())),
    };
    let mut rules = policies.map(|policies| rules(Generation::FIRST, policies));
    let (mut generation, mut in_force) = (Generation::FIRST, 0);
    let mut stream = Stream::new(scene, 5);
    for _ in 0..2 * STREAM {
        if dice.u32(0..2 * RELOADS) == 0 {
            (generation, in_force) = (generation.next(), 1 - in_force);
            rules[in_force].generation = generation;
        }
        let question = stream.next(dice);
        let Question { principal, resource, actions, claims: _ } = &question;
        let aux_data = question.aux_data();
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
        let expires_at = now + SignedDuration::from_secs(lifetime);
        let asked = decision::Question { input, route, token: None, expires_at };
        let (found, result) = judge.check(rules, &asked).await.unwrap();
        let alone = rules.policies.as_ref().unwrap().check(&input);
        tally.asked += 1;
        if result == CacheResult::Hit {
            tally.hits += 1;
            tally.hits_of_the_clock += usize::from(matches!(alone.clock, ClockUse::Until(_)));
        }
        let Verdict { effect, policy, scope, outputs, validation_errors } = &*found;
        let told = soundness::told(*effect, policy, scope, (outputs, validation_errors));
        assert_eq!(told, soundness::verdict(&alone), "{result:?} at {now}: {}", question.to_json());
    }
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
