//! Where the PDP is.

use std::{fmt, net::IpAddr, path::PathBuf};

use http::Uri;

/// One PDP, or a name behind which there are several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PdpAddress {
    Unix(PathBuf),
    Tcp { host: Box<str>, port: u16, encryption: Encryption },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encryption {
    Tls,
    None,
}

/// Of Cerbos.
const DEFAULT_PORT: u16 = 3593;

// === impl PdpAddress ===

impl PdpAddress {
    /// `grpcs://HOST:PORT` with TLS, `grpc://HOST:PORT` without.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        // `Uri` drops a fragment without a word.
        if text.contains('#') {
            return None;
        }
        let uri: Uri = text.parse().ok()?;
        let encryption = match uri.scheme_str()? {
            "grpcs" => Encryption::Tls,
            "grpc" => Encryption::None,
            _ => return None,
        };
        let authority = uri.authority()?;
        let port = match authority.as_str().strip_prefix(authority.host())? {
            "" => DEFAULT_PORT,
            _ => authority.port_u16().filter(|port| *port > 0)?,
        };
        let host = authority.host();
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let bare = matches!(uri.path(), "" | "/") && uri.query().is_none() && !host.is_empty();
        bare.then(|| Self::Tcp { host: host.into(), port, encryption })
    }

    /// Whether nobody on a network can read along, or answer in the place of the PDP.
    #[must_use]
    pub fn is_private(&self) -> bool {
        match self {
            Self::Unix(_) => true,
            Self::Tcp { host, .. } => self.is_encrypted() || is_loopback(host),
        }
    }

    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        matches!(self, Self::Tcp { encryption: Encryption::Tls, .. })
    }
}

impl fmt::Display for PdpAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
            Self::Tcp { host, port, .. } if host.contains(':') => write!(f, "[{host}]:{port}"),
            Self::Tcp { host, port, .. } => write!(f, "{host}:{port}"),
        }
    }
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
