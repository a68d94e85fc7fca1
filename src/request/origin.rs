//! Where a page is from that makes a browser send a request (RFC 6454), against forged requests.

use http::Method;

use super::{HeaderError, Host, HttpRequest};

/// `Origin` of a page: a browser writes it, and no page can write another's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    is_https: bool,
    host: Host,
    port: u16,
}

// === impl Origin ===

impl Origin {
    /// `http://` or `https://`, a host and perhaps a port; so never `null`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (is_https, authority) = match text.split_once("://")? {
            ("https", authority) => (true, authority),
            ("http", authority) => (false, authority),
            _ => return None,
        };
        let host = Host::parse(authority).ok()?;
        let port = port(authority).unwrap_or(if is_https { 443 } else { 80 });
        Some(Self { is_https, host, port })
    }
}

/// The port that is written behind a host.
pub(super) fn port(authority: &str) -> Option<u16> {
    authority.rsplit_once(':').and_then(|(_, port)| port.parse().ok())
}

// === impl HttpRequest ===

impl HttpRequest<'_> {
    /// Whether the request may change something, or open a channel that does: browsers send cookies
    /// with a WebSocket of any page.
    #[must_use]
    pub fn changes_state(&self) -> bool {
        let reads = [Method::GET, Method::HEAD, Method::OPTIONS].contains(&self.method);
        !reads || self.headers.lines("upgrade").next().is_some()
    }

    /// Whether a page of the request's own host sent it, or one of `others`.
    ///
    /// # Errors
    /// An `Origin` that is not one text.
    pub fn is_from_page_of(&self, others: &[Origin]) -> Result<bool, HeaderError> {
        let origin = self.headers.single("origin")?.and_then(Origin::parse);
        Ok(origin.is_some_and(|origin| self.is_own(&origin) || others.contains(&origin)))
    }

    /// TLS may end before Envoy, so https is always as good as what Envoy saw; http is not.
    fn is_own(&self, origin: &Origin) -> bool {
        let default = if origin.is_https { 443 } else { 80 };
        origin.host == self.host
            && origin.port == self.port.unwrap_or(default)
            && (origin.is_https || !self.is_https)
    }
}
