//! A change → read all, compile all → publish one new set of rules, or keep the last good one.
//!
//! All or nothing: whatever is wrong with the new files, the rules in force stay as they are, and
//! the error is in the log and in a metric. Reloads follow one another, never side by side.

use std::{
    fs, mem,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, Result, anyhow, ensure};
use jiff::Timestamp;
use tokio::{
    select,
    sync::{mpsc, watch},
    task,
};
use tokio_rustls::rustls::pki_types::{PrivatePkcs8KeyDer, pem::PemObject};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::answer::{Asserter, SigningKey, SigningKeys};
use crate::config::{self, AssertionConfig, Config, EmbeddedConfig, EngineConfig};
use crate::decision::{Generation, Rules};
use crate::engine::cel::Globals;
use crate::engine::{self, PolicySet};
use crate::identity::CertificateSource;
use crate::policy_source::{self, Watched, WatchedPolicies};
use crate::request::RequestRules;
use crate::route::RouteTable;
use crate::server::ReloadOrder;
use crate::telemetry::{Metrics, ReloadResult};

/// Replaces the rules in force, once for each order.
#[derive(Debug)]
pub struct Reloader {
    pub config_file: PathBuf,
    /// What the process runs with. Settings that a reload does not touch are compared with it.
    pub running: Config,
    pub rules: watch::Sender<Arc<Rules>>,
    /// What the watcher looks at: a new configuration may name other files.
    pub watched: watch::Sender<Watched>,
    pub metrics: Metrics,
}

/// Who orders reloads.
#[derive(Debug)]
pub struct Orders {
    /// The admin listener, which waits for the outcome.
    pub asked: mpsc::Receiver<ReloadOrder>,
    /// Changed files and SIGHUP: nobody waits.
    pub nudged: mpsc::Receiver<()>,
}

/// Reads and compiles the policies and routes that `config` names.
///
/// # Errors
/// Everything that is wrong with them, one line each.
pub fn load_rules(config: &Config, generation: Generation) -> Result<Rules> {
    let policies = match &config.engine {
        EngineConfig::Embedded(config) => Some(load_policies(config)?),
        EngineConfig::Remote { .. } => None,
    };
    let routes = RouteTable::build(config.routes.clone()).map_err(|errors| {
        let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
        anyhow!(lines.join("\n"))
    })?;
    let own_hosts = routes.hosts().chain(&config.sender_constraints.hosts).cloned().collect();
    Ok(Rules {
        generation,
        request: RequestRules {
            trusted_hops: config.client_address.trusted_hops,
            own_hosts,
            relaxed: config.relaxed_paths.clone(),
            ..RequestRules::default()
        },
        routes,
        policies,
        upstream_headers: config.upstream_headers.clone(),
        asserter: config.assertion.as_ref().map(asserter).transpose()?,
        kept_headers: kept_headers(config),
        denial_outputs: config.denial_outputs.clone(),
        resource_metadata: config.resource_metadata.clone(),
    })
}

/// What we read of a header is true, so the upstream may read it as well.
fn kept_headers(config: &Config) -> Vec<String> {
    let forwarded = match config.sender_constraints.rules.certificates {
        CertificateSource::Forwarded => Some("x-forwarded-client-cert".to_owned()),
        CertificateSource::Envoy | CertificateSource::Nowhere => None,
    };
    config.kept_headers.iter().cloned().chain(forwarded).collect()
}

fn load_policies(config: &EmbeddedConfig) -> Result<PolicySet> {
    let EmbeddedConfig { policies, options, globals } = config;
    let files = policy_source::read(policies, options.limits.policy_file_bytes)
        .with_context(|| format!("could not read `{}`", policies.display()))?;
    Ok(engine::compile(&files, options, &Globals::from_json(globals))?)
}

fn asserter(config: &AssertionConfig) -> Result<Asserter> {
    let keys = config.key_files.iter().map(|file| {
        signing_key(file).with_context(|| format!("could not use the key `{}`", file.display()))
    });
    let keys = match SigningKeys::given(keys.collect::<Result<_>>()?) {
        Some(keys) => keys,
        None => SigningKeys::generate().context("could not make a key for assertions")?,
    };
    Ok(Asserter::new(config.rules.clone(), keys))
}

fn signing_key(file: &Path) -> Result<SigningKey> {
    let key = PrivatePkcs8KeyDer::from_pem_slice(&fs::read(file)?)?;
    Ok(SigningKey::from_pkcs8(key.secret_pkcs8_der())?)
}

/// The files of which a change is a reason to reload.
#[must_use]
pub fn watched(config: &Config) -> Watched {
    let policies = match &config.engine {
        EngineConfig::Embedded(EmbeddedConfig { policies, options, .. }) => Some(WatchedPolicies {
            directory: policies.clone(),
            file_bytes: options.limits.policy_file_bytes,
        }),
        EngineConfig::Remote { .. } => None,
    };
    let keys = config.assertion.iter().flat_map(|assertion| &assertion.key_files);
    Watched { policies, files: config.files.iter().chain(keys).cloned().collect() }
}

