//! R: tokens that were verified before, and what has changed since.

use std::{sync::Arc, time::Duration};

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::decision::{Authenticated, AuthenticationError, Authenticator};
use crate::identity::{
    BearerToken, Demands, IssuerSpec, TokenError, bearer,
    tests::{
        base,
        forge::{self, Forgery, TestKey},
    },
};
use crate::issuer::{
    Settings, TrustedIssuers,
    tests::site::{JWKS, Page, Refreshing, Site, advance},
};
use crate::logout::{self, RevocationConfig, Revocations};
use crate::revocation::{Revocation, TenantSpec, Whom};
use crate::shared_memory::OnOutage;
use crate::telemetry::{Metrics, RevocationSource};

const SECOND: Duration = Duration::from_secs(1);

/// Two issuers and those who trust them.
struct World {
    authenticator: Authenticator,
    revocations: Revocations,
    sites: [Site; 2],
    _refreshing: [Refreshing; 2],
}

type Result = std::result::Result<Arc<Authenticated>, AuthenticationError>;

impl World {
    async fn new() -> Self {
        Self::with_capacity(100).await
    }

    async fn with_capacity(capacity: u64) -> Self {
        let keys = |names: [&str; 2]| names.map(|name| TestKey::named(name).jwk());
        let sites = [
            Site::with_keys(&keys(["k1", "k2"])).await,
            Site::with_keys(&keys(["evil", "p256"])).await,
        ];
        let specs =
            [sites[0].spec(), IssuerSpec { audiences: vec!["b".into()], ..sites[1].spec() }];
        let settings = Settings::default();
        let refreshing = [
            Refreshing::loaded(&specs[0], settings).await,
            Refreshing::loaded(&specs[1], settings).await,
        ];
        let keys = [0, 1].map(|issuer: usize| refreshing[issuer].keys.clone());
        let issuers = specs.iter().cloned().zip(keys).collect();
        let tenants = TenantSpec::of(&specs);
        let config =
            RevocationConfig { capacity: 100, on_outage: OnOutage::Refuse, max_stale: SECOND };
        let (revocations, _) = logout::build(tenants, config, None, Metrics::new().unwrap());
        let issuers = TrustedIssuers::new(issuers);
        let authenticator = Authenticator::new(issuers, revocations.clone(), capacity);
        Self { authenticator, revocations, sites, _refreshing: refreshing }
    }

    fn token(&self) -> Forgery {
        base().claim("iss", self.sites[0].issuer())
    }

    async fn after(&self, token: &str, seconds: i64, demands: &Demands) -> Result {
        let now = forge::now() + SignedDuration::from_secs(seconds);
        send(self.authenticator.authenticate(&bearer_token(token), demands, None, now)).await
    }

    async fn now(&self, token: &str) -> Result {
        self.after(token, 0, &Demands::default()).await
    }

    fn publish(&self, keys: &[Value]) {
        self.sites[0].serve(JWKS, Page::Text(forge::jwks(keys)));
    }
}

/// A server moves a request between threads.
fn send<T: Send>(future: T) -> T {
    future
}

fn bearer_token(token: &str) -> BearerToken {
    bearer::find([format!("Bearer {token}").as_bytes()]).unwrap().unwrap()
}

#[track_caller]
fn assert_refused(result: &Result, expected: TokenError) {
    match result {
        Err(AuthenticationError::Refused(error)) => assert_eq!(*error, expected),
        Ok(_)
        | Err(
            AuthenticationError::KeysUnavailable(_)
            | AuthenticationError::RevocationsUnknown
            | AuthenticationError::ReplaysFull
            | AuthenticationError::ReplaysUnknown,
        ) => {
            panic!("{result:?}")
        }
    }
}

#[tokio::test]
async fn r1_the_same_token_is_the_same_caller() {
    let world = World::new().await;
    let token = world.token().token();
    let first = world.now(&token).await.unwrap();
    let second = world.now(&token).await.unwrap();
    assert!(Arc::ptr_eq(&first, &second), "prepared once");
    assert!(first.principal.id.ends_with("/#auth0|07780e7e03c5dfacfd6d55ad"), "two tenants");
    assert_eq!(first.expires_at, forge::now() + SignedDuration::from_secs(3600));
    let forgetful = World::with_capacity(0).await;
    let token = forgetful.token().token();
    let [first, second] =
        [forgetful.now(&token).await.unwrap(), forgetful.now(&token).await.unwrap()];
    assert!(!Arc::ptr_eq(&first, &second) && first.principal == second.principal);
}

