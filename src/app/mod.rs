//! Assembly: what is built from the configuration, who starts it, and how it ends.
//!
//! [`App::build`] binds the sockets and loads the rules, so that what cannot work fails before
//! anything runs. [`App::run`] starts every task of the process and waits for all of them.

mod parts;

use std::{
    convert::Infallible, future::pending, io, net::SocketAddr, path::PathBuf, sync::Arc,
    time::Duration,
};

use anyhow::{Context, Result};
use jiff::Timestamp;
use tokio::{
    select,
    signal::unix::{SignalKind, signal},
    sync::{mpsc, watch},
    task::JoinSet,
    time,
};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::config::{self, Config, ShutdownConfig};
use crate::decision::{Gate, Generation, RememberingJudge, Rules};
use crate::issuer::{Keys, Refresher};
use crate::logout::{Follower, LogoutReceiver, RevocationDesk, Revocations};
use crate::policy_source::{Fingerprint, Watcher};
use crate::reload::{self, Orders, Reloader};
use crate::remote_pdp::Resolver;
use crate::server::{
    AdminServer, AdminState, ApiServer, ExtAuthz, GrpcServer, Health, KeysServer, LogoutServer,
    Readiness,
};
use crate::shared_memory::SharedMemory;
use crate::telemetry::{Chain, Metrics};

/// Reloads that may wait for their turn.
const ORDERS: usize = 8;

/// How often gauges are set that nobody's request sets.
const OBSERVE_EVERY: Duration = Duration::from_secs(10);

/// A server that is put together and not yet running.
#[derive(Debug)]
pub struct App {
    grpc: GrpcServer,
    admin: AdminServer,
    doors: Doors,
    api: Option<ApiServer>,
    tasks: Tasks,
    needs: Needs,
    metrics: Metrics,
    readiness: watch::Sender<Readiness>,
    shutdown: ShutdownConfig,
}

/// What must be there before anybody is let in.
#[derive(Debug)]
struct Needs {
    keys: Vec<Keys>,
    revocations: Revocations,
    judge: RememberingJudge,
}

/// Listeners for anybody, each only where it is configured.
#[derive(Debug)]
struct Doors {
    logout: Option<LogoutServer>,
    published_keys: Option<KeysServer>,
}

/// What keeps rules and keys fresh, beside the listeners.
#[derive(Debug)]
struct Tasks {
    reloader: Reloader,
    orders: Orders,
    nudge: mpsc::Sender<()>,
    watcher: Watcher,
    refreshers: Vec<Refresher>,
    follower: Option<Follower>,
    resolver: Option<Resolver>,
}

// === impl App ===

impl App {
    /// Puts a server together, with the configuration that was read from `config_file`.
    ///
    /// # Errors
    /// Policies or routes with errors, or a socket that cannot be bound.
    pub async fn build(config_file: PathBuf, config: Config) -> Result<Self> {
        let metrics = Metrics::new()?;
        // Taken before the files are read, and so the configuration is read once more: whatever
        // changes from here on is seen as a change.
        let loaded = Fingerprint::take(&reload::watched(&config));
        let config = config::load(&config_file)?;
        let watched = reload::watched(&config);
        let rules = reload::load_rules(&config, Generation::FIRST)?;
        reload::show(&rules, &metrics);
        let (rules, rules_in_force) = watch::channel(Arc::new(rules));
        let (watched, watched_now) = watch::channel(watched);

        let (keys, refreshers) = parts::issuers(&config)?;
        let trusted = parts::trusted(&config, &keys);
        let memory = &config.redis.as_ref().map(SharedMemory::build).transpose()?;
        let (revocations, follower) = parts::revocations(&config, memory.as_ref(), &metrics);
        let (judge, resolver) = parts::judge(&config, &metrics)?;
        let gate = Gate::new(
            rules_in_force.clone(),
            parts::authenticator(&config, &trusted, &revocations, memory.as_ref(), &metrics)?,
            judge.clone(),
        );
        let grpc = GrpcServer::bind(&config.listen, ExtAuthz::new(gate, metrics.clone())).await?;
        let (asked_sender, asked) = mpsc::channel(ORDERS);
        let (nudge, nudged) = mpsc::channel(1);
        let (readiness, readiness_now) =
            watch::channel(Readiness::NotReady("the issuers' keys have not been fetched yet"));
        let state = AdminState {
            metrics: metrics.clone(),
            readiness: readiness_now,
            reload: asked_sender,
            revocations: RevocationDesk::new(&config.issuers, revocations.clone()),
            rules: rules_in_force.clone(),
        };
        let admin = AdminServer::bind(config.admin, state).await;
        let admin =
            admin.with_context(|| format!("could not listen on `{}`", config.admin.address))?;
        let receiver = LogoutReceiver::new(trusted, revocations.clone());
        let needs = Needs { keys, revocations, judge };
        let api = parts::api(&config, &needs.keys, rules_in_force.clone(), &metrics).await?;
        if let Some(lenience) = config.more_lenient_api() {
            warn!("{lenience}");
        }
        let doors = Doors::bind(&config, receiver, rules_in_force, &metrics).await?;
        let watcher = Watcher { watched: watched_now, loaded, nudge: nudge.clone() };
        let shutdown = config.shutdown.clone();
        let reloader =
            Reloader { config_file, running: config, rules, watched, metrics: metrics.clone() };
        let orders = Orders { asked, nudged };
        let tasks = Tasks { reloader, orders, nudge, watcher, refreshers, follower, resolver };
        Ok(Self { grpc, admin, doors, api, tasks, needs, metrics, readiness, shutdown })
    }

