//! The admin listener: liveness, readiness, metrics, and the words to reload and
//! to revoke. Loopback by default.
//!
//! It is not for users: no token opens it, and a page in a browser cannot reach it by way of its
//! owner, since requests that carry an `Origin` are refused.

use std::{io, net::SocketAddr, sync::Arc};

use axum::{
    Json, Router,
    extract::{Request, State},
    http::{StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::json;
use tokio::{
    net::TcpListener,
    sync::{mpsc, oneshot, watch},
};
use tokio_util::sync::CancellationToken;

use super::{published_keys, revoke::revoke};
use crate::decision::Rules;
use crate::logout::RevocationDesk;
use crate::telemetry::Metrics;

/// `admin:` of the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdminConfig {
    pub address: SocketAddr,
}

/// Whether new requests are welcome, and if not, why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Readiness {
    Ready,
    NotReady(&'static str),
}

/// Asks for a reload; the answer comes when the new rules are live or refused.
pub type ReloadOrder = oneshot::Sender<Result<u64, String>>;

/// What the admin listener shows and passes on.
#[derive(Clone, Debug)]
pub struct AdminState {
    pub metrics: Metrics,
    pub readiness: watch::Receiver<Readiness>,
    pub reload: mpsc::Sender<ReloadOrder>,
    pub revocations: RevocationDesk,
    pub rules: watch::Receiver<Arc<Rules>>,
}

/// The admin listener, bound and not yet serving.
#[derive(Debug)]
pub struct AdminServer {
    listener: TcpListener,
    router: Router,
}

// === impl AdminServer ===

impl AdminServer {
    /// # Errors
    /// The address cannot be listened on.
    pub async fn bind(config: AdminConfig, state: AdminState) -> io::Result<Self> {
        let router = Router::new()
            .route("/healthz", get(async || "ok\n"))
            .route("/readyz", get(readyz))
            .route("/metrics", get(metrics))
            .route(published_keys::PATH, get(keys))
            .route("/reload", post(reload))
            .route("/revocations", post(revoke))
            .layer(middleware::from_fn(refuse_browsers))
            .with_state(state);
        Ok(Self { listener: TcpListener::bind(config.address).await?, router })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// The system does not say.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until `shutdown`.
    ///
    /// # Errors
    /// The listener failed.
    pub async fn run(self, shutdown: CancellationToken) -> io::Result<()> {
        axum::serve(self.listener, self.router)
            .with_graceful_shutdown(shutdown.cancelled_owned())
            .await
    }
}

async fn refuse_browsers(request: Request, next: Next) -> Response {
    if request.headers().contains_key(header::ORIGIN) {
        return (StatusCode::FORBIDDEN, "not for browsers\n").into_response();
    }
    next.run(request).await
}

async fn readyz(State(state): State<AdminState>) -> Response {
    let readiness = state.readiness.borrow().clone();
    match readiness {
        Readiness::Ready => "ready\n".into_response(),
        Readiness::NotReady(why) => {
            (StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n")).into_response()
        }
    }
}

async fn metrics(State(state): State<AdminState>) -> Response {
    match state.metrics.page() {
        Ok(page) => ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], page).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")).into_response(),
    }
}

async fn keys(State(state): State<AdminState>) -> Response {
    published_keys::published(&state.rules)
}

async fn reload(State(state): State<AdminState>) -> Response {
    let (order, outcome) = oneshot::channel();
    if state.reload.send(order).await.is_err() {
        return (StatusCode::SERVICE_UNAVAILABLE, "the server is stopping\n").into_response();
    }
    match outcome.await {
        Ok(Ok(generation)) => Json(json!({ "generation": generation })).into_response(),
        Ok(Err(errors)) => (StatusCode::UNPROCESSABLE_ENTITY, errors).into_response(),
        Err(_stopped) => {
            (StatusCode::SERVICE_UNAVAILABLE, "the server is stopping\n").into_response()
        }
    }
}
