//! `engine.cerbos:`: another PDP in place of our own engine.

use std::time::Duration;

use super::{section::Section, source::Source, value::Value};
use crate::decision::DecisionCacheConfig;
use crate::remote_pdp::{ClientCertificate, PdpAddress, PdpTlsConfig, RemotePdpConfig, TokenUse};

const MILLISECOND: Duration = Duration::from_millis(1);
const FIVE_MINUTES: Duration = Duration::from_secs(300);
const MIB: u64 = 1 << 20;
const MOST_MEMORY: u64 = 4096 * MIB;

const EXPECTED_ADDRESS: &str =
    "`grpcs://HOST:PORT`, `grpc://HOST:PORT` (without TLS) or `unix:PATH`";

/// Said in words where nothing is encrypted beyond this machine.
#[derive(Clone, Copy)]
struct Unencrypted;

pub(super) fn read(value: &Value<'_>) -> Option<(RemotePdpConfig, Option<DecisionCacheConfig>)> {
    let mut section = value.section()?;
    let source = value.source;
    let address = section.required("address", EXPECTED_ADDRESS, |value| {
        value.parsed(EXPECTED_ADDRESS, |text| address(text, source))
    });
    let tls = section.optional("tls", tls);
    let unencrypted =
        section.optional("without_tls", |value| value.choice(&[("private_network", Unencrypted)]));
    if let Some(address) = &address {
        if !address.is_private() && unencrypted.is_none() {
            let message = "whoever is between us and the PDP could answer in its place".to_owned();
            section.report(message, "`grpcs://`, or `without_tls: private_network`");
        }
        if section.has("tls") && !address.is_encrypted() {
            let message =
                format!("`{}.tls` is set, and the connection is not encrypted", value.name);
            section.report(message, "an address that begins with `grpcs://`");
        }
    }
    let token = token(&mut section);
    let mut count = |key, default, least, most| {
        section.or(key, default, |value| {
            value.integer(least..=most).and_then(|count| usize::try_from(count).ok())
        })
    };
    let retries = count("retries", 2, 0, 5);
    let connections = count("connections", 1, 1, 32);
    let max_in_flight = count("max_in_flight", 1000, 1, 100_000);
    let mut duration = |key, default| {
        section.or(key, default, |value| value.duration(5 * MILLISECOND..=FIVE_MINUTES))
    };
    let timeout = duration("timeout", 500 * MILLISECOND);
    let per_try_timeout = duration("per_try_timeout", 200 * MILLISECOND).min(timeout);
    let cache = section.optional("cache", cache);
    section.finish();
    let config = RemotePdpConfig {
        address: address?,
        tls: tls.unwrap_or_default(),
        token,
        timeout,
        per_try_timeout,
        retries,
        connections,
        max_in_flight,
    };
    Some((config, cache))
}

fn address(text: &str, source: &Source<'_>) -> Option<PdpAddress> {
    match text.strip_prefix("unix:") {
        Some("") => None,
        Some(path) => Some(PdpAddress::Unix(source.resolve(path))),
        None => PdpAddress::parse(text),
    }
}

fn tls(value: &Value<'_>) -> Option<PdpTlsConfig> {
    let mut section = value.section()?;
    let ca_file = section.optional("ca_file", Value::path);
    let cert_file = section.optional("cert_file", Value::path);
    let key_file = section.optional("key_file", Value::path);
    if section.has("cert_file") != section.has("key_file") {
        let message = format!("`{}` has half of a client certificate", value.name);
        section.report(message, "both `cert_file` and `key_file`, or neither");
    }
    section.finish();
    let client = cert_file.zip(key_file);
    let client = client.map(|(cert_file, key_file)| ClientCertificate { cert_file, key_file });
    Some(PdpTlsConfig { ca_file, client })
}

fn token(section: &mut Section<'_>) -> TokenUse {
    let is_sent = section.or("send_token", true, Value::boolean);
    let key_set_id = section.optional("key_set_id", |value| {
        value.text("the id of a key set of the PDP (`auxData.jwt.keySets`)")
    });
    if is_sent {
        TokenUse::Sent { key_set_id: key_set_id.unwrap_or_default().into() }
    } else {
        TokenUse::Withheld
    }
}

/// Neither a change of policies nor the clock is seen, so an answer is not kept for long.
fn cache(value: &Value<'_>) -> Option<DecisionCacheConfig> {
    let mut section = value.section()?;
    let duration = |value: &Value<'_>| value.duration(100 * MILLISECOND..=FIVE_MINUTES);
    let ttl = section.required("ttl", "how long an answer is good, such as `5s`", duration);
    let deny_ttl = section.optional("deny_ttl", duration);
    let memory = section.or("memory", 16 * MIB, |value| value.bytes(MIB / 1024..=MOST_MEMORY));
    section.finish();
    let ttl = ttl?;
    Some(DecisionCacheConfig { memory, ttl, deny_ttl: deny_ttl.unwrap_or(ttl) })
}
