//! `api:`: the doors of Cerbos's API, closed unless it is there.

use std::{collections::BTreeSet, net::Ipv4Addr, net::SocketAddr, path::PathBuf, time::Duration};

use http::HeaderName;

use super::{Config, EngineConfig, section::Section, source::Source, url, value::Value};
use crate::engine::Strictness;
use crate::identity::IssuerSpec;
use crate::pdp::{PdpSettings, RequestLimits};
use crate::request::Origin;
use crate::server::{AllowedOrigins, ApiConfig, CorsConfig, ListenAddress, TlsConfig};

/// `api:` as meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CerbosApiConfig {
    pub listeners: ApiConfig,
    pub settings: PdpSettings,
    /// By the ids that calls give. No two are the same.
    pub key_sets: Vec<KeySetConfig>,
    /// How far clocks may differ where a token's times are looked at.
    pub leeway: Duration,
}

/// An entry of `api.aux_data.key_sets`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeySetConfig {
    pub id: Box<str>,
    pub source: KeySetSource,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySetSource {
    /// A JWKS document.
    File(PathBuf),
    /// The keys of an issuer that the configuration trusts.
    Issuer(String),
    /// A JWKS document that is fetched, and kept fresh.
    Url(String),
}

/// Said in words where calls and answers cross a network in the clear.
#[derive(Clone, Copy)]
struct Unencrypted;

// === impl KeySetConfig ===

impl KeySetConfig {
    /// Where it is fetched from, if it is of no issuer.
    #[must_use]
    pub fn url(&self) -> Option<&str> {
        match &self.source {
            KeySetSource::Url(url) => Some(url),
            KeySetSource::File(_) | KeySetSource::Issuer(_) => None,
        }
    }
}

// === impl Config ===

impl Config {
    /// What must be known where both doors are open and one of them lets more through.
    #[must_use]
    pub fn more_lenient_api(&self) -> Option<&'static str> {
        let EngineConfig::Embedded(engine) = &self.engine else { return None };
        let api = self.api.as_ref()?;
        let differ =
            engine.options.strict_evaluation && api.settings.strictness == Strictness::Lenient;
        differ.then_some(
            "the gate evaluates strictly and Cerbos's API does not, so that it may allow what the \
             gate denies: set `api.strict_evaluation`",
        )
    }
}

pub(super) fn read(
    value: &Value<'_>,
    tls: fn(&Value<'_>) -> Option<TlsConfig>,
    address: fn(&str, &Source<'_>) -> Option<ListenAddress>,
) -> Option<CerbosApiConfig> {
    let mut section = value.section()?;
    let mut listener = |key, port| {
        let default = ListenAddress::Tcp(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
        section.or(key, default, |value| {
            value.parsed("`IP:PORT` or `unix:PATH`", |text| address(text, value.source))
        })
    };
    let (http, grpc) = (listener("http_address", 3592), listener("grpc_address", 3593));
    let tls = section.optional("tls", tls);
    let unencrypted =
        section.optional("without_tls", |value| value.choice(&[("private_network", Unencrypted)]));
    let is_open = [&http, &grpc].into_iter().any(|address| match address {
        ListenAddress::Tcp(address) => !address.ip().is_loopback(),
        ListenAddress::Unix(_) => false,
    });
    if is_open && !section.has("tls") && unencrypted.is_none() {
        let message = "whoever is on the network could read what is asked, and change the answers";
        section.report(message.to_owned(), "`tls`, or `without_tls: private_network`");
    }
    let cors = section.optional("cors", cors);
    let strictness = if section.or("strict_evaluation", false, Value::boolean) {
        Strictness::Strict
    } else {
        Strictness::Lenient
    };
    let limits = limits(section.section("limits"));
    let mut aux_data = section.section("aux_data");
    let leeway = aux_data.or("leeway", Duration::ZERO, |value| {
        value.duration(Duration::ZERO..=Duration::from_secs(300))
    });
    let key_sets =
        aux_data.or("key_sets", Vec::new(), |value| value.list("a list of key sets", key_set));
    let mut seen = BTreeSet::new();
    for KeySetConfig { id, .. } in &key_sets {
        if !seen.insert(id) {
            aux_data.report(format!("the key set `{id}` is there twice"), "each id once");
        }
    }
    aux_data.finish();
    section.finish();
    Some(CerbosApiConfig {
        listeners: ApiConfig { http, grpc, tls, cors },
        settings: PdpSettings { strictness, limits },
        key_sets,
        leeway,
    })
}

/// All of it may be left out: what a PDP does then, any page may ask.
fn cors(value: &Value<'_>) -> Option<CorsConfig> {
    let mut section = value.section()?;
    let origins = section.or("allowed_origins", AllowedOrigins::Any, |value| {
        let origins = value.list("a list of origins", |item| {
            item.parsed("an origin such as `https://app.example`", Origin::parse)
        })?;
        Some(AllowedOrigins::These(origins.into_iter().collect()))
    });
    let usual = CorsConfig::HEADERS.map(Into::into).into();
    let headers = section.or("allowed_headers", usual, |value| {
        let names = value.list("a list of headers", |item| {
            item.parsed("the name of a header", |text| text.parse::<HeaderName>().ok())
        })?;
        Some(names.iter().map(|name| name.as_str().into()).collect())
    });
    section.finish();
    Some(CorsConfig { origins, headers })
}

fn limits(mut section: Section<'_>) -> RequestLimits {
    let default = RequestLimits::default();
    let most = u64::try_from(RequestLimits::MOST).unwrap_or(u64::MAX);
    let mut number = |key, default| {
        section.or(key, default, |value| {
            value.integer(1..=most).and_then(|number| usize::try_from(number).ok())
        })
    };
    let limits = RequestLimits {
        resources: number("resources", default.resources),
        actions: number("actions", default.actions),
    };
    section.finish();
    limits
}

fn key_set(value: &Value<'_>) -> Option<KeySetConfig> {
    let mut section = value.section()?;
    let id = section.required("id", "the id that calls give", |value| value.text("an id"));
    let file = section.optional("file", Value::path);
    let issuer = section.optional("issuer", |value| value.text("an issuer of `issuers`"));
    let at = section.optional("url", |value| {
        value.parsed(url::EXPECTED_URL, |text| url::is_fetchable(text).then(|| text.to_owned()))
    });
    let source = match (file, issuer, at) {
        (Some(file), None, None) => Some(KeySetSource::File(file)),
        (None, Some(issuer), None) => Some(KeySetSource::Issuer(issuer)),
        (None, None, Some(url)) => Some(KeySetSource::Url(url)),
        _ => {
            let message = "a key set has one place where its keys are".to_owned();
            section.report(message, "one of `file`, `issuer` and `url`");
            None
        }
    };
    section.finish();
    Some(KeySetConfig { id: id?.into(), source: source? })
}

/// Key sets of issuers that nobody trusts are a slip.
pub(super) fn check(root: &Section<'_>, api: Option<&CerbosApiConfig>, issuers: &[IssuerSpec]) {
    for KeySetConfig { id, source } in api.iter().flat_map(|api| &api.key_sets) {
        if let KeySetSource::Issuer(name) = source
            && !issuers.iter().any(|issuer| issuer.issuer == *name)
        {
            let message = format!("the key set `{id}` is of `{name}`, which is no issuer here");
            root.report(message, "one of `issuers`, or the one of `auth0`");
        }
    }
}
