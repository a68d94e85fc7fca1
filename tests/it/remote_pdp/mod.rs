//! The real Cerbos PDP in the place of our engine.

use std::{collections::BTreeSet, fs, net::SocketAddr, sync::Arc, time::Duration};

use jiff::Timestamp;
use portcullis::{
    engine::model::{AuxData, CheckInput, Effect, Map, PolicyVersion, Principal, Resource, Scope},
    remote_pdp::{
        self, Encryption, PdpAddress, PdpFault, PdpTlsConfig, RemotePdp, RemotePdpConfig, TokenUse,
    },
    telemetry::Metrics,
};
use tokio::{net::TcpListener, time::timeout};

mod load;
mod transports;

use crate::support::{Issuer, POLICY, Pdp, World, check_request, claims};

const INVOICE: &str = "/v1/orgs/acme/invoices/7";

/// However busy the machine is: what these tests are about is not how fast a PDP answers.
const PATIENT: &str = "timeout: 20s, per_try_timeout: 20s";

async fn pdp() -> Pdp {
    Pdp::with_any_token(&[("invoice.yaml", POLICY)]).await
}

#[tokio::test]
async fn another_pdp_decides_as_our_engine_does() {
    let pdp = pdp().await;
    let remote =
        World::builder().pdp(&format!("address: 'grpc://{}', {PATIENT}", pdp.grpc)).start().await;
    let own = World::builder().issuer(&remote.issuer).start().await;
    let viewer = remote.issuer.token(&claims("auth0|viewer", &["viewer"]));
    let accountant = remote.issuer.token(&claims("auth0|accountant", &["accountant"]));
    for (token, method, path, expected) in [
        (Some(&viewer), "GET", INVOICE, 200),
        (Some(&viewer), "GET", "/v1/orgs/acme/invoices", 200),
        (Some(&viewer), "PATCH", INVOICE, 403),
        (Some(&viewer), "DELETE", INVOICE, 403),
        (Some(&accountant), "PATCH", INVOICE, 200),
        (Some(&accountant), "PATCH", "/v1/orgs/globex/invoices/7", 403),
        (Some(&viewer), "GET", "/v1/unknown", 403),
        (None, "GET", INVOICE, 401),
        (None, "GET", "/healthz", 200),
    ] {
        let request = check_request(method, path, token.map(String::as_str));
        let (theirs, ours) = (remote.ask(request.clone()).await, own.ask(request).await);
        assert_eq!((theirs.status, ours.status), (expected, expected), "{method} {path}");
    }
    let page = remote.get("/metrics").await.1;
    assert!(page.contains(r#"portcullis_pdp_calls_total{result="answered"} 6"#), "{page}");
    assert!(!page.contains(r#"result="hit""#), "nothing is remembered unless it is said: {page}");
    remote.stop().await.unwrap();
    own.stop().await.unwrap();
}

/// Takes connections and says nothing.
async fn silent() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((connection, _)) = listener.accept().await {
            held.push(connection);
        }
    });
    address
}

#[tokio::test]
async fn a_pdp_that_says_nothing_is_a_fault_in_time() {
    let entries = format!("address: 'grpc://{}', timeout: 300ms", silent().await);
    let world = World::builder().pdp(&entries).begin().await;
    let token = world.issuer.token(&claims("auth0|viewer", &["viewer"]));
    let asked = async {
        // The keys may not be there yet, which is a fault, too.
        loop {
            let told = world.ask(check_request("GET", INVOICE, Some(&token))).await;
            assert_eq!(told.status, 503, "{told:?}");
            let page = world.get("/metrics").await.1;
            if page.contains(r#"portcullis_pdp_calls_total{result="deadline"}"#) {
                return;
            }
        }
    };
    timeout(Duration::from_secs(20), asked).await.expect("an answer");
    let (status, why) = world.get("/readyz").await;
    assert_eq!(status, 503, "not ready before a PDP serves: {why}");
    world.stop().await.unwrap();
}

#[tokio::test]
async fn answers_are_remembered_where_that_is_said_and_for_the_same_question_only() {
    let mut pdp = pdp().await;
    let world = async |ttl: &str| {
        let entries = format!("address: 'grpc://{}', {PATIENT}, cache: {{ ttl: {ttl} }}", pdp.grpc);
        World::builder().pdp(&entries).start().await
    };
    let (long, short) = (world("5m").await, world("1s").await);
    let token = |world: &World, who: &str| world.issuer.token(&claims(who, &["viewer"]));
    let ask = async |world: &World, path: &str, token: &str| {
        world.ask(check_request("GET", path, Some(token))).await.status
    };
    let (viewer, other) = (token(&long, "auth0|viewer"), token(&long, "auth0|other"));
    let brief = token(&short, "auth0|viewer");
    assert_eq!(ask(&long, INVOICE, &viewer).await, 200);
    assert_eq!(ask(&short, INVOICE, &brief).await, 200);
    pdp.kill();
    assert_eq!(ask(&long, INVOICE, &viewer).await, 200, "remembered");
    assert_eq!(ask(&long, "/v1/orgs/acme/invoices/8", &viewer).await, 503, "another resource");
    assert_eq!(ask(&long, INVOICE, &other).await, 503, "another caller");
    assert_eq!(ask(&long, INVOICE, &viewer).await, 200, "still");
    let ended = async {
        while ask(&short, INVOICE, &brief).await == 200 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    timeout(Duration::from_secs(30), ended).await.expect("it ends");
    assert_eq!(ask(&short, INVOICE, &brief).await, 503);
    long.stop().await.unwrap();
    short.stop().await.unwrap();
}

#[tokio::test]
async fn questions_beyond_the_limit_do_not_queue() {
    let entries = format!("address: 'grpc://{}', timeout: 2s, max_in_flight: 1", silent().await);
    let world = World::builder().pdp(&entries).begin().await;
    let token = world.issuer.token(&claims("auth0|viewer", &["viewer"]));
    let ask = async || world.ask(check_request("GET", INVOICE, Some(&token))).await.status;
    let seen = async {
        loop {
            // The keys may not be there yet, which is a fault, too.
            assert_eq!(tokio::join!(ask(), ask(), ask()), (503, 503, 503));
            let page = world.get("/metrics").await.1;
            if page.contains(r#"portcullis_pdp_calls_total{result="busy"}"#) {
                return page;
            }
        }
    };
    let page = timeout(Duration::from_secs(30), seen).await.expect("an answer");
    let count = |result: &str| {
        let name = format!("portcullis_pdp_calls_total{{result=\"{result}\"}} ");
        page.lines().find_map(|line| line.strip_prefix(&name)?.parse::<u32>().ok()).unwrap_or(0)
    };
    let (busy, silent) = (count("busy"), count("deadline") + count("unavailable"));
    assert_eq!((busy, silent), (2, 1), "one has the only place: {page}");
    world.stop().await.unwrap();
}

#[tokio::test]
async fn the_pdp_verifies_the_token_by_the_key_set_that_is_named() {
    let policy = r#"
apiVersion: api.cerbos.dev/v1
resourcePolicy:
  resource: invoice
  version: default
  rules:
    - actions: [view]
      roles: [viewer]
      effect: EFFECT_ALLOW
      condition: { match: { expr: request.auxData.jwt.sub == "auth0|viewer" } }
"#;
    let issuer = Arc::new(Issuer::start().await);
    let keys = format!("{}.well-known/jwks.json", issuer.url);
    let pdp = Pdp::with_key_set(&[("invoice.yaml", policy)], "auth0", &keys).await;
    for (who, more, expected) in [
        ("auth0|viewer", "key_set_id: auth0", 200),
        ("auth0|viewer", "retries: 0", 200),
        ("auth0|other", "key_set_id: auth0", 403),
        // It refuses to answer, which is nobody's allow.
        ("auth0|viewer", "key_set_id: okta", 503),
        ("auth0|viewer", "send_token: false", 403),
    ] {
        let entries = format!("address: 'grpc://{}', {PATIENT}, {more}", pdp.grpc);
        let world = World::builder().issuer(&issuer).pdp(&entries).start().await;
        let token = issuer.token(&claims(who, &["viewer"]));
        let told = world.ask(check_request("GET", INVOICE, Some(&token))).await;
        assert_eq!(told.status, expected, "{who}, {more}: {told:?}");
        world.stop().await.unwrap();
    }
}

#[tokio::test]
async fn a_reload_does_not_change_who_evaluates() {
    let pdp = pdp().await;
    let entries = format!("address: 'grpc://{}', {PATIENT}", pdp.grpc);
    let remote = World::builder().pdp(&entries).start().await;
    let own = World::builder().issuer(&remote.issuer).start().await;
    let elsewhere = fs::read_to_string(remote.path("portcullis.yaml")).unwrap();
    let here = fs::read_to_string(own.path("portcullis.yaml")).unwrap();
    for (world, other) in [(&remote, here), (&own, elsewhere)] {
        fs::write(world.path("portcullis.yaml"), other).unwrap();
        let (status, why) = world.post("/reload").await;
        assert_eq!(status, 422, "{why}");
        assert!(why.contains("evaluated by another engine: restart for that"), "{why}");
        let token = world.issuer.token(&claims("auth0|viewer", &["viewer"]));
        let told = world.ask(check_request("GET", INVOICE, Some(&token))).await;
        assert_eq!(told.status, 200, "{told:?}");
    }
    remote.stop().await.unwrap();
    own.stop().await.unwrap();
}

fn denying() -> String {
    POLICY.replace("EFFECT_ALLOW", "EFFECT_DENY")
}

async fn view(pdp: &RemotePdp) -> Result<Effect, PdpFault> {
    let principal = Principal {
        id: "u".into(),
        roles: vec!["viewer".parse().unwrap()],
        policy_version: PolicyVersion::unset(),
        scope: Scope::unset(),
        attr: Map::default(),
    };
    let resource = Resource {
        kind: "invoice".parse().unwrap(),
        id: "7".into(),
        policy_version: PolicyVersion::unset(),
        scope: Scope::unset(),
        attr: Map::default(),
    };
    let input = CheckInput {
        principal: &principal,
        resource: &resource,
        actions: &["view".parse().unwrap()],
        aux_data: &AuxData::default(),
        now: Timestamp::UNIX_EPOCH,
        now_attributes: &[],
    };
    let token = pdp.token(None)?;
    pdp.check(&input, token).await.map(|output| output.actions[0].effect)
}

/// They differ in their policies, so that it can be seen who answers.
#[tokio::test]
async fn all_addresses_of_a_name_are_asked_and_one_that_is_gone_is_not_missed() {
    let mut allowing = pdp().await;
    let denying = Pdp::start(&[("invoice.yaml", &denying())]).await;
    let config = RemotePdpConfig {
        address: PdpAddress::Tcp {
            host: "localhost".into(),
            port: allowing.grpc.port(),
            encryption: Encryption::None,
        },
        tls: PdpTlsConfig::default(),
        token: TokenUse::Withheld,
        timeout: Duration::from_secs(5),
        per_try_timeout: Duration::from_secs(2),
        retries: 2,
        connections: 1,
        max_in_flight: 10,
    };
    let (pdp, mut resolver) = remote_pdp::build(&config, &Metrics::new().unwrap()).unwrap();
    resolver.follow(BTreeSet::from([allowing.grpc, denying.grpc]));
    let mut answers = [0, 0];
    for _ in 0..40 {
        match view(&pdp).await.unwrap() {
            Effect::Allow => answers[0] += 1,
            Effect::Deny => answers[1] += 1,
        }
    }
    assert!(answers.iter().all(|count| *count >= 5), "{answers:?}");
    allowing.kill();
    for _ in 0..20 {
        assert_eq!(view(&pdp).await, Ok(Effect::Deny));
    }
}