    /// Where Envoy reaches us.
    ///
    /// # Errors
    /// The system does not say.
    pub fn ext_authz_address(&self) -> io::Result<String> {
        self.grpc.address()
    }

    /// Where the admin listener is.
    ///
    /// # Errors
    /// The system does not say.
    pub fn admin_address(&self) -> io::Result<SocketAddr> {
        self.admin.address()
    }

    /// Where logout tokens are taken, if they are.
    ///
    /// # Errors
    /// The system does not say.
    pub fn logout_address(&self) -> io::Result<Option<String>> {
        self.doors.logout.as_ref().map(LogoutServer::address).transpose()
    }

    /// Where backends fetch keys, if that is not only the admin listener.
    ///
    /// # Errors
    /// The system does not say.
    pub fn published_keys_address(&self) -> io::Result<Option<String>> {
        self.doors.published_keys.as_ref().map(KeysServer::address).transpose()
    }

    /// Where Cerbos's API is served, if it is: HTTP, then gRPC.
    ///
    /// # Errors
    /// The system does not say.
    pub fn api_addresses(&self) -> io::Result<Option<(String, String)>> {
        self.api.as_ref().map(ApiServer::addresses).transpose()
    }

    /// Serves until `stop` resolves, then lets the checks in flight finish.
    ///
    /// # Errors
    /// A listener failed, or the grace period was not enough.
    #[expect(clippy::disallowed_methods, reason = "the one place in which tasks are started")]
    pub async fn run(self, stop: impl Future<Output = ()>) -> Result<()> {
        let Self { grpc, admin, doors, api, tasks, needs, metrics, readiness, shutdown } = self;
        info!(ext_authz = grpc.address()?, admin = %admin.address()?, "Serving");
        let health = grpc.health();
        // Two signals: the ext_authz listener drains first, while everything that it needs goes on.
        let (drain, end) = (CancellationToken::new(), CancellationToken::new());
        let mut background = JoinSet::new();
        tasks.start(&mut background, &end)?;
        let (keys, revocations) = (needs.keys.clone(), needs.revocations.clone());
        background.spawn(observe(keys, revocations, metrics, end.clone()));
        background.spawn({
            let end = end.clone();
            async move {
                if let Err(failed) = admin.run(end).await {
                    error!(error = %Chain(&failed), "The admin listener failed");
                }
            }
        });
        doors.start(&mut background, &end)?;
        let mut checks = JoinSet::new();
        checks.spawn(grpc.run(drain.clone()));
        let stopping = CancellationToken::new();
        if let Some(api) = api {
            serve_api(api, &mut background, &stopping, &end)?;
        }
        let ready = become_ready(&needs, &readiness, &health);
        let failed = select! {
            () = stop => None,
            ended = checks.join_next() => Some(ended),
            never = ready => match never {},
        };
        if let Some(ended) = failed {
            ended.context("the ext_authz listener did not run")??;
        }
        readiness.send_replace(Readiness::NotReady("the server is stopping"));
        health.not_serving().await;
        stopping.cancel();
        time::sleep(shutdown.settle).await;
        drain.cancel();
        let drained = time::timeout(shutdown.grace, checks.join_all()).await;
        end.cancel();
        if time::timeout(shutdown.grace, background.join_all()).await.is_err() {
            warn!("Background tasks were cut off");
        }
        drained.context("checks in flight were cut off")?;
        info!("Stopped");
        Ok(())
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place in which tasks are started")]
fn serve_api(
    api: ApiServer,
    background: &mut JoinSet<()>,
    stopping: &CancellationToken,
    end: &CancellationToken,
) -> Result<()> {
    let (http, grpc) = api.addresses()?;
    info!(http, grpc, "Serving Cerbos's API");
    let (stopping, end) = (stopping.clone(), end.clone());
    background.spawn(async move {
        if let Err(failed) = api.run(stopping, end).await {
            error!(error = %Chain(&failed), "A listener of Cerbos's API failed");
        }
    });
    Ok(())
}

// === impl Doors ===

impl Doors {
    async fn bind(
        config: &Config,
        receiver: LogoutReceiver,
        rules: watch::Receiver<Arc<Rules>>,
        metrics: &Metrics,
    ) -> Result<Self> {
        let logout = match &config.logout {
            Some(logout) => Some(LogoutServer::bind(logout, receiver, metrics.clone()).await?),
            None => None,
        };
        let listen = config.assertion.as_ref().and_then(|assertion| assertion.listen.as_ref());
        let published_keys = match listen {
            Some(listen) => Some(KeysServer::bind(listen, rules).await?),
            None => None,
        };
        Ok(Self { logout, published_keys })
    }

    #[expect(clippy::disallowed_methods, reason = "the one place in which tasks are started")]
    fn start(self, background: &mut JoinSet<()>, end: &CancellationToken) -> Result<()> {
        let Self { logout, published_keys } = self;
        if let Some(logout) = logout {
            info!(logout = %logout.address()?, "Taking logout tokens");
            let end = end.clone();
            background.spawn(async move {
                if let Err(failed) = logout.run(end).await {
                    error!(error = %Chain(&failed), "The listener for logout tokens failed");
                }
            });
        }
        if let Some(keys) = published_keys {
            info!(keys = %keys.address()?, "Publishing the keys of assertions");
            let end = end.clone();
            background.spawn(async move {
                if let Err(failed) = keys.run(end).await {
                    error!(error = %Chain(&failed), "The listener for keys failed");
                }
            });
        }
        Ok(())
    }
}

// === impl Tasks ===

impl Tasks {
    #[expect(clippy::disallowed_methods, reason = "the one place in which tasks are started")]
    fn start(self, background: &mut JoinSet<()>, end: &CancellationToken) -> Result<()> {
        let Self { reloader, orders, nudge, watcher, refreshers, follower, resolver } = self;
        for refresher in refreshers {
            background.spawn(refresher.run(end.clone()));
        }
        if let Some(follower) = follower {
            background.spawn(follower.run(end.clone()));
        }
        if let Some(resolver) = resolver {
            background.spawn(resolver.run(end.clone()));
        }
        background.spawn(reloader.run(orders, end.clone()));
        background.spawn(watcher.run(end.clone()));
        background.spawn(hang_ups(nudge, end.clone())?);
        Ok(())
    }
}

/// Ready is who has had every issuer's keys once, knows what is revoked, and can have policies
/// evaluated. Never resolves: an outage of another server that all replicas need is no reason to take
/// each of them away.
async fn become_ready(
    Needs { keys, revocations, judge }: &Needs,
    readiness: &watch::Sender<Readiness>,
    health: &Health,
) -> Infallible {
    for keys in keys {
        keys.loaded().await;
    }
    readiness.send_replace(Readiness::NotReady("what is revoked has not been read yet"));
    revocations.loaded().await;
    readiness.send_replace(Readiness::NotReady("the PDP has not been reached yet"));
    judge.serves().await;
    readiness.send_replace(Readiness::Ready);
    health.serving().await;
    info!("Ready");
    pending().await
}

/// SIGHUP is the word of old to read the configuration again.
fn hang_ups(
    nudge: mpsc::Sender<()>,
    end: CancellationToken,
) -> Result<impl Future<Output = ()> + Send + 'static> {
    let mut hang_up = signal(SignalKind::hangup()).context("could not listen for SIGHUP")?;
    Ok(async move {
        loop {
            select! {
                () = end.cancelled() => return,
                _ = hang_up.recv() => {
                    // A nudge that already waits serves for this one, too.
                    let _waiting = nudge.try_send(());
                }
            }
        }
    })
}

/// Shows how old the keys are, and forgets revocations that are over.
#[expect(clippy::disallowed_methods, reason = "revocations end by the wall clock, as tokens do")]
async fn observe(
    keys: Vec<Keys>,
    revocations: Revocations,
    metrics: Metrics,
    end: CancellationToken,
) {
    let mut ticks = time::interval(OBSERVE_EVERY);
    loop {
        select! {
            () = end.cancelled() => return,
            _ = ticks.tick() => (),
        }
        revocations.tidy(Timestamp::now());
        for keys in &keys {
            if let Some(age) = keys.age() {
                metrics.keys_age(keys.issuer(), age);
            }
        }
    }
}
