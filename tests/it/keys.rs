//! The issuer's keys while requests keep coming, through real Envoy: no change of keys and no trouble
//! of the issuer makes a wrong answer, and trouble that is over in time is not noticed at all.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use jiff::Timestamp;
use portcullis::issuer::Settings;
use serde_json::{Value, json};
use tokio::{task::JoinSet, time};

use crate::{
    hostile::{
        draft::signed,
        keys::{Ring, base64url},
    },
    support::{Edge, Fickle, Mood, claims},
};

const INVOICE: &str = "/v1/orgs/acme/invoices/7";

/// Several refreshes, also when one of them has to time out.
const PHASE: Duration = Duration::from_millis(1100);

const FAST: Settings = Settings {
    refresh: Duration::from_millis(150),
    max_stale: Duration::from_secs(30),
    timeout: Duration::from_millis(200),
    cooldown: Duration::from_millis(50),
    miss: Duration::from_millis(100),
};

/// Tokens with what they must be answered with now; where it changes, both may be seen.
type Expected = BTreeMap<&'static str, (String, &'static [u16])>;

struct Load {
    expected: Arc<Mutex<Expected>>,
    /// For each token and status, how many times.
    answers: Arc<Mutex<BTreeMap<(&'static str, u16), u64>>>,
    wrong: Arc<Mutex<Vec<String>>>,
    clients: JoinSet<()>,
}

// === impl Load ===

impl Load {
    fn start(edge: &Arc<Edge>, expected: Expected) -> Self {
        let mut load = Self {
            expected: Arc::new(Mutex::new(expected)),
            answers: Arc::default(),
            wrong: Arc::default(),
            clients: JoinSet::new(),
        };
        for client in 0..2 {
            let (edge, expected) = (edge.clone(), load.expected.clone());
            let (answers, wrong) = (load.answers.clone(), load.wrong.clone());
            load.clients.spawn(async move {
                for number in client.. {
                    let (name, token, allowed) = {
                        let expected = expected.lock().unwrap();
                        let (name, (token, allowed)) =
                            expected.iter().nth(number % expected.len()).unwrap();
                        (*name, token.clone(), *allowed)
                    };
                    // A path of its own, so that no answer is remembered.
                    let path = format!("/v1/orgs/acme/invoices/{number}");
                    let status = edge.status(&path, &token).await;
                    // The expectation may have changed on the way.
                    let now = expected.lock().unwrap()[name].1;
                    *answers.lock().unwrap().entry((name, status)).or_default() += 1;
                    if !allowed.contains(&status) && !now.contains(&status) {
                        wrong.lock().unwrap().push(format!("{name}: {status}, not {allowed:?}"));
                    }
                    time::sleep(Duration::from_millis(2)).await;
                }
            });
        }
        load
    }

    fn expect(&self, name: &'static str, statuses: &'static [u16]) {
        self.expected.lock().unwrap().get_mut(name).unwrap().1 = statuses;
    }

