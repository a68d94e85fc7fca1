//! The issuer, whose key nobody else has.

use std::{fs, net::SocketAddr, path::Path};

use anyhow::Context as _;
use axum::{Json, Router, routing::get};
use serde_json::json;
use tokio::net::TcpListener;

use crate::{
    key::SigningKey,
    requests::{self, Counts},
};

pub async fn run(folder: &Path, issuer: SocketAddr, counts: &Counts) -> anyhow::Result<()> {
    fs::create_dir_all(folder)?;
    let key = SigningKey::generate()?;
    let url = format!("http://{issuer}/");
    requests::write(folder, &url, &key, counts)?;
    let discovery = json!({
        "issuer": url,
        "jwks_uri": format!("{url}.well-known/jwks.json"),
        "id_token_signing_alg_values_supported": ["RS256"],
    });
    let keys = json!({ "keys": [key.jwk()] });
    let router = Router::new()
        .route("/.well-known/openid-configuration", get(async move || Json(discovery)))
        .route("/.well-known/jwks.json", get(async move || Json(keys)));
    let listener = TcpListener::bind(issuer)
        .await
        .with_context(|| format!("the issuer could not listen at {issuer}"))?;
    Ok(axum::serve(listener, router).await?)
}
