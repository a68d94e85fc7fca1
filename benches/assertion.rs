//! What an assertion for the upstream costs: it is made and signed anew for each allowed request.
//!
//! `cargo bench --bench assertion --profile release`. Each figure stands beside its allocations.
#![expect(clippy::expect_used, reason = "a benchmark that cannot be set up has no figure")]

use std::time::Duration;

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rand::SystemRandom,
    rsa::{self, KeySize},
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair},
};
use divan::{AllocProfiler, Bencher, black_box};
use jiff::Timestamp;
use portcullis::{
    answer::{
        Asserted, Asserter, AssertionRules, HeaderSource, Reason, SigningKey, SigningKeys,
        UpstreamMutation,
    },
    engine::model::{Map, PolicyVersion, Principal, Scope, Value},
    identity::ClaimPath,
    request::{HttpRequest, RawRequest, RequestRules},
};

#[global_allocator]
static ALLOCATIONS: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

/// A new key of each kind that can sign, in PKCS#8.
fn key(algorithm: &str) -> Vec<u8> {
    let random = SystemRandom::new();
    match algorithm {
        "ES256" => EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random)
            .expect("a key")
            .as_ref()
            .to_vec(),
        "EdDSA" => Ed25519KeyPair::generate_pkcs8v1(&random).expect("a key").as_ref().to_vec(),
        _ => {
            let pair = rsa::KeyPair::generate(KeySize::Rsa2048).expect("a key");
            AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).expect("its form").as_ref().to_vec()
        }
    }
}

/// The claims that the configuration has by default.
fn rules() -> AssertionRules {
    let claim = |name: &str| (name.into(), HeaderSource::Claim(ClaimPath::top(name)));
    AssertionRules {
        header: "x-portcullis-assertion".parse().expect("a header"),
        issuer: "https://gateway.example".into(),
        audience: None,
        lifetime: Duration::from_mins(1),
        claims: [("roles".into(), HeaderSource::Roles)]
            .into_iter()
            .chain(["client_id", "org_id", "scope", "permissions"].map(claim))
            .chain([("token_issuer".into(), HeaderSource::Claim(ClaimPath::top("iss")))])
            .collect(),
    }
}

#[divan::bench(args = ["ES256", "EdDSA", "RS256 (2048)"])]
fn sign(bencher: Bencher<'_, '_>, algorithm: &str) {
    let key = SigningKey::from_pkcs8(&key(algorithm)).expect("a key");
    let asserter = Asserter::new(rules(), SigningKeys::given(vec![key]).expect("a key"));
    let principal = Principal {
        id: "auth0|07780e7e03c5dfacfd6d55ad".into(),
        roles: ["user", "accountant"].map(|role| role.parse().expect("a role")).into(),
        policy_version: PolicyVersion::unset(),
        scope: Scope::unset(),
        attr: Map::default(),
    };
    let claims: Map = [
        ("iss", Value::from("https://brightpay.eu.auth0.com/")),
        ("client_id", Value::from("vL5rkEzEErGubI6JvtXKW3Mex47i0bXU")),
        ("org_id", Value::from("org_Z2DiagTc2ifkVFos")),
        ("scope", Value::from("openid profile email read:invoices")),
        (
            "permissions",
            ["read:invoices", "update:invoices"].map(Value::from).into_iter().collect(),
        ),
    ]
    .into_iter()
    .collect();
    let raw = RawRequest {
        method: "GET".into(),
        host: "api.brightpay.example".into(),
        target: "/v1/invoices/7".into(),
        ..RawRequest::default()
    };
    let request = HttpRequest::read(raw, &RequestRules::default()).expect("a request");
    let about = Asserted {
        principal: &principal,
        claims: &claims,
        request: &request,
        now: Timestamp::UNIX_EPOCH,
        decision_id: "0193a1f2-7b4e-7c1d-8e2f-0123456789ab",
    };
    let nothing =
        || UpstreamMutation { reason: Reason::POLICY_ALLOWED, set: Vec::new(), remove: Vec::new() };
    bencher.with_inputs(nothing).bench_values(|mutation| asserter.sign(mutation, black_box(about)));
}
