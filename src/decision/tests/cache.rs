//! How long a verdict is kept, and for whom.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Notify;

use crate::decision::{
    CacheKey, ChainKey, DecisionCache, DecisionCacheConfig, Generation, JudgeFault, Judged, Verdict,
};
use crate::engine::PolicyChain;
use crate::engine::cel::Read;
use crate::engine::model::{
    AuxData, CheckInput, ClockUse, Effect, Map, PolicyVersion, Principal, Resource, Scope,
};
use crate::telemetry::{CacheResult, Metrics, Uncacheable};

const CONFIG: DecisionCacheConfig = DecisionCacheConfig {
    memory: 1 << 20,
    ttl: Duration::from_secs(30),
    deny_ttl: Duration::from_secs(5),
};

fn key(generation: Generation, action: &str) -> CacheKey {
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
    let input = CheckInput {
        principal: &principal,
        resource: &resource,
        actions: &[action.parse().unwrap()],
        aux_data: &AuxData::default(),
        now: at(0),
        now_attributes: &[],
    };
    chain_of(generation, action).with_values(&[], &input)
}

fn chain_of(generation: Generation, action: &str) -> ChainKey {
    let chain = PolicyChain {
        principal: None,
        principal_version: "default",
        principal_scope: "",
        roles: vec![Some("user")],
        kind: "invoice",
        resource_version: "default",
        resource_scope: "",
        action,
    };
    ChainKey::new(generation, "/invoices/{id}", &chain)
}

fn first() -> CacheKey {
    key(Generation::FIRST, "view")
}

fn judged(effect: Effect) -> Judged {
    let verdict = Verdict {
        effect,
        policy: "resource.invoice.vdefault".into(),
        scope: "".into(),
        outputs: Vec::new(),
        validation_errors: Vec::new(),
    };
    Judged { verdict, clock: ClockUse::Unread, exhausted: false }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_795_434_057).unwrap() + SignedDuration::from_secs(seconds)
}

fn cache(config: DecisionCacheConfig) -> DecisionCache {
    DecisionCache::new(config, Metrics::new().unwrap())
}

/// Asks at an instant with a token that ends at another.
async fn ask(
    cache: &DecisionCache,
    key: CacheKey,
    (now, token_ends): (i64, i64),
    judged: Judged,
) -> CacheResult {
    let judge = async { Ok(judged) };
    cache.get_or_judge(key, at(now), at(token_ends), judge).await.unwrap().1
}

#[tokio::test]
async fn threat_30_a_verdict_is_kept_until_the_token_ends_or_its_time_to_live_is_over() {
    for (effect, token_ends, asked, expected) in [
        (Effect::Allow, 600, 0, CacheResult::Hit),
        (Effect::Allow, 600, 29, CacheResult::Hit),
        (Effect::Allow, 600, 30, CacheResult::Miss),
        (Effect::Allow, 10, 9, CacheResult::Hit),
        (Effect::Allow, 10, 10, CacheResult::Miss),
        (Effect::Deny, 600, 4, CacheResult::Hit),
        (Effect::Deny, 600, 5, CacheResult::Miss),
    ] {
        let cache = cache(CONFIG);
        let before = ask(&cache, first(), (0, token_ends), judged(effect)).await;
        assert_eq!(before, CacheResult::Miss);
        let found = ask(&cache, first(), (asked, 600), judged(effect)).await;
        assert_eq!(found, expected, "{effect:?}, token until {token_ends}, asked at {asked}");
    }
}

#[tokio::test]
async fn a_verdict_that_the_clock_may_change_is_kept_from_its_instant_to_its_horizon() {
    for (horizon, asked, expected) in [
        (20, 0, CacheResult::Hit),
        (20, 19, CacheResult::Hit),
        (20, 20, CacheResult::Miss),
        // The clock was set back.
        (20, -1, CacheResult::Miss),
        (50, 29, CacheResult::Hit),
        (50, 30, CacheResult::Miss),
    ] {
        let cache = cache(CONFIG);
        let until = Judged { clock: ClockUse::Until(at(horizon)), ..judged(Effect::Allow) };
        assert_eq!(ask(&cache, first(), (0, 600), until).await, CacheResult::Miss);
        let found = ask(&cache, first(), (asked, 600), judged(Effect::Allow)).await;
        assert_eq!(found, expected, "until {horizon}, asked at {asked}");
    }
}

