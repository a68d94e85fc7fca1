//! A request's way in its parts, each as it is for a token and a question that were seen before, and
//! with its allocations. `whole` is all of them, from the bytes of a message to those of its answer:
//! what HTTP/2 adds to it is another matter.
//!
//! `cargo bench --bench parts --profile dist`
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a benchmark that cannot be set up has no figure"
)]
#![expect(unreachable_pub, reason = "no other crate sees a bench: `pub` is for its modules")]
#![expect(
    clippy::disallowed_methods,
    reason = "a bench ends with its tasks, and has a clock of its own"
)]

#[path = "../examples/demo/issuer/key.rs"]
mod key;
#[path = "../examples/bench/requests.rs"]
mod requests;

use std::{fs, sync::Arc, time::Duration};

use axum::{Json, Router, routing::get};
use divan::{AllocProfiler, Bencher, black_box};
use jiff::Timestamp;
use portcullis::{
    config,
    decision::{
        Authenticated, Authenticator, ChainKey, Deadline, DecisionCache, Gate, Generation, Judge,
        Question, RememberingJudge, Rules,
    },
    engine::model::CheckInput,
    identity::{BearerToken, Credentials},
    issuer::{self, Settings, TrustedIssuers},
    logout, reload,
    request::{HttpRequest, RawHeaders, RawRequest, RequestRules},
    revocation::TenantSpec,
    route::{Found, RouteMatch, Target},
    server::ExtAuthz,
    telemetry::Metrics,
};
use serde_json::json;
use tokio::{net::TcpListener, runtime::Runtime, sync::watch, time::Instant};
use tokio_util::sync::CancellationToken;

#[global_allocator]
static ALLOCATIONS: AllocProfiler = AllocProfiler::system();

const POLICY: &str = r#"
apiVersion: api.cerbos.dev/v1
resourcePolicy:
  resource: document0
  version: default
  rules:
    - { actions: [create], effect: EFFECT_ALLOW, roles: [user] }
    - { actions: [list], effect: EFFECT_ALLOW, roles: [user] }
    - actions: [view]
      effect: EFFECT_ALLOW
      roles: [user]
      condition:
        match: { expr: 'P.attr.department == "engineering" && R.id.startsWith("doc-")' }
    - { actions: [delete], effect: EFFECT_ALLOW, roles: [admin] }
"#;

fn main() {
    divan::main();
}

/// A server without its listener.
struct House {
    runtime: Runtime,
    rules: Arc<Rules>,
    authenticator: Authenticator,
    judge: RememberingJudge,
    door: ExtAuthz,
    /// A `CheckRequest`.
    message: Vec<u8>,
    token: String,
}

// === impl House ===

