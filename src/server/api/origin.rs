//! What an asker calls us: the beginning of the addresses that `AuthZEN`'s metadata names.

use axum::http::{HeaderMap, HeaderName, Uri, header, uri::Authority};

const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Such as `https://pdp.example`. A PDP takes a proxy's word for it, and does not know of its own TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Origin(pub(super) String);

// === impl Origin ===

impl Origin {
    pub(super) fn of(uri: &Uri, headers: &HeaderMap) -> Self {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let forwarded = text(FORWARDED_HOST).filter(|host| !host.is_empty());
        let called = uri.authority().map(Authority::as_str);
        let host = forwarded.or(called).or_else(|| text(header::HOST)).unwrap_or_default();
        let scheme = if text(FORWARDED_PROTO) == Some("https") { "https" } else { "http" };
        Self(format!("{scheme}://{host}"))
    }
}
