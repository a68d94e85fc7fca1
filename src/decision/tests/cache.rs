//! How long an answer is kept.

use std::{sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};

use crate::decision::{CacheKey, CallerDigest, DecisionCache, DecisionCacheConfig, Generation};
use crate::engine::model::{
    AuxData, CheckOutput, ClockUse, Map, PolicyVersion, Principal, Resource, Scope,
};

const TTL: Duration = Duration::from_secs(30);

fn key(generation: Generation) -> CacheKey {
    let principal = Principal {
        id: "u".into(),
        roles: vec!["user".parse().unwrap()],
        policy_version: PolicyVersion::unset(),
        scope: Scope::unset(),
        attr: Map::default(),
    };
    let resource = Resource {
        kind: "invoice".parse().unwrap(),
        id: "1".into(),
        policy_version: PolicyVersion::unset(),
        scope: Scope::unset(),
        attr: Map::default(),
    };
    let caller = CallerDigest::new(&principal, &AuxData::default());
    CacheKey::new(generation, &caller, &resource, &"view".parse().unwrap())
}

fn output(clock: ClockUse) -> Arc<CheckOutput> {
    Arc::new(CheckOutput {
        actions: Vec::new(),
        effective_derived_roles: Vec::new(),
        outputs: Vec::new(),
        validation_errors: Vec::new(),
        evaluation_errors: Vec::new(),
        clock,
    })
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_795_434_057).unwrap() + SignedDuration::from_secs(seconds)
}

fn cache(capacity: u64) -> DecisionCache {
    DecisionCache::new(DecisionCacheConfig { capacity, ttl: TTL })
}

#[test]
fn an_answer_is_kept_until_the_token_ends_or_the_time_to_live_is_over() {
    for (token_ends, asked, kept) in
        [(600, 0, true), (600, 29, true), (600, 30, false), (10, 9, true), (10, 10, false)]
    {
        let cache = cache(10);
        let key = key(Generation::FIRST);
        assert!(cache.insert(key, &output(ClockUse::Unread), at(0), at(token_ends)));
        let found = cache.get(&key, at(asked)).is_some();
        assert_eq!(found, kept, "token until {token_ends}, asked at {asked}");
    }
}

#[test]
fn an_answer_that_reads_the_clock_is_not_kept() {
    let cache = cache(10);
    let key = key(Generation::FIRST);
    assert!(!cache.insert(key, &output(ClockUse::Read), at(0), at(600)));
    assert!(cache.get(&key, at(0)).is_none());
}

#[test]
fn after_a_reload_no_older_answer_is_found() {
    let cache = cache(10);
    cache.insert(key(Generation::FIRST), &output(ClockUse::Unread), at(0), at(600));
    assert!(cache.get(&key(Generation::FIRST.next()), at(0)).is_none());
    assert!(cache.get(&key(Generation::FIRST), at(0)).is_some());
}

#[test]
fn a_capacity_of_zero_turns_the_cache_off() {
    let cache = cache(0);
    let key = key(Generation::FIRST);
    cache.insert(key, &output(ClockUse::Unread), at(0), at(600));
    assert!(cache.get(&key, at(0)).is_none());
}
