//! The tour: requests through Envoy, what is expected of each, and what came.

mod credential;
mod forgery;
mod metrics;
mod row;
mod stops;
mod table;

use std::{process::ExitCode, time::Duration};

use anyhow::{Context as _, bail};
use axum::http::StatusCode;
use tokio::time::{Instant, sleep};

pub use self::table::Detail;

use self::{credential::Tokens, metrics::CacheCounts, row::Seen, table::Table};
use crate::{http, world::World};

/// How long the world may take to wake up.
const PATIENCE: Duration = Duration::from_secs(60);

/// Walks through all stops. The exit code says whether every answer was the expected one.
pub async fn run(world: &World, detail: Detail) -> anyhow::Result<ExitCode> {
    wait_until_ready(world).await?;
    let mut tokens = Tokens::new(world);
    let mut table = Table::new(detail);
    table.head();
    for (title, rows) in stops::all() {
        table.section(title);
        for row in rows {
            let before = CacheCounts::read(world).await?;
            let response = http::send(world.envoy, row.request(&mut tokens).await?).await?;
            let cache = CacheCounts::read(world).await?.since(before);
            table.row(&row, &Seen { response, cache });
        }
    }
    table.summary();
    Ok(if table.is_as_expected() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Asks Envoy for the public health route until it comes back from the upstream: then Envoy, the
/// server and the application all work. A token follows, as keys are fetched apart from that.
async fn wait_until_ready(world: &World) -> anyhow::Result<()> {
    let start = Instant::now();
    loop {
        let last = match is_ready(world).await {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        if start.elapsed() > PATIENCE {
            return Err(last).with_context(|| format!("the demo is not up after {PATIENCE:?}"));
        }
        sleep(Duration::from_millis(50)).await;
    }
}

async fn is_ready(world: &World) -> anyhow::Result<()> {
    for (address, target) in [
        (world.issuer, "/.well-known/jwks.json"),
        (world.portcullis_admin, "/readyz"),
        (world.envoy, "/healthz"),
    ] {
        let response = http::get(address, target).await?;
        if response.status != StatusCode::OK {
            bail!("http://{address}{target} answered {}", response.status);
        }
    }
    Ok(())
}
