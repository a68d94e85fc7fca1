//! `portcullis serve`: runs until a signal says otherwise.

use std::path::PathBuf;

use anyhow::{Context, Result};
use tokio::{
    runtime,
    signal::unix::{SignalKind, signal},
};
use tracing::info;

use crate::app::App;
use crate::config;
use crate::telemetry;

/// Serves with the configuration in `file`.
///
/// # Errors
/// A configuration, policies or routes with errors; a socket that cannot be bound.
pub(super) fn run(file: PathBuf) -> Result<()> {
    let config = config::load(&file)?;
    telemetry::init_logging(config.log).map_err(anyhow::Error::from_boxed)?;
    let runtime = runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let app = Box::pin(App::build(file, config)).await?;
        Box::pin(app.run(stop_signal()?)).await
    })
}

/// Resolves at SIGTERM (an orchestrator) or SIGINT (a person).
fn stop_signal() -> Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate()).context("could not listen for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("could not listen for SIGINT")?;
    Ok(async move {
        let name = tokio::select! {
            _ = terminate.recv() => "SIGTERM",
            _ = interrupt.recv() => "SIGINT",
        };
        info!(signal = name, "Stopping");
    })
}
