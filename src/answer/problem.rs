//! The body of a refusal: problem details (RFC 9457) that say what was refused, not why.

use serde::Serialize;

use super::{Challenge, Refusal};

/// `application/problem+json`. The decision id finds the reason in our logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Problem<'a> {
    pub status: u16,
    pub title: &'static str,
    pub detail: &'static str,
    pub decision_id: &'a str,
}

// === impl Problem ===

impl<'a> Problem<'a> {
    #[must_use]
    pub fn of(refusal: &Refusal, decision_id: &'a str) -> Self {
        let (status, title, detail) = match refusal {
            Refusal::Deny(_) => (403, "Forbidden", "you may not do this"),
            Refusal::DenyAs(_, denial) => {
                let status = denial.status();
                let title = status.canonical_reason().unwrap_or("Forbidden");
                (status.as_u16(), title, "you may not do this")
            }
            Refusal::Scope(challenge) => (403, "Forbidden", detail(challenge)),
            Refusal::Challenge(challenge) => (401, "Unauthorized", detail(challenge)),
            Refusal::Malformed(_) => {
                (400, "Bad Request", "the request is not one that this gateway accepts")
            }
            Refusal::Credentials(challenge) => (400, "Bad Request", detail(challenge)),
            Refusal::TooLarge(challenge) => {
                (431, "Request Header Fields Too Large", detail(challenge))
            }
            Refusal::Oversized(_) => (413, "Content Too Large", "the request is too large"),
            Refusal::Fault(_) => (503, "Service Unavailable", "authorization is not available now"),
        };
        Self { status, title, detail, decision_id }
    }

    /// The body.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Four fields of plain types: there is nothing in it that could fail.
        serde_json::to_string(self).unwrap_or_default()
    }
}

fn detail(challenge: &Challenge) -> &'static str {
    challenge.error.map_or("a bearer token is needed", |error| error.description)
}