// === impl Reloader ===

impl Reloader {
    /// Runs until `shutdown`.
    pub async fn run(mut self, mut orders: Orders, shutdown: CancellationToken) {
        loop {
            select! {
                () = shutdown.cancelled() => return,
                Some(order) = orders.asked.recv() => {
                    let outcome = self.reload().await.map_err(|error| format!("{error:#}"));
                    // Whoever asked may have gone away; the reload holds all the same.
                    let _gone = order.send(outcome.map(Generation::number));
                }
                Some(()) = orders.nudged.recv() => {
                    // The outcome is logged and counted where it came about.
                    let _logged = self.reload().await;
                }
                else => return,
            }
        }
    }

    async fn reload(&mut self) -> Result<Generation> {
        let generation = self.rules.borrow().generation.next();
        let read = read(self.config_file.clone(), generation).await;
        match read.and_then(|(config, rules)| Ok((self.check(config)?, rules))) {
            Ok((config, mut rules)) => {
                if needs_restart(&self.running, &config) {
                    warn!("Settings beside policies and routes have changed; they need a restart");
                }
                self.watched.send_replace(watched(&config));
                if let Some(asserter) = &mut rules.asserter
                    && let Some(previous) = &self.rules.borrow().asserter
                {
                    asserter.go_on_with_keys_of(previous);
                }
                show(&rules, &self.metrics);
                self.rules.send_replace(Arc::new(rules));
                self.metrics.reload(ReloadResult::Loaded);
                info!(generation = generation.number(), "New policies and routes are in force");
                Ok(generation)
            }
            Err(refused) => {
                self.metrics.reload(ReloadResult::Refused);
                error!(error = format!("{refused:#}"), "Kept the policies and routes in force");
                Err(refused)
            }
        }
    }

    /// A new file may name another listener or another engine, but we go on with the old ones.
    fn check(&self, new: Config) -> Result<Config> {
        let unattested = config::unattested(&new.routes, &self.running.listen);
        ensure!(
            unattested.is_empty(),
            "{} that is in use: restart with the new one first",
            unattested.join("; ")
        );
        ensure!(
            mem::discriminant(&self.running.engine) == mem::discriminant(&new.engine),
            "the policies are to be evaluated by another engine: restart for that"
        );
        Ok(new)
    }
}

/// Reads off the runtime's threads: compiling ten thousand policies takes a while.
async fn read(config_file: PathBuf, generation: Generation) -> Result<(Config, Rules)> {
    task::spawn_blocking(move || read_blocking(&config_file, generation)).await?
}

fn read_blocking(config_file: &Path, generation: Generation) -> Result<(Config, Rules)> {
    let config = config::load(config_file)?;
    let rules = load_rules(&config, generation)?;
    Ok((config, rules))
}

/// Whether a setting has changed that only a new process takes up.
fn needs_restart(running: &Config, new: &Config) -> bool {
    let Config {
        issuers,
        listen,
        admin,
        cache,
        keys,
        redis,
        revocation,
        logout,
        api,
        sender_constraints,
        log,
        shutdown,
        engine,
        // What follows is read anew by each reload.
        routes: _,
        upstream_headers: _,
        assertion,
        relaxed_paths: _,
        kept_headers: _,
        denial_outputs: _,
        resource_metadata: _,
        client_address: _,
        files: _,
    } = running;
    let keys_door =
        |assertion: &Option<AssertionConfig>| assertion.as_ref().and_then(|a| a.listen.clone());
    *issuers != new.issuers
        || keys_door(assertion) != keys_door(&new.assertion)
        || *listen != new.listen
        || *admin != new.admin
        || *cache != new.cache
        || *keys != new.keys
        || *redis != new.redis
        || *revocation != new.revocation
        || *logout != new.logout
        || *api != new.api
        || sender_constraints.rules != new.sender_constraints.rules
        || sender_constraints.replays != new.sender_constraints.replays
        || sender_constraints.nonce != new.sender_constraints.nonce
        || sender_constraints.on_outage != new.sender_constraints.on_outage
        || *log != new.log
        || *shutdown != new.shutdown
        || is_of_another_pdp(engine, &new.engine)
}

/// How our own engine evaluates is a part of the rules; where another PDP is, is not.
fn is_of_another_pdp(running: &EngineConfig, new: &EngineConfig) -> bool {
    match (running, new) {
        (EngineConfig::Embedded(_), EngineConfig::Embedded(_)) => false,
        _ => running != new,
    }
}

/// Shows which rules are in force, from now on.
#[expect(clippy::disallowed_methods, reason = "the instant at which rules came into force")]
pub fn show(rules: &Rules, metrics: &Metrics) {
    let now = Timestamp::now();
    metrics.rules(rules.generation.number(), now.as_second());
    let policies = rules.policies.as_ref().map_or(0, PolicySet::policy_count);
    metrics.cerbos().loaded(policies, now.as_millisecond());
}
