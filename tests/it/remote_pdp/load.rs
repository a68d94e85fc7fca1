//! Many callers at once, while PDPs are killed and started again.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use portcullis::{
    engine::model::Effect,
    remote_pdp::{
        self, Encryption, PdpAddress, PdpTlsConfig, RemotePdp, RemotePdpConfig, TokenUse,
    },
    telemetry::Metrics,
};
use tokio::{task::JoinSet, time::timeout};

use super::{PATIENT, pdp, silent, view};
use crate::support::{Pdp, World, check_request, claims};

const CALLERS: usize = 50;
const ALLOWED: i32 = 200;
const DENIED: i32 = 403;
const FAULT: i32 = 503;

/// Half of them ask for what is allowed, and half for what is not.
struct Crowd {
    world: Arc<World>,
    token: String,
}

// === impl Crowd ===

impl Crowd {
    async fn before(entries: &str) -> Self {
        let world = Arc::new(World::builder().pdp(entries).start().await);
        let token = world.issuer.token(&claims("auth0|viewer", &["viewer"]));
        Self { world, token }
    }

    /// All ask at once, some of them the same. Nobody gets in who may not.
    async fn ask(&self) -> BTreeSet<i32> {
        let mut asked = JoinSet::new();
        for caller in 0..CALLERS {
            let (world, token) = (Arc::clone(&self.world), self.token.clone());
            asked.spawn(async move {
                let (method, right) = [("GET", ALLOWED), ("PATCH", DENIED)][caller % 2];
                let path = format!("/v1/orgs/acme/invoices/{}", caller % 20);
                let told = world.ask(check_request(method, &path, Some(&token))).await;
                assert!([right, FAULT].contains(&told.status), "{method}: {told:?}");
                told.status
            });
        }
        asked.join_all().await.into_iter().collect()
    }

    async fn go(self) {
        Arc::into_inner(self.world).expect("all are told").stop().await.unwrap();
    }

    /// Until they see nothing else.
    async fn ask_until(&self, expected: &[i32]) {
        let expected: BTreeSet<i32> = expected.iter().copied().collect();
        let asked = async {
            while self.ask().await != expected {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        timeout(Duration::from_secs(60), asked).await.expect("it comes to that");
    }
}

#[tokio::test]
async fn a_pdp_that_is_killed_and_started_again_lets_nobody_in_meanwhile() {
    for cache in ["", ", cache: { ttl: 1s, deny_ttl: 100ms }"] {
        let mut pdp = pdp().await;
        let entries = format!("address: 'grpc://{}', {PATIENT}, connections: 2{cache}", pdp.grpc);
        let crowd = Crowd::before(&entries).await;
        assert_eq!(crowd.ask().await, BTreeSet::from([ALLOWED, DENIED]), "{cache}");
        for _ in 0..2 {
            let ((), _) = tokio::join!(async { pdp.kill() }, crowd.ask());
            // What is remembered ends.
            crowd.ask_until(&[FAULT]).await;
            pdp.begin().await;
            crowd.ask_until(&[ALLOWED, DENIED]).await;
        }
        let page = crowd.world.get("/metrics").await.1;
        let is_kept = page.contains(r#"portcullis_decision_cache_total{result="hit"}"#);
        assert_eq!(is_kept, !cache.is_empty(), "{page}");
        crowd.go().await;
    }
}

/// Who waits for an answer to the same question has waited for this fault, too.
#[tokio::test]
async fn a_pdp_that_says_nothing_is_asked_once_by_all_who_ask_the_same() {
    let entries = format!(
        "address: 'grpc://{}', timeout: 2s, per_try_timeout: 2s, retries: 0, cache: {{ ttl: 1s }}",
        silent().await
    );
    let world = World::builder().pdp(&entries).begin().await;
    let token = world.issuer.token(&claims("auth0|viewer", &["viewer"]));
    let crowd = Crowd { world: Arc::new(world), token };
    let calls = async || {
        let page = crowd.world.get("/metrics").await.1;
        let lines = page.lines().filter(|line| line.starts_with("portcullis_pdp_calls_total{"));
        lines.filter_map(|line| line.rsplit(' ').next()?.parse::<usize>().ok()).sum::<usize>()
    };
    let asked = async {
        // The keys may not be there yet, which is a fault, too.
        while calls().await == 0 {
            assert_eq!(crowd.ask().await, BTreeSet::from([FAULT]));
        }
    };
    timeout(Duration::from_secs(60), asked).await.expect("an answer");
    let before = calls().await;
    assert_eq!(crowd.ask().await, BTreeSet::from([FAULT]));
    let asked = calls().await - before;
    // They ask twenty questions, and some callers may have come late.
    assert!(asked <= CALLERS * 4 / 5, "{asked} calls for {CALLERS} callers");
    crowd.go().await;
}

/// Both of a name, each with connections of its own.
fn both(first: &Pdp, second: &Pdp) -> RemotePdp {
    let config = RemotePdpConfig {
        address: PdpAddress::Tcp {
            host: "localhost".into(),
            port: first.grpc.port(),
            encryption: Encryption::None,
        },
        tls: PdpTlsConfig::default(),
        token: TokenUse::Withheld,
        timeout: Duration::from_secs(20),
        per_try_timeout: Duration::from_secs(10),
        retries: 2,
        connections: 2,
        max_in_flight: CALLERS,
    };
    let (pdp, mut resolver) = remote_pdp::build(&config, &Metrics::new().unwrap()).unwrap();
    resolver.follow(BTreeSet::from([first.grpc, second.grpc]));
    pdp
}

/// What all callers are told, each with how many of them.
async fn all_view(pdp: &RemotePdp) -> BTreeMap<&'static str, usize> {
    let mut asked = JoinSet::new();
    for _ in 0..CALLERS {
        let pdp = pdp.clone();
        asked.spawn(async move { view(&pdp).await });
    }
    let mut told = BTreeMap::new();
    for answer in asked.join_all().await {
        let word = match answer {
            Ok(Effect::Allow) => "allow",
            Ok(Effect::Deny) => "deny",
            Err(_) => "fault",
        };
        *told.entry(word).or_insert(0) += 1;
    }
    told
}

#[tokio::test]
async fn of_two_pdps_one_may_be_killed_under_load() {
    let (mut first, mut second) = (pdp().await, pdp().await);
    let pdp = both(&first, &second);
    let all = BTreeMap::from([("allow", CALLERS)]);
    assert_eq!(all_view(&pdp).await, all);
    let (told, ()) = tokio::join!(all_view(&pdp), async { first.kill() });
    assert_eq!(told, all, "the other one answers");
    assert_eq!(all_view(&pdp).await, all, "still");
    first.begin().await;
    let (told, ()) = tokio::join!(all_view(&pdp), async { second.kill() });
    assert!(!told.contains_key("deny"), "{told:?}");
    let found = async {
        while all_view(&pdp).await != all {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(Duration::from_secs(60), found).await.expect("the first one is found again");
    first.kill();
    assert_eq!(all_view(&pdp).await, BTreeMap::from([("fault", CALLERS)]));
}
