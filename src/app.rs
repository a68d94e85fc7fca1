//! Assembly: what is built from the configuration, who starts it, and how it ends.
//!
//! [`App::build`] binds the sockets and loads the rules, so that what cannot work fails before
//! anything runs. [`App::run`] starts every task of the process and waits for all of them.

use std::{path::PathBuf, sync::Arc};

use anyhow::{Context, Result};
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::{mpsc, watch},
    task::JoinSet,
    time,
};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::config::{Config, ShutdownConfig};
use crate::decision::{Authenticator, DecisionCache, Gate, Generation, Judge};
use crate::policy_source::Watcher;
use crate::reload::{self, Orders, Reloader};
use crate::server::{AdminServer, AdminState, ExtAuthz, GrpcServer, Health, Readiness};
use crate::telemetry::Metrics;

/// Reloads that may wait for their turn; nudges beyond it are dropped, as one reload serves them all.
const ORDERS: usize = 8;

/// A server that is put together and not yet running.
#[derive(Debug)]
pub struct App {
    grpc: GrpcServer,
    admin: AdminServer,
    reloader: Reloader,
    orders: Orders,
    nudge: mpsc::Sender<()>,
    readiness: watch::Sender<Readiness>,
    watcher: Watcher,
    shutdown: ShutdownConfig,
}
