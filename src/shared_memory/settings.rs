//! `redis:` as meant.

use std::{fmt, net::IpAddr, path::PathBuf, time::Duration};

use redis::{ConnectionAddr, IntoConnectionInfo};

/// `redis:` of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedMemoryConfig {
    pub url: RedisUrl,
    /// A private authority (PEM), in place of the machine's.
    pub ca_file: Option<PathBuf>,
    /// What every key begins with.
    pub prefix: Box<str>,
    /// How long a command may take, and a connection to be made.
    pub timeout: Duration,
}

/// `redis://`, `rediss://` (TLS) or `redis+unix://`. It may hold a password, so it is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct RedisUrl(Box<str>);

/// What happens to requests that depend on what only others could know, while Redis does not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnOutage {
    /// 503 for all of them.
    Refuse,
    /// What this replica knows decides.
    Continue,
}

/// How a connection to Redis is kept from other eyes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Encrypted,
    /// A Unix socket, or loopback.
    WithinMachine,
    Open,
}

// === impl RedisUrl ===

impl RedisUrl {
    /// A URL that Redis's clients understand. The rest of it says which server, who we are and
    /// which database.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        text.into_connection_info().ok().map(|_| Self(text.into()))
    }

    /// Whether nobody on a network can read along, or answer in the place of Redis.
    #[must_use]
    pub fn is_private(&self) -> bool {
        self.way() != Way::Open
    }

    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        self.way() == Way::Encrypted
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    fn way(&self) -> Way {
        // Invariant: it was read once already.
        let Ok(info) = self.as_str().into_connection_info() else { return Way::Open };
        match info.addr() {
            ConnectionAddr::TcpTls { .. } => Way::Encrypted,
            ConnectionAddr::Unix(_) => Way::WithinMachine,
            ConnectionAddr::Tcp(host, _) if is_loopback(host) => Way::WithinMachine,
            _ => Way::Open,
        }
    }
}

impl fmt::Debug for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RedisUrl(..)")
    }
}

fn is_loopback(host: &str) -> bool {
    let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    host == "localhost" || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
