//! The parts of a server, each made from what the configuration says of it.

use std::{collections::BTreeSet, fs, sync::Arc};

use anyhow::{Context, Result};
use aws_lc_rs::rand;
use tokio::sync::watch;

use crate::config::{
    CerbosApiConfig, Config, EngineConfig, KeySetConfig, KeySetSource, NonceConfig,
    SenderConstraintsConfig,
};
use crate::decision::{
    Authenticator, DecisionCache, DecisionCacheConfig, Judge, RememberingJudge, ReplayMemory,
    Rules, SharedReplays,
};
use crate::identity::{KeySet, Nonces};
use crate::issuer::{self, Keys, Refresher, Settings, TrustedIssuers};
use crate::logout::{self, Follower, Revocations};
use crate::pdp::{KeySets, KeySource, Pdp};
use crate::remote_pdp::{self, Resolver};
use crate::revocation::TenantSpec;
use crate::server::ApiServer;
use crate::shared_memory::SharedMemory;
use crate::telemetry::Metrics;

/// One pair for each issuer, and behind them one for each URL of a key set of Cerbos's API.
pub(super) fn issuers(config: &Config) -> Result<(Vec<Keys>, Vec<Refresher>)> {
    let settings = Settings {
        refresh: config.keys.refresh,
        max_stale: config.keys.max_stale,
        ..Settings::default()
    };
    let mut pairs = (Vec::new(), Vec::new());
    for spec in &config.issuers {
        let (keys, refresher) = issuer::build(spec, settings)
            .with_context(|| format!("could not use the issuer `{}`", spec.issuer))?;
        pairs.0.push(keys);
        pairs.1.push(refresher);
    }
    let key_sets = config.api.iter().flat_map(|api| &api.key_sets);
    let urls: BTreeSet<&str> = key_sets.filter_map(KeySetConfig::url).collect();
    for url in urls {
        let (keys, refresher) = issuer::build_at(url, settings)
            .with_context(|| format!("could not use the key set at `{url}`"))?;
        pairs.0.push(keys);
        pairs.1.push(refresher);
    }
    Ok(pairs)
}

/// The doors of Cerbos's API, which share the rules with the gate.
pub(super) async fn api(
    config: &Config,
    keys: &[Keys],
    rules: watch::Receiver<Arc<Rules>>,
    metrics: &Metrics,
) -> Result<Option<ApiServer>> {
    let Some(CerbosApiConfig { listeners, settings, key_sets, leeway }) = &config.api else {
        return Ok(None);
    };
    let sets = key_sets.iter().map(|KeySetConfig { id, source }| {
        let source = key_source(source, keys);
        Ok((id.clone(), source.with_context(|| format!("could not use the key set `{id}`"))?))
    });
    let key_sets = KeySets::new(sets.collect::<Result<Vec<_>>>()?, *leeway);
    let pdp = Pdp::new(rules, *settings, key_sets, metrics.cerbos().clone());
    Ok(Some(ApiServer::bind(listeners, pdp, metrics.clone()).await?))
}

fn key_source(source: &KeySetSource, keys: &[Keys]) -> Result<KeySource> {
    match source {
        KeySetSource::File(path) => {
            let file =
                fs::read(path).with_context(|| format!("could not read `{}`", path.display()))?;
            Ok(KeySource::Fixed(Arc::new(KeySet::parse(&file)?)))
        }
        KeySetSource::Issuer(name) | KeySetSource::Url(name) => {
            let found = keys.iter().find(|keys| keys.issuer() == name);
            Ok(KeySource::Fetched(found.context("nobody fetches its keys")?.clone()))
        }
    }
}

pub(super) fn trusted(config: &Config, keys: &[Keys]) -> TrustedIssuers {
    TrustedIssuers::new(config.issuers.iter().cloned().zip(keys.iter().cloned()).collect())
}

/// What is revoked, and the task that follows what other replicas revoke.
pub(super) fn revocations(
    config: &Config,
    memory: Option<&SharedMemory>,
    metrics: &Metrics,
) -> (Revocations, Option<Follower>) {
    let tenants = TenantSpec::of(&config.issuers);
    logout::build(tenants, config.revocation, memory, metrics.clone())
}

/// Who sends tokens, by the settings of those who send bound ones.
pub(super) fn authenticator(
    config: &Config,
    trusted: &TrustedIssuers,
    revocations: &Revocations,
    memory: Option<&SharedMemory>,
    metrics: &Metrics,
) -> Result<Authenticator> {
    let SenderConstraintsConfig { rules, nonce, replays, on_outage, hosts: _ } =
        config.sender_constraints.clone();
    let shared =
        memory.map(|memory| SharedReplays::new(memory.clone(), on_outage, metrics.clone()));
    let capacity = config.cache.tokens.capacity;
    let authenticator = Authenticator::new(trusted.clone(), revocations.clone(), capacity)
        .with_possession(rules, ReplayMemory::new(replays).shared(shared))
        .with_nonces(nonce.as_ref().map(nonces).transpose()?);
    Ok(authenticator)
}

/// By the secret of all replicas, or by one that ends with this process.
fn nonces(config: &NonceConfig) -> Result<Nonces> {
    let mut own = [0; 32];
    let secret = match &config.secret {
        Some(secret) => secret.as_bytes(),
        None => {
            rand::fill(&mut own).ok().context("could not get random numbers")?;
            &own
        }
    };
    Ok(Nonces::new(secret, config.lifetime))
}

/// Who evaluates, with the memory of it, and who finds the PDP if it is elsewhere.
pub(super) fn judge(
    config: &Config,
    metrics: &Metrics,
) -> Result<(RememberingJudge, Option<Resolver>)> {
    let remembering = |judge, cache: Option<DecisionCacheConfig>| {
        let cache = cache.filter(|cache| cache.memory > 0);
        let cache = cache.map(|cache| DecisionCache::new(cache, metrics.clone()));
        RememberingJudge { judge, cache }
    };
    match &config.engine {
        EngineConfig::Embedded(_) => {
            Ok((remembering(Judge::Embedded, Some(config.cache.decisions)), None))
        }
        EngineConfig::Remote { pdp, cache } => {
            let (pdp, resolver) = remote_pdp::build(pdp, metrics)
                .context("could not use the PDP of `engine.cerbos`")?;
            Ok((remembering(Judge::Remote(pdp), *cache), Some(resolver)))
        }
    }
}