impl House {
    fn build() -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let folder = tempfile::tempdir().expect("a folder");
        let key = key::SigningKey::generate().expect("a key");
        let issuer = runtime.block_on(serve_keys(&key));
        let counts = requests::Counts { paths: 0, tokens: 0, kind: "document0".to_owned() };
        requests::write(folder.path(), &issuer, &key, &counts).expect("requests");
        let written = |name: &str| fs::read(folder.path().join(name)).expect("a file");
        let message = written("warm.bin").split_off(5);
        let token = String::from_utf8(written("token.txt")).expect("a token");
        let policies = folder.path().join("policies");
        fs::create_dir(&policies).expect("a folder");
        fs::write(policies.join("document0.yaml"), POLICY).expect("a policy");
        let file = folder.path().join("portcullis.yaml");
        fs::write(&file, configuration(&issuer)).expect("a configuration");
        let config = config::load(&file).map_err(|errors| errors.to_string()).expect("valid");
        let rules = reload::load_rules(&config, Generation::FIRST).expect("rules");
        let rules = Arc::new(rules);
        let metrics = Metrics::new().expect("metrics");
        let mut trusted = Vec::new();
        for spec in &config.issuers {
            let (keys, refresher) = issuer::build(spec, Settings::default()).expect("a client");
            runtime.spawn(refresher.run(CancellationToken::new()));
            runtime.block_on(keys.loaded());
            trusted.push((spec.clone(), keys));
        }
        let tenants = TenantSpec::of(&config.issuers);
        let (revocations, _) = logout::build(tenants, config.revocation, None, metrics.clone());
        let trusted = TrustedIssuers::new(trusted);
        let authenticator = Authenticator::new(trusted, revocations, config.cache.tokens.capacity);
        let cache = DecisionCache::new(config.cache.decisions, metrics.clone());
        let judge = RememberingJudge { judge: Judge::Embedded, cache: Some(cache) };
        let snapshot = watch::channel(rules.clone()).1;
        let gate = Gate::new(snapshot, authenticator.clone(), judge.clone());
        let door = ExtAuthz::new(gate, metrics);
        let house = Self { runtime, rules, authenticator, judge, door, message, token };
        let check = house.door.check(&house.message, deadline(), Vec::new());
        let answer = String::from_utf8_lossy(&house.runtime.block_on(check)).into_owned();
        assert!(answer.contains("policy.allowed"), "{answer}");
        house
    }

    fn raw(&self) -> RawRequest<'_> {
        let bearer = format!("Bearer {}", self.token);
        let headers = [
            (":authority", "api.bench.example"),
            (":method", "GET"),
            ("accept", "application/json"),
            ("user-agent", "bench/1.0 (linux; x86_64)"),
            ("x-forwarded-for", "203.0.113.7"),
            ("x-forwarded-proto", "https"),
            ("x-request-id", "5f2b1d8e-6a57-4a34-9d8c-0d6f5a0e7c11"),
        ];
        let headers = headers.map(|(name, value)| (name.into(), value.into()));
        let headers = headers.into_iter().chain([("authorization".into(), bearer.into())]);
        RawRequest {
            method: "GET".into(),
            scheme: "https".into(),
            host: "api.bench.example".into(),
            target: "/document0/doc-00000000".into(),
            headers: RawHeaders::Joined(headers.collect()),
            ..RawRequest::default()
        }
    }

    fn request(&self) -> HttpRequest<'_> {
        HttpRequest::read(self.raw(), &RequestRules::default()).expect("canonical")
    }

    fn matched<'a>(&'a self, request: &'a HttpRequest<'_>) -> RouteMatch<'a> {
        let Found::Protected(matched) = self.rules.routes.find(request) else {
            panic!("no route");
        };
        matched
    }

    fn caller(&self, request: &HttpRequest<'_>, token: &BearerToken) -> Arc<Authenticated> {
        let matched = self.matched(request);
        let caller =
            self.authenticator.authenticate(token, matched.demands(), Some(request), now());
        self.runtime.block_on(caller).expect("authenticated")
    }
}

async fn serve_keys(key: &key::SigningKey) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    let discovery = json!({ "issuer": url, "jwks_uri": format!("{url}keys") });
    let keys = json!({ "keys": [key.jwk()] });
    let router = Router::new()
        .route("/.well-known/openid-configuration", get(async move || Json(discovery)))
        .route("/keys", get(async move || Json(keys)));
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

fn configuration(issuer: &str) -> String {
    format!(
        "issuers:\n  - issuer: {issuer}\n    audience: {audience}\n    \
         roles: https://bench.example/roles\n    \
         claims: {{ attr: {{ department: https://bench.example/department }} }}\n\
         policies: policies\n\
         routes:\n  - path: /document0/{{id}}\n    \
         resource: {{ kind: document0, id: \"{{id}}\" }}\n    actions: {{ GET: view }}\n",
        audience = requests::AUDIENCE,
    )
}

fn now() -> Timestamp {
    Timestamp::now()
}

fn deadline() -> Deadline {
    Deadline::after(Instant::now(), None, Duration::from_secs(5))
}

fn token(matched: &RouteMatch<'_>, request: &HttpRequest<'_>) -> BearerToken {
    match matched.token_source().find(request) {
        Ok(Some(Credentials::Token(token))) => token,
        other => panic!("{other:?}"),
    }
}

