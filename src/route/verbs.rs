//! Actions of methods that a route does not name.

use http::Method;

use super::template::Shape;

/// The methods that have a default verb. Any other has no action, and is refused.
pub(super) const DEFAULT_METHODS: [Method; 6] =
    [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];

/// GET and HEAD: `view` on an item, `list` on a collection. POST: `create`. PUT and PATCH: `edit`.
/// DELETE: `delete`.
pub(super) fn default_verb(method: &Method, shape: Shape) -> Option<&'static str> {
    match (method.as_str(), shape) {
        ("GET" | "HEAD", Shape::Item) => Some("view"),
        ("GET" | "HEAD", Shape::Collection) => Some("list"),
        ("POST", _) => Some("create"),
        ("PUT" | "PATCH", _) => Some("edit"),
        ("DELETE", _) => Some("delete"),
        _ => None,
    }
}