#[tokio::test]
async fn what_may_differ_for_the_next_one_is_not_kept() {
    for (clock, exhausted, why) in [
        (ClockUse::Read, false, Uncacheable::Clock),
        (ClockUse::Until(at(0)), false, Uncacheable::Clock),
        (ClockUse::Unread, true, Uncacheable::Exhausted),
    ] {
        let cache = cache(CONFIG);
        for _ in 0..2 {
            let judged = Judged { clock, exhausted, ..judged(Effect::Allow) };
            let result = ask(&cache, first(), (0, 600), judged).await;
            assert_eq!(result, CacheResult::Uncacheable(why));
        }
    }
}

#[tokio::test]
async fn a_fault_is_not_kept() {
    let cache = cache(CONFIG);
    let fault = async { Err(JudgeFault::NoAnswer) };
    let result = cache.get_or_judge(first(), at(0), at(600), fault).await;
    assert_eq!(result.unwrap_err(), JudgeFault::NoAnswer);
    let result = ask(&cache, first(), (0, 600), judged(Effect::Allow)).await;
    assert_eq!(result, CacheResult::Miss);
}

#[tokio::test]
async fn after_a_reload_no_older_verdict_is_found() {
    let cache = cache(CONFIG);
    let second = key(Generation::FIRST.next(), "view");
    for (key, expected) in [
        (first(), CacheResult::Miss),
        (second, CacheResult::Miss),
        (first(), CacheResult::Hit),
        (second, CacheResult::Hit),
    ] {
        assert_eq!(ask(&cache, key, (0, 600), judged(Effect::Allow)).await, expected);
    }
}

#[tokio::test]
async fn without_memory_there_is_no_cache() {
    let cache = cache(DecisionCacheConfig { memory: 0, ..CONFIG });
    for _ in 0..2 {
        let result = ask(&cache, first(), (0, 600), judged(Effect::Allow)).await;
        assert_eq!(result, CacheResult::Miss);
    }
}

/// A caller chooses scopes and kinds by paths, and so can make up chains without end.
#[test]
fn what_chains_read_is_bounded_with_the_verdicts() {
    let metrics = Metrics::new().unwrap();
    let memory = 64 << 10;
    let cache = DecisionCache::new(DecisionCacheConfig { memory, ..CONFIG }, metrics.clone());
    let read = || vec![Read::ResourceAttribute(["team".into(), "name".into()].into())];
    let mut found = 0;
    for _ in 0..2 {
        found = 0;
        for chain in 0..5_000 {
            let action = format!("view{chain}");
            let mut is_new = false;
            let reads = cache.reads(&chain_of(Generation::FIRST, &action), || {
                is_new = true;
                read()
            });
            assert_eq!(*reads, *read());
            found += usize::from(!is_new);
        }
    }
    assert!(found < 1_000, "{found} chains were remembered in {memory} bytes");
    let page = metrics.page().unwrap();
    let evicted = "portcullis_decisions_evicted_total 0";
    assert!(page.contains(evicted), "no answer was evicted: {page}");
    let used = page.lines().find_map(|line| line.strip_prefix("portcullis_decision_cache_bytes "));
    let used: u64 = used.unwrap().parse().unwrap();
    assert!((1..10 * memory).contains(&used), "{used} bytes are in use");
}

