//! `POST /revocations` of the admin listener: an operator takes tokens back.
//!
//! The body must be declared as JSON. A page in a browser can send no such request elsewhere without
//! being asked for permission first, and nobody here gives it.

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;
use tracing::{error, info};

use super::AdminState;
use crate::logout::{Order, OrderError};
use crate::revocation::Whom;
use crate::telemetry::Chain;

/// The body.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OrderBody {
    issuer: String,
    #[serde(default)]
    subject: Option<String>,
    #[serde(default)]
    session: Option<String>,
    /// RFC 3339
    #[serde(default)]
    before: Option<String>,
}

pub(super) async fn revoke(
    State(state): State<AdminState>,
    Json(body): Json<OrderBody>,
) -> Response {
    let order = match order(&body) {
        Ok(order) => order,
        Err(wrong) => {
            return (StatusCode::UNPROCESSABLE_ENTITY, format!("{wrong}\n")).into_response();
        }
    };
    match state.revocations.carry_out(order, now()).await {
        Ok(issued_until) => {
            info!(issuer = body.issuer, kind = kind(order.whom), %issued_until, "An operator revoked tokens");
            Json(json!({ "issued_until": issued_until.to_string() })).into_response()
        }
        Err(error @ (OrderError::UnknownIssuer | OrderError::InTheFuture)) => {
            (StatusCode::UNPROCESSABLE_ENTITY, format!("{error}\n")).into_response()
        }
        Err(error @ OrderError::NotShared(_)) => {
            error!(error = %Chain(&error), "Could not share a revocation");
            (StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n")).into_response()
        }
    }
}

/// Who is meant, in exactly one way. Everybody is meant only where an instant is given, so that
/// nobody is sent away by a field that was forgotten.
fn order(body: &OrderBody) -> Result<Order<'_>, &'static str> {
    let OrderBody { issuer, subject, session, before } = body;
    let before = match before.as_deref().map(str::parse::<Timestamp>) {
        None => None,
        Some(Ok(before)) => Some(before),
        Some(Err(_)) => return Err("`before` is not an instant, such as 2026-11-25T10:00:00Z"),
    };
    let whom = match (subject.as_deref(), session.as_deref()) {
        (Some(""), _) | (_, Some("")) => return Err("`subject` or `session` is empty"),
        (Some(_), Some(_)) => return Err("either `subject` or `session`"),
        (Some(subject), None) => Whom::Subject(subject),
        (None, Some(session)) => Whom::Session(session),
        (None, None) if before.is_some() => Whom::Everybody,
        (None, None) => return Err("`subject`, `session` or `before` is missing"),
    };
    Ok(Order { issuer, whom, before })
}

fn kind(whom: Whom<'_>) -> &'static str {
    match whom {
        Whom::Everybody => "everybody",
        Whom::Subject(_) | Whom::Sessionless(_) => "subject",
        Whom::Session(_) => "session",
    }
}

#[expect(clippy::disallowed_methods, reason = "the edge reads the clock, once for a request")]
fn now() -> Timestamp {
    Timestamp::now()
}
