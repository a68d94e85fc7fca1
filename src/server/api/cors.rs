//! Which pages of browsers may ask: cross-origin resource sharing, as a PDP does it.

use std::collections::BTreeSet;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::request::Origin;

/// `api.cors`. Without it no page of another origin learns anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CorsConfig {
    pub origins: AllowedOrigins,
    /// Which headers of its own a page may send, in lower case.
    pub headers: BTreeSet<Box<str>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AllowedOrigins {
    Any,
    These(BTreeSet<Origin>),
}

const METHODS: [&str; 7] = ["HEAD", "GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

const BY_ORIGIN: HeaderValue = HeaderValue::from_static("Origin");
const BY_PREFLIGHT: HeaderValue = HeaderValue::from_static(
    "Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
);

pub(super) async fn share(
    State(cors): State<Option<CorsConfig>>,
    request: Request,
    next: Next,
) -> Response {
    let Some(cors) = cors else { return next.run(request).await };
    let asked = text(request.headers(), &header::ACCESS_CONTROL_REQUEST_METHOD);
    if request.method() == Method::OPTIONS && !asked.is_empty() {
        return cors.preflight(request.headers(), asked);
    }
    let method = request.method().as_str();
    let shared = METHODS.contains(&method).then(|| cors.allowed(request.headers())).flatten();
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(header::VARY, BY_ORIGIN);
    if let Some(origin) = shared {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    }
    response
}

// === impl CorsConfig ===

impl CorsConfig {
    /// What a page sends that names none.
    pub const HEADERS: [&str; 4] = ["accept", "content-type", "user-agent", "x-requested-with"];

    /// Before a page asks what it could not ask without being let to, its browser asks for it.
    fn preflight(&self, headers: &HeaderMap, method: &str) -> Response {
        let mut response = StatusCode::NO_CONTENT.into_response();
        let answer = response.headers_mut();
        answer.insert(header::VARY, BY_PREFLIGHT);
        let names = headers.get(header::ACCESS_CONTROL_REQUEST_HEADERS);
        let listed = text(headers, &header::ACCESS_CONTROL_REQUEST_HEADERS);
        if !METHODS.contains(&method) || !self.allows(listed) {
            return response;
        }
        let Some(origin) = self.allowed(headers) else { return response };
        answer.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        if let Some(method) = headers.get(header::ACCESS_CONTROL_REQUEST_METHOD) {
            answer.insert(header::ACCESS_CONTROL_ALLOW_METHODS, method.clone());
        }
        if let Some(names) = names.filter(|names| !names.is_empty()) {
            answer.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, names.clone());
        }
        response
    }

    /// The header names as browsers list them: in lower case, sorted, each once.
    fn allows(&self, listed: &str) -> bool {
        let mut last = "";
        listed.split(',').map(str::trim).filter(|name| !name.is_empty()).all(|name| {
            let is_next = last < name;
            last = name;
            is_next && self.headers.contains(name)
        })
    }

    /// What the page of this origin is told, if its browser may show it the answer.
    fn allowed(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        let origin = headers.get(header::ORIGIN).filter(|origin| !origin.is_empty())?;
        match &self.origins {
            AllowedOrigins::Any => Some(HeaderValue::from_static("*")),
            AllowedOrigins::These(origins) => {
                let named = origin.to_str().ok().and_then(Origin::parse)?;
                origins.contains(&named).then(|| origin.clone())
            }
        }
    }
}

fn text<'h>(headers: &'h HeaderMap, name: &HeaderName) -> &'h str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}
