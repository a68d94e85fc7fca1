//! A proof that was used at one replica is used up at all of them, through a real Redis.

use std::sync::Arc;

use futures_util::future::join_all;

use crate::support::{Holder, Issuer, Redis, World, presented};

const INVOICE: &str = "/v1/orgs/acme/invoices/7";

/// Replicas, and the holder of a token that all of them take.
struct Replicas {
    issuer: Arc<Issuer>,
    redis: Redis,
    holder: Holder,
}

// === impl Replicas ===

impl Replicas {
    async fn new() -> Self {
        let issuer = Arc::new(Issuer::start().await);
        Self { issuer, redis: Redis::start().await, holder: Holder::new() }
    }

    /// One more. What is revoked is not what these tests are about.
    async fn start(&self, on_outage: &str) -> World {
        let proofs = format!(
            "sender_constraints: {{ dpop: {{ hosts: [api.invoices.example], on_outage: {on_outage} }} }}"
        );
        World::builder()
            .issuer(&self.issuer)
            .section(&self.redis.section())
            .section("revocation: { on_outage: continue }")
            .section(&proofs)
            .start()
            .await
    }

    /// The status that a proof of this id gets.
    async fn send(&self, at: &World, token: &str, id: &str) -> i32 {
        let url = format!("http://api.invoices.example{INVOICE}");
        let proof = self.holder.proof(token, id, "GET", &url);
        at.ask(presented(INVOICE, &format!("DPoP {token}"), Some(&proof))).await.status
    }
}

async fn counted(world: &World, line: &str) {
    let (_, page) = world.get("/metrics").await;
    assert!(page.contains(line), "{line} in\n{page}");
}

#[tokio::test]
async fn x2_a_proof_that_one_replica_has_seen_is_refused_at_all_of_them() {
    let replicas = Replicas::new().await;
    let (one, other) = (replicas.start("refuse").await, replicas.start("refuse").await);
    let token = replicas.holder.token(&one);
    assert_eq!(replicas.send(&one, &token, "1").await, 200);
    assert_eq!(replicas.send(&other, &token, "1").await, 401);
    assert_eq!(replicas.send(&other, &token, "2").await, 200);
    assert_eq!(replicas.send(&one, &token, "2").await, 401);
    counted(&other, r#"{answer="challenge",reason="dpop.replayed"} 1"#).await;
    // What is refused for another reason is no use of a proof.
    let wrong = format!("DPoP {token}x");
    let url = format!("http://api.invoices.example{INVOICE}");
    let proof = replicas.holder.proof(&token, "3", "GET", &url);
    assert_eq!(one.ask(presented(INVOICE, &wrong, Some(&proof))).await.status, 401);
    assert_eq!(replicas.send(&other, &token, "3").await, 200);
    // Nor does a restart forget.
    one.stop().await.unwrap();
    let next = replicas.start("refuse").await;
    assert_eq!(replicas.send(&next, &token, "1").await, 401);
    // Redis forgets them by itself, when the last replica would refuse them for their age.
    let keys: Vec<String> = replicas.redis.ask(&["KEYS", "portcullis:proof:*"]).await;
    assert_eq!(keys.len(), 3, "{keys:?}");
    for key in &keys {
        let left: i64 = replicas.redis.ask(&["PTTL", key]).await;
        assert!((300_000..=361_000).contains(&left), "{left}");
    }
    other.stop().await.unwrap();
    next.stop().await.unwrap();
}

#[tokio::test]
async fn x2_of_many_uses_at_two_replicas_at_once_one_is_the_first() {
    let replicas = Replicas::new().await;
    let worlds = [replicas.start("refuse").await, replicas.start("refuse").await];
    let token = replicas.holder.token(&worlds[0]);
    for id in ["1", "2", "3", "4"] {
        let sent = worlds.iter().cycle().take(10).map(|world| replicas.send(world, &token, id));
        let statuses = join_all(sent).await;
        assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    }
    for world in worlds {
        world.stop().await.unwrap();
    }
}

#[tokio::test]
async fn without_redis_proofs_are_refused_or_remembered_here_as_was_chosen() {
    let mut replicas = Replicas::new().await;
    let (refusing, going_on) = (replicas.start("refuse").await, replicas.start("continue").await);
    let token = replicas.holder.token(&refusing);
    for world in [&refusing, &going_on] {
        assert_eq!(replicas.send(world, &token, &world.admin).await, 200);
    }
    replicas.redis.kill();
    assert_eq!(replicas.send(&refusing, &token, "1").await, 503);
    counted(&refusing, r#"portcullis_proof_outage_total{answer="refused"} 1"#).await;
    counted(&refusing, r#"{answer="fault",reason="fault.replays_unknown"} 1"#).await;
    assert_eq!(replicas.send(&going_on, &token, "2").await, 200);
    assert_eq!(replicas.send(&going_on, &token, "2").await, 401, "what is known here is said");
    counted(&going_on, r#"portcullis_proof_outage_total{answer="continued"} 1"#).await;
    // Who sends no proof is not concerned.
    let plain = replicas.issuer.token(&crate::support::claims("auth0|viewer", &["viewer"]));
    let bearer = presented(INVOICE, &format!("Bearer {plain}"), None);
    assert_eq!(refusing.ask(bearer).await.status, 200);
    // As soon as it is back it is asked again, over a new connection.
    replicas.redis.begin().await;
    assert_eq!(replicas.send(&refusing, &token, "3").await, 200);
    assert_eq!(replicas.send(&going_on, &token, "3").await, 401);
    refusing.stop().await.unwrap();
    going_on.stop().await.unwrap();
}

#[tokio::test]
async fn a_connection_that_redis_has_closed_costs_nobody_an_answer() {
    let replicas = Replicas::new().await;
    let world = replicas.start("refuse").await;
    let token = replicas.holder.token(&world);
    assert_eq!(replicas.send(&world, &token, "1").await, 200);
    for id in ["2", "3", "4"] {
        let _: i64 = replicas.redis.ask(&["CLIENT", "KILL", "TYPE", "normal"]).await;
        assert_eq!(replicas.send(&world, &token, id).await, 200);
    }
    counted(&world, r#"reason="policy.allowed"} 4"#).await;
    world.stop().await.unwrap();
}