/// From the bytes of a `CheckRequest` to those of its `CheckResponse`.
#[divan::bench]
fn whole(bencher: Bencher<'_, '_>) {
    let house = House::build();
    bencher.bench_local(|| {
        let message = black_box(&house.message);
        let check = house.door.check(message, deadline(), Vec::with_capacity(768));
        house.runtime.block_on(check)
    });
}

#[divan::bench]
fn request_in_its_canonical_form(bencher: Bencher<'_, '_>) {
    let house = House::build();
    bencher
        .with_inputs(|| house.raw())
        .bench_local_values(|raw| HttpRequest::read(raw, &house.rules.request));
}

#[divan::bench]
fn route(bencher: Bencher<'_, '_>) {
    let house = House::build();
    let request = house.request();
    bencher.bench_local(|| {
        matches!(house.rules.routes.find(black_box(&request)), Found::Protected(_))
    });
}

#[divan::bench]
fn token_that_was_verified_before(bencher: Bencher<'_, '_>) {
    let house = House::build();
    let request = house.request();
    let token = token(&house.matched(&request), &request);
    bencher.bench_local(|| house.caller(black_box(&request), &token));
}

/// What is asked, with everything that it needs.
struct Asked {
    house: House,
    caller: Arc<Authenticated>,
    target: Target,
}

// === impl Asked ===

impl Asked {
    fn build() -> Self {
        let house = House::build();
        let (caller, target) = {
            let request = house.request();
            let matched = house.matched(&request);
            let caller = house.caller(&request, &token(&matched, &request));
            let target = matched.target(&caller.aux_data.jwt, now()).expect("a target");
            (caller, target)
        };
        Self { house, caller, target }
    }

    fn input(&self) -> CheckInput<'_> {
        CheckInput {
            principal: &self.caller.principal,
            resource: &self.target.resource,
            actions: std::slice::from_ref(&self.target.action),
            aux_data: &self.caller.aux_data,
            now: now(),
            now_attributes: &[],
        }
    }
}

#[divan::bench]
fn resource_and_action(bencher: Bencher<'_, '_>) {
    let asked = Asked::build();
    let request = asked.house.request();
    let matched = asked.house.matched(&request);
    bencher.bench_local(|| black_box(&matched).target(&asked.caller.aux_data.jwt, Timestamp::MIN));
}

#[divan::bench]
fn key_of_the_decision(bencher: Bencher<'_, '_>) {
    let asked = Asked::build();
    let policies = asked.house.rules.policies.as_ref().expect("policies");
    let input = asked.input();
    let reads = policies.reads(&input);
    bencher.bench_local(|| {
        let Target { resource, action } = &asked.target;
        let chain = policies.policy_chain(black_box(input.principal), resource, action);
        ChainKey::new(Generation::FIRST, "/document0/{id}", &chain).with_values(&reads, &input)
    });
}

/// The key, and what was found under it.
#[divan::bench]
fn decision_that_was_made_before(bencher: Bencher<'_, '_>) {
    let asked = Asked::build();
    let House { runtime, judge, rules, .. } = &asked.house;
    let expires_at = asked.caller.expires_at;
    let input = asked.input();
    let question = Question { input, route: "/document0/{id}", token: None, expires_at };
    bencher.bench_local(|| runtime.block_on(judge.check(black_box(rules), &question)));
}

#[divan::bench]
fn engine(bencher: Bencher<'_, '_>) {
    let asked = Asked::build();
    let policies = asked.house.rules.policies.as_ref().expect("policies");
    let input = asked.input();
    bencher.bench_local(|| policies.check(black_box(&input)));
}

/// What the upstream is told about the caller.
#[divan::bench]
fn answer(bencher: Bencher<'_, '_>) {
    let asked = Asked::build();
    let Authenticated { principal, aux_data, .. } = &*asked.caller;
    let headers = &asked.house.rules.upstream_headers;
    let reason = portcullis::answer::Reason::POLICY_ALLOWED;
    bencher.bench_local(|| headers.known(reason, black_box(principal), &aux_data.jwt));
}
