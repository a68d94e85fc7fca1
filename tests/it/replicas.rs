//! Replicas share what is revoked, through a real Redis; and what happens when it is gone.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use reqwest::Client;
use serde_json::json;
use tokio::time::{Instant, sleep};

use crate::support::{
    Doors, Issuer, PASSWORD, Redis, World, check_request, claims, with_logout_token,
};

const INVOICE: &str = "/v1/orgs/acme/invoices/7";
const ADA: &str = "auth0|ada";

/// Servers of one issuer and one Redis.
struct Replicas {
    issuer: Arc<Issuer>,
    redis: Redis,
}

impl Replicas {
    async fn new() -> Self {
        Self { issuer: Arc::new(Issuer::start().await), redis: Redis::start().await }
    }

    /// One more, which waits two seconds before silence is an outage.
    async fn begin(&self, settings: &str) -> World {
        let revocation = format!("revocation: {{ max_stale: 2s{settings} }}");
        World::builder()
            .issuer(&self.issuer)
            .section(&self.redis.section())
            .section(&revocation)
            .issuer_key("logout_clients: [web]")
            .section("logout: { address: '127.0.0.1:0' }")
            .begin()
            .await
    }

    async fn start(&self) -> World {
        let world = self.begin("").await;
        world.wait_until_ready().await;
        world
    }

    fn token(&self, subject: &str) -> String {
        self.issuer.token(&claims(subject, &["viewer"]))
    }

    async fn revoke(&self, at: &World, subject: &str) -> u16 {
        let order = json!({ "issuer": self.issuer.url, "subject": subject });
        let request = Client::new().post(format!("http://{}/revocations", at.admin));
        let request = request.header("content-type", "application/json");
        request.body(order.to_string()).send().await.unwrap().status().as_u16()
    }

    async fn log_out(&self, at: &World, subject: &str) -> u16 {
        let now = Timestamp::now().as_second();
        let token = self.issuer.token(&json!({
            "sub": subject, "aud": "web", "iat": now, "exp": now + 120, "jti": subject,
            "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
        }));
        let url = format!("http://{}/backchannel-logout", at.logout);
        with_logout_token(Client::new().post(url), &token).send().await.unwrap().status().as_u16()
    }
}

async fn status(world: &World, token: &str) -> i32 {
    world.ask(check_request("GET", INVOICE, Some(token))).await.status
}

/// Asks until there is this answer, and says how long that took.
async fn until(world: &World, token: &str, expected: i32) -> Duration {
    let started = Instant::now();
    let mut last = 0;
    while started.elapsed() < Duration::from_secs(20) {
        last = status(world, token).await;
        if last == expected {
            return started.elapsed();
        }
        sleep(Duration::from_millis(5)).await;
    }
    panic!("still {last} and not {expected}: {:?}", world.get("/metrics").await);
}

#[tokio::test]
async fn what_one_replica_revokes_all_refuse_and_a_restart_forgets_nothing() {
    let mut replicas = Replicas::new().await;
    let (one, other) = (replicas.start().await, replicas.start().await);
    let envoy = Doors::start(&[&one.ext_authz, &other.ext_authz]).await;
    let [ada, eve] = [ADA, "auth0|eve"].map(|subject| replicas.token(subject));
    for token in [&ada, &eve, &ada] {
        for server in [0, 1] {
            assert_eq!(envoy.get(server, INVOICE, token).await.0, 200);
        }
    }
    assert_eq!(replicas.log_out(&one, ADA).await, 200);
    let revoked = r#"Bearer realm="api", error="invalid_token", error_description="revoked""#;
    let refused = (401, revoked.to_owned());
    assert_eq!(envoy.get(0, INVOICE, &ada).await, refused);
    let started = Instant::now();
    while envoy.get(1, INVOICE, &ada).await != refused {
        assert!(started.elapsed() < Duration::from_secs(1), "within a second");
    }
    assert_eq!(envoy.get(1, INVOICE, &eve).await.0, 200);
    // Both end, and Redis too; what was revoked is still there for who starts then.
    one.stop().await.unwrap();
    other.stop().await.unwrap();
    replicas.redis.kill();
    replicas.redis.begin().await;
    let next = replicas.start().await;
    assert_eq!(status(&next, &ada).await, 401);
    assert_eq!(status(&next, &eve).await, 200);
    next.stop().await.unwrap();
}

