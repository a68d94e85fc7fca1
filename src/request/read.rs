//! From what was sent to what it is.

use std::collections::BTreeSet;

use http::Method;

use super::{
    Body, BodyError, CanonicalPath, Headers, Host, HttpRequest, MethodError, PathError, PathForm,
    Peer, Query, RawRequest, RequestError, RequestRules, origin, relax,
    target::{self, Fidelity},
};

/// Longer than any registered method.
const LONGEST_METHOD: usize = 32;

// === impl HttpRequest ===

impl<'m> HttpRequest<'m> {
    /// # Errors
    /// Whatever two programs could read differently.
    pub fn read(raw: RawRequest<'m>, rules: &RequestRules) -> Result<Self, RequestError> {
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
        let port = origin::port(&host);
        let host = Host::parse(&host);
        let strict = BTreeSet::new();
        let forms = host.as_ref().ok().and_then(|host| rules.relaxed.get(host)).unwrap_or(&strict);
        let is_as_sent = match target::fidelity(&target, &headers)? {
            Fidelity::Exact => true,
            Fidelity::Doubtful if forms.contains(&PathForm::ExclamationMark) => false,
            Fidelity::Doubtful => return Err(PathError::Doubtful.into()),
        };
        let normal = relax::normal(path, forms)?;
        let new_target =
            (normal != path || !is_as_sent).then(|| format!("{normal}{}", after(path, &target)));
        let path = CanonicalPath::parse(&normal, &rules.path)?;
        let query = Query::parse(query)?;
        let host = host?;
        let is_for_own_host = rules.own_hosts.contains(&host);
        let headers = Headers::read(headers, &host)?;
        let peer = Peer::read(peer, &headers, rules.trusted_hops);
        let body = Body::new(body);
        body.check_form(&headers)?;
        Ok(Self {
            id,
            method,
            host,
            is_for_own_host,
            port,
            is_https: scheme == "https",
            path,
            new_target,
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

/// The query as it was sent, with its question mark.
fn after<'t>(path: &str, target: &'t str) -> &'t str {
    target.get(path.len()..).unwrap_or_default()
}

/// Methods are case-sensitive (RFC 9110, section 9.1); a server that ignores their case would serve
/// `get` as the `GET` that nobody decided about. Envoy may have written a `!` for another byte.
fn read_method(method: &str) -> Result<Method, MethodError> {
    let is_foreign = |byte: u8| byte.is_ascii_lowercase() || byte == b'!';
    if method.len() > LONGEST_METHOD || method.bytes().any(is_foreign) {
        return Err(MethodError::Malformed);
    }
    Method::from_bytes(method.as_bytes()).map_err(|_not_a_token| MethodError::Malformed)
}
