//! The server's parts put together by a test: with keys that are refreshed faster than the configuration
//! allows, or with requests that are decided at an instant of the test's choice.

use std::sync::Arc;

use portcullis::{
    config::Config,
    decision::{Authenticator, DecisionCache, Gate, Generation, Judge, RememberingJudge, Rules},
    issuer::{self, Settings, TrustedIssuers},
    logout, reload,
    revocation::TenantSpec,
    telemetry::Metrics,
};
use tokio::{sync::watch, task::JoinSet};
use tokio_util::sync::CancellationToken;

pub(crate) struct Assembly {
    pub(crate) gate: Gate,
    pub(crate) rules: Arc<Rules>,
    pub(crate) metrics: Metrics,
    /// They end with it.
    pub(crate) tasks: JoinSet<()>,
}

// === impl Assembly ===

impl Assembly {
    /// Returns when the keys of all issuers are there.
    pub(crate) async fn of(config: &Config, settings: Settings) -> Self {
        let rules = Arc::new(reload::load_rules(config, Generation::FIRST).unwrap());
        let metrics = Metrics::new().unwrap();
        let mut tasks = JoinSet::new();
        let mut trusted = Vec::new();
        for spec in &config.issuers {
            let (keys, refresher) = issuer::build(spec, settings).unwrap();
            tasks.spawn(refresher.run(CancellationToken::new()));
            keys.loaded().await;
            trusted.push((spec.clone(), keys));
        }
        let tenants = TenantSpec::of(&config.issuers);
        let (revocations, _) = logout::build(tenants, config.revocation, None, metrics.clone());
        let gate = Gate::new(
            watch::channel(rules.clone()).1,
            Authenticator::new(
                TrustedIssuers::new(trusted),
                revocations,
                config.cache.tokens.capacity,
            ),
            RememberingJudge {
                judge: Judge::Embedded,
                cache: Some(DecisionCache::new(config.cache.decisions, metrics.clone())),
            },
        );
        Self { gate, rules, metrics, tasks }
    }
}
