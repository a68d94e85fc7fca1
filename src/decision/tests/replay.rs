//! R and X: proofs are good for one use, and a token that is remembered needs a new one each time.

use std::time::Duration;

use jiff::SignedDuration;

use crate::decision::{AuthenticationError, Authenticator, ReplayMemory};
use crate::identity::{
    BearerToken, Demands, PossessionRules, TokenError, bearer,
    tests::forge::{self, Forgery, TestKey},
};
use crate::issuer::{
    Settings, TrustedIssuers,
    tests::site::{Refreshing, Site},
};
use crate::logout::{self, RevocationConfig, Revocations};
use crate::request::HttpRequest;
use crate::revocation::{Revocation, TenantSpec, Whom};
use crate::shared_memory::OnOutage;
use crate::telemetry::{Metrics, RevocationSource};

struct World {
    authenticator: Authenticator,
    revocations: Revocations,
    token: String,
    site: Site,
    _refreshing: Refreshing,
}

/// Bound to the key of the proofs.
fn token(site: &Site, issued_at: i64) -> String {
    let token = Forgery::base().bound(Some(TestKey::named("p256")), None);
    token.claim("iss", site.issuer()).claim("iat", issued_at).token()
}

const PROOF: SignedDuration = SignedDuration::from_secs(300);

impl World {
    /// With room for so many proofs.
    async fn new(replays: usize) -> Self {
        let site = Site::with_keys(&[TestKey::named("k1").jwk()]).await;
        let refreshing = Refreshing::loaded(&site.spec(), Settings::default()).await;
        let config = RevocationConfig {
            capacity: 100,
            on_outage: OnOutage::Refuse,
            max_stale: Duration::from_secs(1),
        };
        let tenants = TenantSpec::of(&[site.spec()]);
        let (revocations, _) = logout::build(tenants, config, None, Metrics::new().unwrap());
        let issuers = TrustedIssuers::new(vec![(site.spec(), refreshing.keys.clone())]);
        let authenticator = Authenticator::new(issuers, revocations.clone(), 100)
            .with_possession(PossessionRules::default(), ReplayMemory::new(replays));
        let token = token(&site, forge::NOW - 10);
        Self { authenticator, revocations, token, site, _refreshing: refreshing }
    }

    fn proof(&self, id: &str) -> Forgery {
        Forgery::proof(&self.token).claim("jti", id)
    }

    fn credentials(&self, scheme: &str) -> BearerToken {
        bearer::find([format!("{scheme} {}", self.token).as_bytes()]).unwrap().unwrap()
    }

    /// What is said to the token with this proof, so long after the proof of the other tests is made.
    async fn send(&self, scheme: &str, proof: &Forgery, after: SignedDuration) -> String {
        let proof = proof.signed_by(TestKey::named("p256"));
        let raw = forge::request(&[("dpop", &proof)]);
        let request = HttpRequest::read(raw, &forge::rules()).unwrap();
        let (token, demands) = (self.credentials(scheme), Demands::default());
        let now = forge::now() + after;
        match self.authenticator.authenticate(&token, &demands, Some(&request), now).await {
            Ok(_) => "OK".to_owned(),
            Err(AuthenticationError::Refused(error)) => error.to_string(),
            Err(error) => error.to_string(),
        }
    }
}

#[tokio::test]
async fn x1_x2_a_proof_is_good_for_one_request() {
    let world = World::new(10).await;
    let (first, second) = (world.proof("1"), world.proof("2"));
    assert_eq!(world.send("DPoP", &first, SignedDuration::ZERO).await, "OK");
    assert_eq!(world.send("DPoP", &first, SignedDuration::ZERO).await, "replayed");
    assert_eq!(world.send("DPoP", &second, SignedDuration::ZERO).await, "OK");
    let later = SignedDuration::from_secs(299);
    assert_eq!(world.send("DPoP", &first, later).await, "replayed");
    assert_eq!(world.send("DPoP", &first, later * 2).await, "stale");
    // Whoever has a key gives each proof an id of its own.
    let again = world.proof("1").claim("iat", forge::NOW + 200);
    assert_eq!(world.send("DPoP", &again, later).await, "replayed");
}

#[tokio::test]
async fn r6_a_remembered_token_needs_its_proof_again() {
    let world = World::new(10).await;
    let none = SignedDuration::ZERO;
    assert_eq!(world.send("DPoP", &world.proof("1"), none).await, "OK");
    assert_eq!(world.send("Bearer", &world.proof("2"), none).await, "bound token requires DPoP");
    let wrong = world.proof("3").claim("htm", "POST");
    assert_eq!(world.send("DPoP", &wrong, none).await, "method");
    let (token, demands) = (world.credentials("DPoP"), Demands::default());
    let alone = world.authenticator.authenticate(&token, &demands, None, forge::now()).await;
    assert_eq!(alone.unwrap_err(), AuthenticationError::Refused(TokenError::KeyBound));
}

#[tokio::test]
async fn a_full_memory_refuses_rather_than_forgets() {
    let world = World::new(2).await;
    let none = SignedDuration::ZERO;
    // What is refused for another reason takes no place.
    let wrong = world.proof("0").claim("htm", "POST");
    assert_eq!(world.send("DPoP", &wrong, none).await, "method");
    assert_eq!(world.send("DPoP", &world.proof("1"), none).await, "OK");
    assert_eq!(world.send("DPoP", &world.proof("2"), none).await, "OK");
    let third = world.proof("3");
    assert_eq!(world.send("DPoP", &third, none).await, "no further proof can be remembered");
    assert_eq!(world.send("DPoP", &world.proof("1"), none).await, "replayed");
    // When both have ended, and a minute more, there is room.
    let later = PROOF + SignedDuration::from_secs(65);
    let fresh = |id: &str| world.proof(id).claim("iat", forge::NOW + 365);
    assert_eq!(world.send("DPoP", &fresh("4"), later).await, "OK");
    assert_eq!(world.send("DPoP", &fresh("5"), later).await, "OK");
    assert_eq!(world.send("DPoP", &fresh("6"), later).await, "no further proof can be remembered");
}

#[tokio::test]
async fn x2_of_many_uses_at_the_same_time_one_is_the_first() {
    let world = World::new(10).await;
    let proof = world.proof("1");
    let sent = (0..20).map(|_| world.send("DPoP", &proof, SignedDuration::ZERO));
    let answers = futures_util::future::join_all(sent).await;
    assert_eq!(answers.iter().filter(|answer| *answer == "OK").count(), 1, "{answers:?}");
}

#[tokio::test]
async fn x1_r7_a_token_that_is_revoked_does_not_use_its_proof_up() {
    let mut world = World::new(1).await;
    let subject = Whom::Subject("auth0|07780e7e03c5dfacfd6d55ad");
    let revocations = [Revocation::new(&world.site.issuer(), subject, forge::now())];
    let revoked = world.revocations.revoke(&revocations, RevocationSource::Admin, forge::now());
    revoked.await.unwrap();
    let none = SignedDuration::ZERO;
    assert_eq!(world.send("DPoP", &world.proof("1"), none).await, "revoked");
    world.token = token(&world.site, forge::NOW + 1);
    assert_eq!(world.send("DPoP", &world.proof("1"), none).await, "OK");
    assert_eq!(world.send("DPoP", &world.proof("1"), none).await, "replayed");
}