#[tokio::test]
async fn threat_34_r2_no_byte_of_a_remembered_token_can_be_changed() {
    let world = World::new().await;
    let token = world.token().token();
    world.now(&token).await.unwrap();
    for position in 0..token.len() {
        let mut bytes = token.clone().into_bytes();
        bytes[position] = if bytes[position] == b'A' { b'B' } else { b'A' };
        let changed = world.now(std::str::from_utf8(&bytes).unwrap()).await;
        assert!(matches!(changed, Err(AuthenticationError::Refused(_))), "byte {position}");
    }
    let (_, signature) = token.rsplit_once('.').unwrap();
    let other = world.token().claim("permissions", json!(["admin"])).signed_text();
    let changed = world.now(&format!("{other}.{signature}")).await;
    assert_refused(&changed, TokenError::BadSignature);
    let other = world.token().header("x", 1).signed_text();
    let changed = world.now(&format!("{other}.{signature}")).await;
    assert_refused(&changed, TokenError::BadSignature);
}

#[tokio::test]
async fn r3_a_remembered_token_expires() {
    let world = World::new().await;
    let token = world.token().token();
    world.now(&token).await.unwrap();
    world.after(&token, 3600 + 29, &Demands::default()).await.unwrap();
    let expired = world.after(&token, 3600 + 31, &Demands::default()).await;
    assert_refused(&expired, TokenError::Expired);
}

#[tokio::test]
async fn k16_a_clock_that_is_set_back_lets_no_expired_token_in_for_longer() {
    let world = World::new().await;
    let token = world.token().token();
    world.now(&token).await.unwrap();
    // Ten minutes back the token is not issued yet; that it was remembered changes nothing.
    let early = world.after(&token, -600, &Demands::default()).await;
    assert_refused(&early, TokenError::InvalidClaim("iat"));
    world.after(&token, 3600 + 29, &Demands::default()).await.unwrap();
    for after in [3600 + 31, 3600 + 30, 7200] {
        let expired = world.after(&token, after, &Demands::default()).await;
        assert_refused(&expired, TokenError::Expired);
    }
}

#[tokio::test]
async fn r4_a_remembered_token_goes_with_its_key() {
    let world = World::new().await;
    let [first, second] = ["k1", "k2"].map(|kid| world.token().header("kid", kid).token());
    let remembered = world.now(&first).await.unwrap();
    world.now(&second).await.unwrap();
    // Under the same id there is another key now, and there is one more.
    let mut twin = TestKey::named("evil").jwk();
    twin["kid"] = json!("k2");
    world.publish(&[TestKey::named("k1").jwk(), twin, TestKey::named("p256").jwk()]);
    advance(31 * SECOND).await;
    let unknown = world.token().header("kid", "p384").token();
    assert_refused(&world.now(&unknown).await, TokenError::UnknownKey);
    assert_refused(&world.now(&second).await, TokenError::BadSignature);
    assert!(Arc::ptr_eq(&remembered, &world.now(&first).await.unwrap()), "the others stay");
    world.publish(&[TestKey::named("p256").jwk()]);
    advance(331 * SECOND).await;
    // A fetch is on its way; whoever asks for a key that is not there waits for it.
    let unknown = world.token().header("kid", "ed").token();
    assert_refused(&world.now(&unknown).await, TokenError::UnknownKey);
    assert_refused(&world.now(&first).await, TokenError::UnknownKey);
}

#[tokio::test]
async fn threat_21_r5_a_remembered_token_meets_the_demands_of_each_route() {
    let world = World::new().await;
    let token = world.token().token();
    world.now(&token).await.unwrap();
    let demands =
        |audience: &str| Demands { audiences: [audience.into()].into(), ..Demands::default() };
    world.after(&token, 0, &demands(forge::API)).await.unwrap();
    let elsewhere = world.after(&token, 0, &demands("https://api.brightpay.example/v2")).await;
    assert_refused(&elsewhere, TokenError::WrongAudience);
    // An audience of the issuer is asked for all the same.
    let other = world.token().claim("aud", "https://api.brightpay.example/v2").token();
    let other = world.after(&other, 0, &demands("https://api.brightpay.example/v2")).await;
    assert_refused(&other, TokenError::WrongAudience);
}