    #[track_caller]
    fn check(&self, phase: &str) {
        let wrong = self.wrong.lock().unwrap();
        assert!(
            wrong.is_empty(),
            "{phase}: {}\n{}",
            wrong.len(),
            wrong[..wrong.len().min(10)].join("\n")
        );
    }
}

fn token(ring: &Ring, issuer: &str, key: &'static str, kid: &str) -> String {
    let mut claims = claims("auth0|viewer", &["viewer"]);
    claims["iss"] = json!(issuer);
    claims["exp"] = json!(Timestamp::now().as_second() + 600);
    let header = json!({ "alg": ring.get(key).algorithm(), "typ": "JWT", "kid": kid });
    let text = format!("{}.{}", base64url(header.to_string()), base64url(claims.to_string()));
    signed(&text, ring.get(key))
}

fn published(ring: &Ring, keys: &[&str]) -> Value {
    json!({ "keys": keys.iter().map(|key| ring.get(key).jwk()).collect::<Vec<_>>() })
}

/// What an issuer may do instead of answering. The evil site has a key under a name of a good one.
fn troubles(evil: &str) -> Vec<(&'static str, Mood)> {
    let elsewhere = format!("{evil}.well-known/jwks.json");
    vec![
        ("away", Mood::Away),
        ("500", Mood::Status(500)),
        ("304 without a question", Mood::Status(304)),
        ("silent", Mood::Silent),
        ("slow", Mood::Slow),
        ("endless", Mood::Endless),
        ("a page", Mood::Text("<html>We will be back soon</html>")),
        ("no keys", Mood::Keys(json!({ "keys": [] }))),
        ("null", Mood::Keys(json!({ "keys": null }))),
        (
            "keys of another site",
            Mood::Discovery { issuer: None, jwks_uri: Some(elsewhere.clone()) },
        ),
        (
            "another issuer",
            Mood::Discovery { issuer: Some("https://evil.example/"), jwks_uri: None },
        ),
        ("a redirect", Mood::Redirect(elsewhere)),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_trouble_with_keys_makes_a_wrong_answer() {
    let ring = Ring::new();
    let issuer = Fickle::start(published(&ring, &["e1"])).await;
    let mut forged = ring.get("evil").jwk();
    forged["kid"] = json!("e1");
    let evil = Fickle::start(json!({ "keys": [forged] })).await;
    let edge = Arc::new(Box::pin(Edge::start(&issuer.url, FAST)).await);
    let made = |key, kid| token(&ring, &issuer.url, key, kid);
    let expected: Expected = [
        ("old key", (made("e1", "e1"), &[200][..])),
        ("new key", (made("e2", "e2"), &[401])),
        ("evil key, old name", (made("evil", "e1"), &[401])),
        ("evil key, new name", (made("evil", "e2"), &[401])),
        ("unknown name", (made("evil", "who"), &[401])),
    ]
    .into();
    let load = Load::start(&edge, expected);
    time::sleep(PHASE).await;
    load.check("one key");

    load.expect("new key", &[200, 401]);
    issuer.be(Mood::Keys(published(&ring, &["e1", "e2"])));
    time::sleep(PHASE).await;
    load.expect("new key", &[200]);
    time::sleep(PHASE).await;
    load.check("both keys");

    for (trouble, mood) in troubles(&evil.url) {
        issuer.be(mood);
        time::sleep(PHASE / 2).await;
        load.check(trouble);
    }

    load.expect("old key", &[200, 401]);
    issuer.be(Mood::Keys(published(&ring, &["e2"])));
    time::sleep(PHASE).await;
    load.expect("old key", &[401]);
    time::sleep(PHASE).await;
    load.check("the old key is withdrawn");

    let answers = load.answers.lock().unwrap().clone();
    println!("{answers:?}");
    for (name, status) in [("old key", 200), ("old key", 401), ("new key", 200), ("new key", 401)] {
        assert!(answers.get(&(name, status)).is_some_and(|count| *count > 0), "{answers:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn beyond_the_grace_nobody_is_judged() {
    let ring = Ring::new();
    let issuer = Fickle::start(published(&ring, &["e1"])).await;
    let short = Settings { max_stale: Duration::from_millis(400), ..FAST };
    let edge = Box::pin(Edge::start(&issuer.url, short)).await;
    let (good, evil) =
        (token(&ring, &issuer.url, "e1", "e1"), token(&ring, &issuer.url, "evil", "e1"));
    assert_eq!((edge.status(INVOICE, &good).await, edge.status(INVOICE, &evil).await), (200, 401));
    issuer.be(Mood::Status(503));
    let changes = async |from: u16, to: u16| {
        for _ in 0..1000 {
            let status = edge.status(INVOICE, &good).await;
            if status == to {
                return;
            }
            assert_eq!(status, from);
            time::sleep(Duration::from_millis(5)).await;
        }
        panic!("it is still {from}");
    };
    // Nothing can be said about any token: 503, and not 401, which would end sessions.
    changes(200, 503).await;
    assert_eq!(edge.status(INVOICE, &evil).await, 503);
    issuer.be(Mood::Keys(published(&ring, &["e1"])));
    changes(503, 200).await;
    assert_eq!(edge.status(INVOICE, &evil).await, 401);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn threat_12_a_silent_issuer_lets_nobody_past_an_envoy_that_fails_open() {
    let ring = Ring::new();
    let issuer = Fickle::start(published(&ring, &["e1"])).await;
    let patient = Duration::from_secs(20);
    let settings = Settings { refresh: patient * 10, timeout: patient, ..FAST };
    let changes = [
        ("failure_mode_allow: false", "failure_mode_allow: true"),
        ("timeout: 1s", "timeout: 0.2s"),
    ];
    let edge = Box::pin(Edge::start_with(&issuer.url, settings, &changes)).await;
    issuer.be(Mood::Silent);
    let good = token(&ring, &issuer.url, "e1", "e1");
    // Whoever sends a token names its key, and so makes us ask.
    let forged = token(&ring, &issuer.url, "evil", "who");
    for _ in 0..3 {
        let answer = edge.answer(INVOICE, &forged).await;
        assert_eq!(answer.status(), 503);
        assert!(answer.headers().contains_key("x-portcullis-decision-id"), "{answer:?}");
        assert_eq!(edge.status(INVOICE, &good).await, 200);
    }
}
