//! The application behind Envoy: it trusts what reaches it, and says what that was.

use std::collections::BTreeMap;

use anyhow::Context as _;
use axum::{
    Json, Router,
    body::Bytes,
    http::{HeaderMap, Method, Uri},
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::{stack, world::World};

/// Serves until told to stop.
pub async fn run(world: &World) -> anyhow::Result<()> {
    let address = world.upstream;
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("the upstream could not listen at {address}"))?;
    let router = Router::new().fallback(echo);
    axum::serve(listener, router).with_graceful_shutdown(stack::told_to_stop()).await?;
    Ok(())
}

async fn echo(method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Json<Value> {
    // A list a name: a header that arrived twice shows as two values.
    let mut lines = BTreeMap::<&str, Vec<_>>::new();
    for (name, value) in &headers {
        lines.entry(name.as_str()).or_default().push(String::from_utf8_lossy(value.as_bytes()));
    }
    Json(json!({
        "method": method.as_str(),
        "target": uri.to_string(),
        "headers": lines,
        "body": String::from_utf8_lossy(&body),
    }))
}