#[tokio::test]
async fn threat_24_a_remembered_token_has_no_more_scopes_than_before() {
    let world = World::new().await;
    let token = world.token().token();
    world.now(&token).await.unwrap();
    let demands =
        |scope: &str| Demands { scopes: [scope.parse().unwrap()].into(), ..Demands::default() };
    world.after(&token, 0, &demands("read:invoices")).await.unwrap();
    let more = world.after(&token, 0, &demands("delete:invoices")).await;
    assert_refused(&more, TokenError::InsufficientScope);
    world.after(&token, 0, &demands("read:invoices")).await.unwrap();
    // A login grows old while its token is remembered.
    let token = world.token().claim("auth_time", forge::NOW - 10).token();
    let recent = Demands { max_age: Some(60 * SECOND), ..Demands::default() };
    world.after(&token, 0, &recent).await.unwrap();
    world.after(&token, 80, &recent).await.unwrap();
    let old = world.after(&token, 81, &recent).await;
    assert_refused(&old, TokenError::InsufficientAuthentication);
}

#[tokio::test]
async fn r7_r8_a_remembered_token_is_refused_once_it_is_revoked() {
    let world = World::new().await;
    let subject = "auth0|07780e7e03c5dfacfd6d55ad";
    let [older, newer] = [forge::NOW - 10, forge::NOW + 1]
        .map(|iat| world.token().claims(&json!({ "iat": iat, "sid": "s1" })).token());
    let other = world.token().claims(&json!({ "sub": "auth0|other", "sid": "s2" })).token();
    for token in [&older, &newer, &other] {
        world.now(token).await.unwrap();
    }
    let tenant = world.sites[0].issuer();
    let revoke = async |whom| {
        let revocation = Revocation::new(&tenant, whom, forge::now());
        world
            .revocations
            .revoke(&[revocation], RevocationSource::Admin, forge::now())
            .await
            .unwrap();
    };
    revoke(Whom::Subject("auth0|nobody")).await;
    world.now(&older).await.unwrap();
    revoke(Whom::Subject(subject)).await;
    assert_refused(&world.now(&older).await, TokenError::Revoked);
    world.now(&newer).await.unwrap();
    world.now(&other).await.unwrap();
    revoke(Whom::Session("s2")).await;
    assert_refused(&world.now(&other).await, TokenError::Revoked);
    // A token has one form only, so no other spelling of it gets in either.
    assert_refused(&world.now(&format!("{older}=")).await, TokenError::Malformed);
    // Nor does one that was never seen before.
    let fresh = world.token().claims(&json!({ "iat": forge::NOW - 20 })).token();
    assert_refused(&world.now(&fresh).await, TokenError::Revoked);
}

#[tokio::test]
async fn r10_an_issuer_signs_for_itself_alone() {
    let world = World::new().await;
    let ours = world.now(&world.token().token()).await.unwrap();
    let theirs =
        base().claim("iss", world.sites[1].issuer()).claim("aud", "b").header("kid", "evil");
    let theirs = world.now(&theirs.token()).await.unwrap();
    assert_ne!(ours.principal.id, theirs.principal.id, "R10");
    assert_ne!(ours.principal, theirs.principal);
    let stolen = world.token().header("kid", "evil").token();
    assert_refused(&world.now(&stolen).await, TokenError::UnknownKey);
    let foreign = base().claim("iss", world.sites[1].issuer()).header("kid", "evil").token();
    assert_refused(&world.now(&foreign).await, TokenError::WrongAudience);
    let unknown =
        base().claim("iss", "https://evil.example/").header("jku", "https://evil.example/");
    assert_refused(&world.now(&unknown.token()).await, TokenError::UnsupportedHeader);
    let unknown = base().claim("iss", "https://evil.example/").token();
    assert_refused(&world.now(&unknown).await, TokenError::WrongIssuer);
}

#[tokio::test]
async fn a5_nothing_is_fetched_for_a_token_that_is_refused_anyway() {
    let world = World::new().await;
    advance(31 * SECOND).await;
    for token in [
        world.token().claim("iss", "https://evil.example/").header("kid", "a").token(),
        world.token().header("alg", "PS256").header("kid", "b").token(),
        world.token().header("typ", "dpop+jwt").header("kid", "c").token(),
        world.token().header("kid", "").token(),
        world.token().header("alg", "ES256").token(),
    ] {
        world.now(&token).await.unwrap_err();
    }
    assert_eq!(world.sites.each_ref().map(|site| site.hits(JWKS)), [1, 1]);
}

#[tokio::test]
async fn a27_without_keys_nothing_is_said_about_a_token() {
    let world = World::new().await;
    let token = world.token().token();
    world.now(&token).await.unwrap();
    world.publish(&[]);
    advance(3940 * SECOND).await;
    let unavailable = world.now(&token).await.unwrap_err();
    assert!(matches!(unavailable, AuthenticationError::KeysUnavailable(_)), "remembered or not");
    let other = world.token().claim("sub", "auth0|2").token();
    let unavailable = world.now(&other).await.unwrap_err();
    assert!(matches!(unavailable, AuthenticationError::KeysUnavailable(_)));
}
