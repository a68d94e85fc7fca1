//! `portcullis reload`: asks a running server for a reload, and waits for its outcome.

use std::{path::Path, time::Duration};

use anyhow::{Context, Result, bail};
use reqwest::{Client, StatusCode};
use tokio::runtime;

use crate::config;

/// Compiling a very large policy set takes seconds.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Asks the server whose admin listener the configuration names. Returns what it answered.
///
/// # Errors
/// The server is not there, or it refused the new rules: then with every error in them.
pub(super) fn run(file: &Path) -> Result<String> {
    let admin = config::load(file)?.admin.address;
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let client = Client::builder().timeout(TIMEOUT).no_proxy().build()?;
        let response = client
            .post(format!("http://{admin}/reload"))
            .send()
            .await
            .with_context(|| format!("could not ask the server at {admin}"))?;
        let status = response.status();
        let body = response.text().await?;
        match status {
            StatusCode::OK => Ok(format!("reloaded: {body}")),
            StatusCode::UNPROCESSABLE_ENTITY => bail!("the new rules were refused\n{body}"),
            status => bail!("the server answered {status}: {body}"),
        }
    })
}
