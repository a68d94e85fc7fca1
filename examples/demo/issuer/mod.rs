//! An issuer in Auth0's shapes: discovery, key set, and a token endpoint.
//!
//! It holds keys, checks passwords that everybody knows, and gives tokens, so it is no part of the
//! server. Its keys are made when it starts and are nowhere written down.

mod grant;
mod key;
mod parameters;

pub use self::key::{SigningKey, message};

use std::{net::SocketAddr, sync::Arc};

use anyhow::Context as _;
use axum::{
    Json, Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::{get, post},
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use self::{grant::Grant, parameters::Parameters};
use crate::{stack, world::World};

struct Issuer {
    url: String,
    current: SigningKey,
    /// Published ahead of its use, as Auth0 does, so that a rotation finds verifiers prepared.
    next: SigningKey,
}

/// Serves until told to stop.
pub async fn run(world: &World) -> anyhow::Result<()> {
    let issuer = Issuer {
        url: world.issuer_url(),
        current: SigningKey::generate()?,
        next: SigningKey::generate()?,
    };
    let address = world.listening(world.issuer);
    serve(address, router(Arc::new(issuer))).await
}

fn router(issuer: Arc<Issuer>) -> Router {
    Router::new()
        .route("/.well-known/openid-configuration", get(discovery))
        .route("/.well-known/jwks.json", get(keys))
        .route("/oauth/token", post(token))
        .with_state(issuer)
}

async fn serve(address: SocketAddr, router: Router) -> anyhow::Result<()> {
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("the issuer could not listen at {address}"))?;
    axum::serve(listener, router).with_graceful_shutdown(stack::told_to_stop()).await?;
    Ok(())
}

async fn discovery(State(issuer): State<Arc<Issuer>>) -> Json<Value> {
    let url = &issuer.url;
    Json(json!({
        "issuer": url,
        "token_endpoint": format!("{url}oauth/token"),
        "jwks_uri": format!("{url}.well-known/jwks.json"),
        "userinfo_endpoint": format!("{url}userinfo"),
        "grant_types_supported": [Grant::PASSWORD, Grant::PASSWORD_REALM, Grant::CLIENT_CREDENTIALS],
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "scopes_supported": ["openid"],
        // Auth0 names HS256 here too, as it describes ID tokens: it is no list to verify by.
        "id_token_signing_alg_values_supported": ["HS256", "RS256", "PS256"],
    }))
}

async fn keys(State(issuer): State<Arc<Issuer>>) -> Json<Value> {
    Json(json!({ "keys": [issuer.current.jwk(), issuer.next.jwk()] }))
}

async fn token(
    State(issuer): State<Arc<Issuer>>,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, Json<Value>) {
    let answer = Parameters::parse(&headers, &body).and_then(|parameters| {
        Grant::read(&parameters)?.answer(&issuer.url, &issuer.current, &parameters)
    });
    match answer {
        Ok(answer) => (StatusCode::OK, Json(answer)),
        Err(refusal) => {
            let body = json!({ "error": refusal.error, "error_description": refusal.description });
            (refusal.status, Json(body))
        }
    }
}