#[tokio::test]
async fn redis_knows_who_was_sent_away_by_a_digest_only() {
    let replicas = Replicas::new().await;
    let world = replicas.start().await;
    assert_eq!(replicas.revoke(&world, ADA).await, 200);
    let entries: Vec<(String, Vec<String>)> =
        replicas.redis.ask(&["XRANGE", "portcullis:revocations", "-", "+"]).await;
    let [(_, fields)] = &entries[..] else { panic!("one entry: {entries:?}") };
    assert!(fields[1].ends_with(&replicas.issuer.url) && !fields[1].contains("ada"), "{fields:?}");
    world.stop().await.unwrap();
}

#[tokio::test]
async fn without_redis_nobody_gets_in_where_that_is_what_was_chosen() {
    let mut replicas = Replicas::new().await;
    let world = replicas.start().await;
    let [ada, eve] = [ADA, "auth0|eve"].map(|subject| replicas.token(subject));
    assert_eq!(status(&world, &eve).await, 200);
    replicas.redis.kill();
    // In force here at once, and said not to be everywhere: whoever ordered it tries again.
    assert_eq!(replicas.log_out(&world, ADA).await, 503);
    assert_eq!(status(&world, &ada).await, 401);
    until(&world, &eve, 503).await;
    assert_eq!(status(&world, &ada).await, 401, "what is known is said");
    let told = world.ask(check_request("GET", INVOICE, Some(&eve))).await;
    assert_eq!((told.header("www-authenticate"), told.header("retry-after")), (None, Some("5")));
    let healthz = world.ask(check_request("GET", "/healthz", None)).await;
    assert_eq!(healthz.status, 200, "a public route needs nobody to be known");
    let (_, page) = world.get("/metrics").await;
    for line in [
        r#"portcullis_revocation_outage_total{answer="refused"} "#,
        r#"portcullis_decisions_total{answer="fault",reason="fault.revocations"} "#,
        r#"portcullis_logout_tokens_total{result="failed"} 1"#,
    ] {
        assert!(page.contains(line), "{line} in\n{page}");
    }
    let late = replicas.begin("").await;
    until(&late, &eve, 503).await;
    assert_eq!(
        late.get("/readyz").await,
        (503, "what is revoked has not been read yet\n".to_owned())
    );
    replicas.redis.begin().await;
    until(&world, &eve, 200).await;
    assert_eq!(replicas.log_out(&world, ADA).await, 200, "the same token, once more");
    late.wait_until_ready().await;
    until(&late, &ada, 401).await;
    world.stop().await.unwrap();
    late.stop().await.unwrap();
}

#[tokio::test]
async fn without_redis_what_is_known_decides_where_that_is_what_was_chosen() {
    let mut replicas = Replicas::new().await;
    let world = replicas.begin(", on_outage: continue").await;
    world.wait_until_ready().await;
    let [ada, eve, max] = [ADA, "auth0|eve", "auth0|max"].map(|subject| replicas.token(subject));
    assert_eq!(replicas.revoke(&world, ADA).await, 200);
    replicas.redis.kill();
    let continued = r#"portcullis_revocation_outage_total{answer="continued"} "#;
    for _ in 0..1000 {
        assert_eq!((status(&world, &ada).await, status(&world, &eve).await), (401, 200));
        if world.get("/metrics").await.1.contains(continued) {
            break;
        }
        sleep(Duration::from_millis(10)).await;
    }
    assert!(world.get("/metrics").await.1.contains(continued));
    assert_eq!(replicas.revoke(&world, "auth0|max").await, 503, "not shared");
    assert_eq!(status(&world, &max).await, 401);
    // Who starts now knows nothing, and serves: that is what was chosen.
    let late = replicas.begin(", on_outage: continue").await;
    late.wait_until_ready().await;
    assert_eq!(status(&late, &ada).await, 200);
    replicas.redis.begin().await;
    until(&late, &ada, 401).await;
    world.stop().await.unwrap();
    late.stop().await.unwrap();
}

