//! Backends' door: the keys with which they check assertions, and nothing else.
//!
//! It is apart from the admin listener, which has words that backends should not say.

use std::{io, sync::Arc};

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::{
    listener::BindError,
    visitors::{DoorConfig, Visitors},
};
use crate::decision::Rules;

/// Where libraries look for a key set.
pub(super) const PATH: &str = "/.well-known/jwks.json";

/// The listener, bound and not yet serving.
#[derive(Debug)]
pub struct KeysServer {
    visitors: Visitors,
    router: Router,
}

// === impl KeysServer ===

impl KeysServer {
    /// # Errors
    /// A socket or a TLS file that cannot be used.
    pub async fn bind(
        config: &DoorConfig,
        rules: watch::Receiver<Arc<Rules>>,
    ) -> Result<Self, BindError> {
        let visitors = Visitors::at_door(config).await?;
        let keys = async |State(rules): State<watch::Receiver<_>>| published(&rules);
        Ok(Self { visitors, router: Router::new().route(PATH, get(keys)).with_state(rules) })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// The system does not say.
    pub fn address(&self) -> io::Result<String> {
        self.visitors.address()
    }

    /// Serves until `shutdown`.
    ///
    /// # Errors
    /// The listener failed.
    pub async fn run(self, shutdown: CancellationToken) -> io::Result<()> {
        axum::serve(self.visitors, self.router)
            .with_graceful_shutdown(shutdown.cancelled_owned())
            .await
    }
}

/// The key set of the rules in force. A new key is published well before it signs, so that whoever keeps
/// the set for five minutes knows it in time.
pub(super) fn published(rules: &watch::Receiver<Arc<Rules>>) -> Response {
    let rules = rules.borrow().clone();
    let Some(asserter) = &rules.asserter else {
        return (StatusCode::NOT_FOUND, "no `assertion` is configured\n").into_response();
    };
    let headers = [
        (header::CONTENT_TYPE, "application/jwk-set+json"),
        (header::CACHE_CONTROL, "public, max-age=300"),
    ];
    (headers, asserter.published_keys().to_string()).into_response()
}
