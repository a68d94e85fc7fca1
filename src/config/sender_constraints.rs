//! `sender_constraints:`, how the senders of bound tokens prove that they may use them.

use std::{collections::BTreeSet, fmt, time::Duration};

use super::{attested, issuers::ALGORITHMS, requests, revocation, section::Section, value::Value};
use crate::identity::{Algorithm, CertificateSource, PossessionRules, ProofRules, TokenBinding};
use crate::request::Host;
use crate::route::RouteSpec;
use crate::server::ListenConfig;
use crate::shared_memory::OnOutage;

const SECOND: Duration = Duration::from_secs(1);

const SOURCES: [(&str, CertificateSource); 2] = [
    ("envoy", CertificateSource::Envoy),
    ("x_forwarded_client_cert", CertificateSource::Forwarded),
];

/// `sender_constraints:`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SenderConstraintsConfig {
    pub rules: PossessionRules,
    /// `dpop.hosts`: our hosts, beside those that routes name. A proof is for one of them.
    pub hosts: BTreeSet<Host>,
    /// `dpop.nonce`, if proofs must carry one.
    pub nonce: Option<NonceConfig>,
    /// `dpop.replays`: how many used proofs are remembered at the same time.
    pub replays: usize,
    /// `dpop.on_outage`: what becomes of a proof when it is not known whether another replica has seen
    /// it.
    pub on_outage: OnOutage,
}

/// `dpop.nonce:`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NonceConfig {
    /// How long a nonce is good.
    pub lifetime: Duration,
    /// What makes the nonces of all replicas; without one a process makes its own.
    pub secret: Option<NonceSecret>,
}

/// A secret, so it is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct NonceSecret(Box<str>);

/// As many bytes as the digest of the seal has (RFC 2104, 3).
const SHORTEST_SECRET: usize = 32;
const EXPECTED_SECRET: &str = "at least 32 random characters";

pub(super) fn read(mut section: Section<'_>, listen: &ListenConfig) -> SenderConstraintsConfig {
    let mut dpop = section.section("dpop");
    let default = ProofRules::default();
    let algorithms = dpop.or("algorithms", default.algorithms, |value| {
        let algorithms =
            value.list("a list of signature algorithms", |item| item.choice(&ALGORITHMS));
        Some(algorithms?.into_iter().collect::<BTreeSet<Algorithm>>())
    });
    let proofs = ProofRules {
        algorithms,
        max_age: dpop.or("max_age", default.max_age, |value| value.duration(SECOND..=600 * SECOND)),
        max_ahead: dpop.or("max_ahead", default.max_ahead, |value| {
            value.duration(Duration::ZERO..=300 * SECOND)
        }),
    };
    let hosts = dpop.or("hosts", BTreeSet::new(), requests::hosts);
    let nonce = dpop.optional("nonce", nonce);
    let replays = dpop.or("replays", 100_000, |value| value.integer(1..=10_000_000));
    let on_outage =
        dpop.or("on_outage", OnOutage::Refuse, |value| value.choice(&revocation::OUTAGES));
    dpop.finish();
    let mut certificates = section.section("client_certificates");
    let from = certificates.optional("from", |value| value.choice(&SOURCES));
    let is_private = listen.knows_its_clients();
    if certificates.has("from") && !is_private {
        let message = "a client certificate is believed from whoever reaches the listener";
        certificates.report(message.to_owned(), attested::EXPECTED);
    }
    let source = match from {
        _ if !is_private => CertificateSource::Nowhere,
        Some(source) => source,
        None => CertificateSource::Envoy,
    };
    certificates.finish();
    section.finish();
    SenderConstraintsConfig {
        rules: PossessionRules { proofs, certificates: source },
        hosts,
        nonce,
        replays: usize::try_from(replays).unwrap_or(usize::MAX),
        on_outage,
    }
}

fn nonce(value: &Value<'_>) -> Option<NonceConfig> {
    let mut section = value.section()?;
    let nonce = NonceConfig {
        lifetime: section
            .or("lifetime", 120 * SECOND, |value| value.duration(10 * SECOND..=600 * SECOND)),
        secret: section.optional("secret", secret),
    };
    section.finish();
    Some(nonce)
}

/// What is wrong with it is said without it.
fn secret(value: &Value<'_>) -> Option<NonceSecret> {
    let text = value.text(EXPECTED_SECRET)?;
    if text.len() < SHORTEST_SECRET {
        value.report(format!("`{}` is too short", value.name), EXPECTED_SECRET);
        return None;
    }
    Some(NonceSecret(text.into()))
}

/// Replicas that do not take each other's nonces would send their clients to and fro.
pub(super) fn check_nonce(root: &Section<'_>, config: &SenderConstraintsConfig) {
    let has_own_key = config.nonce.as_ref().is_some_and(|nonce| nonce.secret.is_none());
    if has_own_key && root.has("redis") {
        let message = "there are replicas (`redis`), and each would make nonces of its own";
        root.report(message.to_owned(), "`sender_constraints.dpop.nonce.secret`");
    }
}

/// A route that demands proofs, where none could be good, is a slip.
pub(super) fn check_hosts(
    root: &Section<'_>,
    config: &SenderConstraintsConfig,
    routes: &[RouteSpec],
) {
    if !config.hosts.is_empty() || routes.iter().any(|route| !route.hosts.is_empty()) {
        return;
    }
    for route in routes {
        if matches!(route.demands.binding, Some(TokenBinding::Dpop | TokenBinding::Any)) {
            let message = format!(
                "the route at {} has `token_binding`, and no host is named that a proof could be for",
                route.place
            );
            root.report(message, "`hosts` at the route, or `sender_constraints.dpop.hosts`");
        }
    }
}

// === impl NonceSecret ===

impl NonceSecret {
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for NonceSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NonceSecret(..)")
    }
}
