//! `portcullis.yaml` as written → as meant. Every key and every default of the file stands here,
//! in `assertion`, `auth0`, `engine`, `issuers`, `pdp`, `revocation`, `routes` and `upstream_headers`, and
//! in the schema that ships.

use std::{
    collections::{BTreeMap, BTreeSet},
    iter,
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    sync::Arc,
    time::Duration,
};

use super::{
    CacheConfig, ClientAddressConfig, Config, ConfigErrors, Environment, KeysConfig,
    ShutdownConfig, TokenCacheConfig, api, assertion, attested, auth0, denials, engine, issuers,
    requests, revocation,
    routes::{self, Routes},
    section::Section,
    sender_constraints,
    source::Source,
    upstream_headers,
    url::{EXPECTED_URL, is_fetchable},
    value::Value,
};
use crate::answer::DenialOutputs;
use crate::decision::DecisionCacheConfig;
use crate::identity::IssuerSpec;
use crate::server::{AdminConfig, ListenAddress, ListenConfig, TlsConfig};
use crate::telemetry::{LogConfig, LogFormat, LogLevel};
use crate::yaml::Node;

const MILLISECOND: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const MIB: u64 = 1 << 20;
const MOST_MEMORY: u64 = 4096 * MIB;
const MOST_ENTRIES: u64 = 10_000_000;

pub(super) fn examine(path: &Path, environment: &Environment) -> (Option<Config>, ConfigErrors) {
    let source = Source::new(path.to_owned(), environment);
    let config = source.load().and_then(|root| read(&source, &root));
    (config, ConfigErrors(source.into_errors()))
}

/// What was reported goes into `source`, and may leave defaults in the place of values.
fn read(source: &Source<'_>, root: &Node) -> Option<Config> {
    let mut root = Value { source, node: root, name: String::new() }.section()?;
    let issuers = trusted(&mut root);
    let routes = root.required("routes", "the route table, or the path of its file", routes::read);
    let listen = listen(root.section("listen"), source);
    let admin = admin(root.section("admin"));
    let engine = engine::read(&mut root);
    let cache = cache(root.section("cache"));
    let keys = keys(root.section("keys"));
    let redis = root.optional("redis", revocation::redis);
    let revocation = revocation::revocation(root.section("revocation"));
    let logout = root.optional("logout", revocation::logout);
    revocation::check_logout(&root, &issuers);
    let api = root.optional("api", |value| api::read(value, tls, listen_address));
    api::check(&root, api.as_ref(), &issuers);
    let upstream_headers =
        root.or("upstream_headers", upstream_headers::defaults(), upstream_headers::read);
    let assertion = root.optional("assertion", assertion::read);
    assertion::check(&root, assertion.as_ref(), &upstream_headers);
    let relaxed_paths = root.or("relaxed_paths", BTreeMap::new(), requests::relaxed_paths);
    let kept_headers = root.or("kept_headers", Vec::new(), requests::kept_headers);
    let denial_outputs = root.or("denial_outputs", DenialOutputs::default(), denials::read);
    let resource_metadata = root.optional("resource_metadata", resource_metadata);
    let client_address = client_address(root.section("client_address"));
    let sender_constraints = sender_constraints::read(root.section("sender_constraints"), &listen);
    sender_constraints::check_nonce(&root, &sender_constraints);
    let log = log(root.section("log"));
    let shutdown = shutdown(root.section("shutdown"));
    let Routes { specs: routes, file: routes_file } = routes.unwrap_or_default();
    sender_constraints::check_hosts(&root, &sender_constraints, &routes);
    attested::check(&root, &routes, &listen);
    engine::check(&root, engine.as_ref(), &routes, api.as_ref());
    root.finish();
    Some(Config {
        issuers,
        routes,
        listen,
        admin,
        engine: engine?,
        cache,
        keys,
        redis,
        revocation,
        logout,
        api,
        upstream_headers,
        assertion,
        relaxed_paths,
        kept_headers,
        denial_outputs,
        resource_metadata,
        client_address,
        sender_constraints,
        log,
        shutdown,
        files: iter::once(source.file().to_owned()).chain(routes_file).collect(),
    })
}

/// `auth0:` and `issuers:` together.
fn trusted(root: &mut Section<'_>) -> Vec<IssuerSpec> {
    let auth0 = root.optional("auth0", auth0::issuers);
    let others = root.optional("issuers", |value| value.list("a list of issuers", issuers::issuer));
    if !root.has("auth0") && !root.has("issuers") {
        let message = "there is no issuer whose tokens are accepted".to_owned();
        root.report(message, "`auth0` with `domain` and `audience`, or `issuers`");
    }
    let issuers: Vec<IssuerSpec> = auth0.into_iter().chain(others).flatten().collect();
    let mut seen = BTreeSet::new();
    for issuer in &issuers {
        if !seen.insert(&issuer.issuer) {
            let message = format!("the issuer `{}` is named twice", issuer.issuer);
            root.report(message, "each issuer once, with all its audiences");
        }
    }
    issuers
}

