//! `redis:`, `revocation:` and `logout:`: how tokens are taken back.

use std::{net::SocketAddr, time::Duration};

use super::{section::Section, value::Value};
use crate::identity::IssuerSpec;
use crate::logout::RevocationConfig;
use crate::server::{DoorConfig, TlsConfig};
use crate::shared_memory::{OnOutage, RedisUrl, SharedMemoryConfig};

const MILLISECOND: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);

const EXPECTED_URL: &str = "a URL of Redis, such as `rediss://redis.example:6380`";

pub(super) const OUTAGES: [(&str, OnOutage); 2] =
    [("refuse", OnOutage::Refuse), ("continue", OnOutage::Continue)];

/// Said in words where nothing is encrypted beyond this machine.
#[derive(Clone, Copy)]
struct Unencrypted;

pub(super) fn redis(value: &Value<'_>) -> Option<SharedMemoryConfig> {
    let mut section = value.section()?;
    let url = section.required("url", EXPECTED_URL, url);
    let ca_file = section.optional("ca_file", Value::path);
    let prefix = section.or("prefix", "portcullis:".into(), |value| {
        value.text("what every key begins with").map(Into::into)
    });
    let timeout = section
        .or("timeout", 250 * MILLISECOND, |value| value.duration(10 * MILLISECOND..=300 * SECOND));
    let unencrypted =
        section.optional("without_tls", |value| value.choice(&[("private_network", Unencrypted)]));
    if let Some(url) = &url {
        if !url.is_private() && unencrypted.is_none() {
            let message = "whoever is between us and Redis could let revoked tokens in".to_owned();
            section.report(message, "`rediss://`, or `without_tls: private_network`");
        }
        if ca_file.is_some() && !url.is_encrypted() {
            let message = "`redis.ca_file` is set, and the connection is not encrypted".to_owned();
            section.report(message, "a URL that begins with `rediss://`");
        }
    }
    section.finish();
    Some(SharedMemoryConfig { url: url?, ca_file, prefix, timeout })
}

/// A URL may hold a password, so what is wrong with it is said without it.
fn url(value: &Value<'_>) -> Option<RedisUrl> {
    let url = RedisUrl::parse(&value.text(EXPECTED_URL)?);
    if url.is_none() {
        value.report(format!("`{}` is not a URL of Redis", value.name), EXPECTED_URL);
    }
    url
}

pub(super) fn revocation(mut section: Section<'_>) -> RevocationConfig {
    let capacity = section.or("capacity", 100_000, |value| {
        value.integer(1..=10_000_000).and_then(|capacity| usize::try_from(capacity).ok())
    });
    let config = RevocationConfig {
        capacity,
        on_outage: section.or("on_outage", OnOutage::Refuse, |value| value.choice(&OUTAGES)),
        max_stale: section.or("max_stale", 5 * SECOND, |value| value.duration(2 * SECOND..=HOUR)),
    };
    section.finish();
    config
}

pub(super) fn logout(value: &Value<'_>) -> Option<DoorConfig> {
    door(value, "logout tokens would cross a network in the clear")
}

/// A listener for anybody. `in_the_clear` is what is wrong with one that has no TLS.
pub(super) fn door(value: &Value<'_>, in_the_clear: &str) -> Option<DoorConfig> {
    let mut section = value.section()?;
    let address = section.required("address", "`IP:PORT`", |value| {
        value.parsed("`IP:PORT`", |text| text.parse::<SocketAddr>().ok())
    });
    let tls = section.optional("tls", tls);
    let unencrypted =
        section.optional("without_tls", |value| value.choice(&[("proxy_encrypts", Unencrypted)]));
    let is_open = address.is_some_and(|address| !address.ip().is_loopback());
    if is_open && !section.has("tls") && unencrypted.is_none() {
        section.report(in_the_clear.to_owned(), "`tls`, or `without_tls: proxy_encrypts`");
    }
    section.finish();
    Some(DoorConfig { address: address?, tls })
}

/// No client certificate: what is said there is its own credential, or no secret.
fn tls(value: &Value<'_>) -> Option<TlsConfig> {
    let mut section = value.section()?;
    let cert_file = section.required("cert_file", "a PEM file, leaf first", Value::path);
    let key_file = section.required("key_file", "a PEM file with the private key", Value::path);
    section.finish();
    Some(TlsConfig { cert_file: cert_file?, key_file: key_file?, client_ca_file: None })
}

/// A listener that would believe nobody, or clients to whom nobody listens, are a slip.
pub(super) fn check_logout(root: &Section<'_>, issuers: &[IssuerSpec]) {
    let has_clients = issuers.iter().any(|issuer| !issuer.logout_clients.is_empty());
    if root.has("logout") && !has_clients {
        let message = "`logout` is set, and no issuer has `logout_clients`".to_owned();
        root.report(message, "the client ids whose logout tokens are believed");
    }
    if has_clients && !root.has("logout") {
        let message = "there are `logout_clients`, and nobody listens for them".to_owned();
        root.report(message, "`logout` with its `address`");
    }
}