#[tokio::test]
async fn what_redis_has_lost_the_replicas_write_again() {
    let replicas = Replicas::new().await;
    let world = replicas.start().await;
    let [ada, eve] = [ADA, "auth0|eve"].map(|subject| replicas.token(subject));
    assert_eq!(replicas.revoke(&world, ADA).await, 200);
    let _: String = replicas.redis.ask(&["FLUSHALL"]).await;
    let other = replicas.start().await;
    assert_eq!(status(&other, &ada).await, 200, "lost");
    // As where Redis had to be started again.
    let _: i64 = replicas.redis.ask(&["CLIENT", "KILL", "TYPE", "normal"]).await;
    until(&other, &ada, 401).await;
    let _: String = replicas.redis.ask(&["FLUSHALL"]).await;
    let third = replicas.start().await;
    assert_eq!(status(&third, &ada).await, 200, "lost again");
    // Who knows nothing of it writes first; the others see that the journal is a new one.
    assert_eq!(replicas.revoke(&third, "auth0|eve").await, 200);
    until(&third, &ada, 401).await;
    until(&world, &eve, 401).await;
    third.stop().await.unwrap();
    world.stop().await.unwrap();
    other.stop().await.unwrap();
}

#[tokio::test]
async fn where_more_is_revoked_than_is_kept_older_tokens_are_refused_and_none_gets_in() {
    let replicas = Replicas::new().await;
    let settings = ", capacity: 100";
    let world = replicas.begin(settings).await;
    world.wait_until_ready().await;
    assert_eq!(replicas.revoke(&world, ADA).await, 200);
    for number in 0..250 {
        assert_eq!(replicas.revoke(&world, &format!("auth0|{number}")).await, 200);
    }
    let length: usize = replicas.redis.ask(&["XLEN", "portcullis:revocations"]).await;
    assert!(length <= 200, "bounded, in steps of a hundred: {length}");
    let late = replicas.begin(settings).await;
    late.wait_until_ready().await;
    let subjects = [ADA, "auth0|0", "auth0|249"].map(str::to_owned);
    for subject in subjects {
        let token = replicas.token(&subject);
        assert_eq!((status(&world, &token).await, status(&late, &token).await), (401, 401));
    }
    assert!(!late.get("/metrics").await.1.contains("portcullis_revocations_merged_total 0"));
    world.stop().await.unwrap();
    late.stop().await.unwrap();
}

#[tokio::test]
async fn what_a_replica_cannot_read_it_does_not_skip() {
    let replicas = Replicas::new().await;
    let world = replicas.start().await;
    let token = replicas.token(ADA);
    assert_eq!(status(&world, &token).await, 200);
    let key = "portcullis:revocations";
    let id: String = replicas.redis.ask(&["XADD", key, "*", "r", "2 of a later version"]).await;
    until(&world, &token, 503).await;
    let _: i64 = replicas.redis.ask(&["XDEL", key, &id]).await;
    until(&world, &token, 200).await;
    world.stop().await.unwrap();
}

#[tokio::test]
async fn redis_is_reached_by_tls_with_a_password_and_only_if_its_authority_is_ours() {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let redis = Redis::with_tls(&cert.pem(), &signing_key.serialize_pem()).await;
    let stranger = generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let replicas = Replicas { issuer: Arc::new(Issuer::start().await), redis };
    let begin = async |authority: &str, url: &str| {
        let world = World::builder().issuer(&replicas.issuer).file("ca.pem", authority);
        let redis = format!("redis: {{ url: '{url}', ca_file: ca.pem, timeout: 1s }}");
        world.section(&redis).begin().await
    };
    let url = replicas.redis.tls_url();
    let world = begin(&cert.pem(), &url).await;
    world.wait_until_ready().await;
    assert_eq!(replicas.revoke(&world, ADA).await, 200);
    for (authority, url) in
        [(stranger.cert.pem(), url.clone()), (cert.pem(), url.replace(PASSWORD, "xyzzy"))]
    {
        let world = begin(&authority, &url).await;
        assert_eq!(replicas.revoke(&world, ADA).await, 503, "{url}");
        assert_eq!(world.get("/readyz").await.0, 503);
        world.stop().await.unwrap();
    }
    world.stop().await.unwrap();
}