#[tokio::test]
async fn an_answer_that_makes_room_for_others_is_counted() {
    for (memory, is_evicted) in [(64 << 10, true), (16 << 20, false)] {
        let metrics = Metrics::new().unwrap();
        let cache = DecisionCache::new(DecisionCacheConfig { memory, ..CONFIG }, metrics.clone());
        for action in 0..2_000 {
            let key = key(Generation::FIRST, &format!("view{action}"));
            ask(&cache, key, (0, 600), judged(Effect::Allow)).await;
        }
        let page = metrics.page().unwrap();
        let none = page.contains("portcullis_decisions_evicted_total 0\n");
        assert_eq!(!none, is_evicted, "{memory} bytes: {page}");
    }
}

#[tokio::test]
async fn of_several_who_ask_at_once_one_judges() {
    let cache = cache(CONFIG);
    let count = AtomicUsize::new(0);
    let all_ask = Notify::new();
    let ask = || async {
        let judge = async {
            count.fetch_add(1, Ordering::SeqCst);
            all_ask.notified().await;
            Ok(judged(Effect::Allow))
        };
        cache.get_or_judge(first(), at(0), at(600), judge).await.unwrap().1
    };
    let release = async {
        tokio::task::yield_now().await;
        all_ask.notify_one();
        CacheResult::Miss
    };
    let (a, b, c, _) = tokio::join!(ask(), ask(), ask(), release);
    let mut results = [a, b, c].map(CacheResult::as_str);
    results.sort_unstable();
    assert_eq!((count.load(Ordering::SeqCst), results), (1, ["hit", "hit", "miss"]));
}

/// Nobody asks a PDP again that has just not answered the same question.
#[tokio::test]
async fn of_several_who_ask_at_once_all_get_the_fault() {
    let cache = cache(CONFIG);
    let (results, count) = three_ask(&cache, Err(JudgeFault::NoAnswer)).await;
    assert_eq!((results, count), ([(); 3].map(|()| Err(JudgeFault::NoAnswer)), 1));
    let result = ask(&cache, first(), (0, 600), judged(Effect::Allow)).await;
    assert_eq!(result, CacheResult::Miss, "a fault is not kept");
}

/// What one is told holds at its instant alone.
#[tokio::test]
async fn of_several_who_ask_at_once_each_judges_what_cannot_be_kept() {
    let read = Judged { clock: ClockUse::Read, ..judged(Effect::Allow) };
    let (results, count) = three_ask(&cache(CONFIG), Ok(read)).await;
    let uncacheable = Ok(CacheResult::Uncacheable(Uncacheable::Clock));
    assert_eq!((results, count), ([(); 3].map(|()| uncacheable.clone()), 3));
}

/// The results, and how often was judged.
async fn three_ask(
    cache: &DecisionCache,
    said: Result<Judged, JudgeFault>,
) -> ([Result<CacheResult, JudgeFault>; 3], usize) {
    let count = AtomicUsize::new(0);
    let ask = || async {
        let judge = async {
            count.fetch_add(1, Ordering::SeqCst);
            // Until all have asked.
            tokio::task::yield_now().await;
            said.clone()
        };
        let answer = cache.get_or_judge(first(), at(0), at(600), judge).await;
        answer.map(|(_, result)| result)
    };
    let (a, b, c) = tokio::join!(ask(), ask(), ask());
    ([a, b, c], count.load(Ordering::SeqCst))
}

#[tokio::test]
async fn where_the_one_who_judges_is_cancelled_another_one_judges() {
    let cache = cache(CONFIG);
    let never = std::future::pending::<Result<Judged, JudgeFault>>();
    let cancelled = cache.get_or_judge(first(), at(0), at(600), never);
    let waiting = ask(&cache, first(), (0, 600), judged(Effect::Allow));
    let cancelled = tokio::time::timeout(Duration::from_millis(1), cancelled);
    let (cancelled, waited) = tokio::join!(cancelled, waiting);
    assert!(cancelled.is_err());
    assert_eq!(waited, CacheResult::Miss);
    assert_eq!(ask(&cache, first(), (0, 600), judged(Effect::Allow)).await, CacheResult::Hit);
}
