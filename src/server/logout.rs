//! The issuers' door: logout tokens (OpenID Connect Back-Channel Logout 1.0, 2.5 to 2.8).
//!
//! Anybody may reach it, so it says little, reads little, and lets nobody stay: a form with one
//! token, verified as strictly as any other, and an answer that only says whether to try again.

use std::io;

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, RawForm, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use jiff::Timestamp;
use serde_json::json;
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

use super::{
    listener::BindError,
    visitors::{DoorConfig, Visitors},
};
use crate::identity::TokenError;
use crate::logout::{LogoutError, LogoutReceiver};
use crate::telemetry::{Chain, LogoutResult, Metrics};

/// The listener, bound and not yet serving.
#[derive(Debug)]
pub struct LogoutServer {
    visitors: Visitors,
    router: Router,
}

#[derive(Clone, Debug)]
struct Door {
    receiver: LogoutReceiver,
    metrics: Metrics,
}

/// A token has at most 16 KiB, and is letters, digits and three more characters. Other fields of the
/// form are not for us.
const MAX_BODY_BYTES: usize = 32 * 1024;

// === impl LogoutServer ===

impl LogoutServer {
    /// # Errors
    /// A socket or a TLS file that cannot be used.
    pub async fn bind(
        config: &DoorConfig,
        receiver: LogoutReceiver,
        metrics: Metrics,
    ) -> Result<Self, BindError> {
        let visitors = Visitors::at_door(config).await?;
        let router = Router::new()
            .route("/backchannel-logout", post(logout))
            .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
            .with_state(Door { receiver, metrics });
        Ok(Self { visitors, router })
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

#[expect(clippy::disallowed_methods, reason = "the edge reads the clock, once for a request")]
async fn logout(State(door): State<Door>, RawForm(form): RawForm) -> Response {
    let result = match token(&form) {
        Some(token) => door.receiver.receive(token.as_bytes(), Timestamp::now()).await,
        None => Err(TokenError::Malformed.into()),
    };
    let (result, status) = match result {
        Ok(()) => (LogoutResult::Accepted, StatusCode::OK),
        Err(error @ (LogoutError::Refused(_) | LogoutError::Replayed)) => {
            info!(error = %Chain(&error), "Refused a logout token");
            (LogoutResult::Refused, StatusCode::BAD_REQUEST)
        }
        // Never 400: that would tell the issuer not to try again.
        Err(error @ (LogoutError::KeysUnavailable(_) | LogoutError::NotShared(_))) => {
            error!(error = %Chain(&error), "Could not carry out a logout");
            (LogoutResult::Failed, StatusCode::SERVICE_UNAVAILABLE)
        }
    };
    door.metrics.revocations().logout(result);
    answer(status)
}

/// The one `logout_token` of a form; other fields are allowed, and mean nothing (2.5).
fn token(form: &[u8]) -> Option<String> {
    let mut tokens = form_urlencoded::parse(form).filter(|(name, _)| name == "logout_token");
    match (tokens.next(), tokens.next()) {
        (Some((_, token)), None) => Some(token.into_owned()),
        (Some(_), Some(_)) | (None, _) => None,
    }
}

/// Whoever sends forgeries is not told what is wrong with them; it is in our log.
fn answer(status: StatusCode) -> Response {
    let no_store = [(header::CACHE_CONTROL, "no-store")];
    match status {
        StatusCode::BAD_REQUEST => {
            (status, no_store, Json(json!({ "error": "invalid_request" }))).into_response()
        }
        StatusCode::SERVICE_UNAVAILABLE => {
            (status, no_store, [(header::RETRY_AFTER, "5")]).into_response()
        }
        _ => (status, no_store).into_response(),
    }
}
