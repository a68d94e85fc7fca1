//! From what was sent to what it is.

use http::Method;

use super::{
    Body, BodyError, CanonicalPath, Headers, Host, HttpRequest, MethodError, PathError, Peer,
    Query, RawRequest, RequestError, RequestRules, origin,
};

/// Longer than any registered method.
const LONGEST_METHOD: usize = 32;

// === impl HttpRequest ===

impl HttpRequest {
    /// # Errors
    /// Whatever two programs could read differently.
    pub fn read(raw: RawRequest, rules: &RequestRules) -> Result<Self, RequestError> {
        let RawRequest {
            id,
            method,
            scheme,
            host,
            target,
            headers,
            body,
            peer,
            context_extensions,
            route_metadata,
            jwt_authn,
        } = raw;
        let method = read_method(&method)?;
        if target.len() > rules.path.longest_target {
            return Err(PathError::TooLong.into());
        }
        if target.contains('#') {
            return Err(PathError::Fragment.into());
        }
        let (path, query) = target.split_once('?').unwrap_or((&target, ""));
        let path = CanonicalPath::parse(path, &rules.path)?;
        let query = Query::parse(query)?;
        let port = origin::port(&host);
        let host = Host::parse(&host)?;
        let headers = Headers::read(headers, &host)?;
        let peer = Peer::read(peer, &headers, rules.trusted_hops);
        let body = Body::new(body);
        Ok(Self {
            id,
            method,
            host,
            port,
            is_https: scheme == "https",
            path,
            query,
            headers,
            body,
            peer,
            context_extensions,
            route_metadata,
            jwt_authn,
        })
    }

    /// The body as JSON; nothing if there is none.
    ///
    /// # Errors
    /// A body that was not sent in full, is not JSON, or is beyond bounds.
    pub fn json_body(&self) -> Result<Option<serde_json::Value>, BodyError> {
        self.body.json(&self.headers)
    }
}

/// Methods are case-sensitive (RFC 9110, section 9.1); a server that ignores their case would serve
/// `get` as the `GET` that nobody decided about.
fn read_method(method: &str) -> Result<Method, MethodError> {
    if method.len() > LONGEST_METHOD || method.bytes().any(|byte| byte.is_ascii_lowercase()) {
        return Err(MethodError::Malformed);
    }
    Method::from_bytes(method.as_bytes()).map_err(|_not_a_token| MethodError::Malformed)
}
