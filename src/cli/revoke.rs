//! `portcullis revoke`: has a running server refuse tokens that have not expired yet.

use std::{path::Path, time::Duration};

use anyhow::{Context, Result, bail};
use clap::Args;
use reqwest::{Client, StatusCode};
use serde_json::json;
use tokio::runtime;

use crate::config;
use crate::identity::IssuerSpec;

/// Whose tokens.
#[derive(Args, Debug)]
#[command(group(clap::ArgGroup::new("what").required(true).multiple(true)))]
pub(super) struct Whose {
    /// An issuer of the tenant, as in `iss`. May be left out where there is one tenant only.
    #[arg(long, value_name = "ISSUER")]
    issuer: Option<String>,
    /// A subject: all of its tokens.
    #[arg(long, value_name = "SUBJECT", group = "what", conflicts_with = "sid")]
    sub: Option<String>,
    /// A session, where tokens name one.
    #[arg(long, value_name = "SESSION", group = "what")]
    sid: Option<String>,
    /// Only tokens that were issued up to this instant, such as 2026-11-25T10:00:00Z; without `--sub`
    /// and `--sid` those of everybody.
    #[arg(long, value_name = "TIME", group = "what")]
    before: Option<String>,
}

/// Redis has a short timeout, and the server answers after it.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Asks the server whose admin listener the configuration names. Returns what it answered.
///
/// # Errors
/// The server is not there, it did not understand, or it could not share the revocation.
pub(super) fn run(file: &Path, whose: &Whose) -> Result<String> {
    let config = config::load(file)?;
    let Whose { issuer, sub, sid, before } = whose;
    let order = json!({
        "issuer": match issuer {
            Some(issuer) => issuer,
            None => only_issuer(&config.issuers)?,
        },
        "subject": sub,
        "session": sid,
        "before": before,
    });
    let admin = config.admin.address;
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let client = Client::builder().timeout(TIMEOUT).no_proxy().build()?;
        let response = client
            .post(format!("http://{admin}/revocations"))
            .header("content-type", "application/json")
            .body(order.to_string())
            .send()
            .await
            .with_context(|| format!("could not ask the server at {admin}"))?;
        let status = response.status();
        let body = response.text().await?;
        let body = body.trim_end();
        match status {
            StatusCode::OK => Ok(format!("revoked: {body}")),
            StatusCode::SERVICE_UNAVAILABLE => bail!("{body}: repeat the command"),
            status => bail!("the server answered {status}: {body}"),
        }
    })
}

/// Any issuer of the only tenant: its subjects are the tenant's.
fn only_issuer(issuers: &[IssuerSpec]) -> Result<&String> {
    match issuers {
        [first, others @ ..] if others.iter().all(|other| other.tenant() == first.tenant()) => {
            Ok(&first.issuer)
        }
        _ => bail!("there are several tenants: `--issuer` says which one is meant"),
    }
}