fn listen(mut section: Section<'_>, source: &Source<'_>) -> ListenConfig {
    let default = ListenAddress::Tcp(SocketAddr::from((Ipv4Addr::LOCALHOST, 9191)));
    let address = section.or("address", default, |value| {
        value.parsed("`IP:PORT` or `unix:PATH`", |text| listen_address(text, source))
    });
    let tls = section.optional("tls", tls);
    if tls.is_some() && matches!(address, ListenAddress::Unix(_)) {
        let message = "`listen.tls` is set for a Unix socket".to_owned();
        section.report(message, "no `tls`: the socket's file permissions say who may connect");
    }
    let timeout =
        section.or("timeout", 5 * SECOND, |value| value.duration(10 * MILLISECOND..=5 * MINUTE));
    section.finish();
    ListenConfig { address, tls, timeout }
}

fn listen_address(text: &str, source: &Source<'_>) -> Option<ListenAddress> {
    let Some(path) = text.strip_prefix("unix:") else {
        return text.parse().ok().map(ListenAddress::Tcp);
    };
    (!path.is_empty()).then(|| ListenAddress::Unix(source.resolve(path)))
}

fn tls(value: &Value<'_>) -> Option<TlsConfig> {
    let mut section = value.section()?;
    let cert_file = section.required("cert_file", "a PEM file, leaf first", Value::path);
    let key_file = section.required("key_file", "a PEM file with the private key", Value::path);
    let client_ca_file = section.optional("client_ca_file", Value::path);
    section.finish();
    Some(TlsConfig { cert_file: cert_file?, key_file: key_file?, client_ca_file })
}

fn admin(mut section: Section<'_>) -> AdminConfig {
    let default = SocketAddr::from((Ipv4Addr::LOCALHOST, 9192));
    let address =
        section.or("address", default, |value| value.parsed("`IP:PORT`", |text| text.parse().ok()));
    section.finish();
    AdminConfig { address }
}

fn cache(mut section: Section<'_>) -> CacheConfig {
    let mut decisions = section.section("decisions");
    let mut tokens = section.section("tokens");
    let cache = CacheConfig {
        decisions: DecisionCacheConfig {
            memory: decisions.or("memory", 16 * MIB, |value| value.bytes(0..=MOST_MEMORY)),
            ttl: decisions.or("ttl", 30 * SECOND, |value| value.duration(SECOND..=HOUR)),
            deny_ttl: decisions.or("deny_ttl", 10 * SECOND, |value| value.duration(SECOND..=HOUR)),
        },
        tokens: TokenCacheConfig {
            capacity: tokens.or("capacity", 10_000, |value| value.integer(0..=MOST_ENTRIES)),
        },
    };
    decisions.finish();
    tokens.finish();
    section.finish();
    cache
}

fn keys(mut section: Section<'_>) -> KeysConfig {
    let keys = KeysConfig {
        refresh: section.or("refresh", 5 * MINUTE, |value| value.duration(10 * SECOND..=24 * HOUR)),
        max_stale: section
            .or("max_stale", HOUR, |value| value.duration(Duration::ZERO..=7 * 24 * HOUR)),
    };
    section.finish();
    keys
}

/// The URL is told to clients in quotes, so it has none.
fn resource_metadata(value: &Value<'_>) -> Option<Arc<str>> {
    value.parsed(EXPECTED_URL, |text| {
        let fits = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\');
        (is_fetchable(text) && text.bytes().all(fits)).then(|| text.into())
    })
}

fn client_address(mut section: Section<'_>) -> ClientAddressConfig {
    let trusted_hops = section.or("trusted_hops", 0, |value| {
        value.integer(0..=16).and_then(|hops| u8::try_from(hops).ok())
    });
    section.finish();
    ClientAddressConfig { trusted_hops }
}

fn log(mut section: Section<'_>) -> LogConfig {
    let formats = [("json", LogFormat::Json), ("text", LogFormat::Text)];
    let levels = [
        ("error", LogLevel::Error),
        ("warn", LogLevel::Warn),
        ("info", LogLevel::Info),
        ("debug", LogLevel::Debug),
        ("trace", LogLevel::Trace),
    ];
    let log = LogConfig {
        format: section.or("format", LogFormat::Json, |value| value.choice(&formats)),
        level: section.or("level", LogLevel::Info, |value| value.choice(&levels)),
    };
    section.finish();
    log
}

fn shutdown(mut section: Section<'_>) -> ShutdownConfig {
    let longest = 10 * MINUTE;
    // Together less than the 30 s that Kubernetes waits before it kills.
    let shutdown = ShutdownConfig {
        settle: section.or("settle", 5 * SECOND, |value| value.duration(Duration::ZERO..=longest)),
        grace: section.or("grace", 20 * SECOND, |value| value.duration(Duration::ZERO..=longest)),
    };
    section.finish();
    shutdown
}
