//! `engine.cerbos:` as meant.

use std::{path::PathBuf, time::Duration};

use super::PdpAddress;

/// `engine.cerbos:` of the configuration, but for its cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemotePdpConfig {
    pub address: PdpAddress,
    /// For an address that is encrypted.
    pub tls: PdpTlsConfig,
    pub token: TokenUse,
    /// How long an answer may take, with all tries and the pauses between them.
    pub timeout: Duration,
    /// How long one try may take.
    pub per_try_timeout: Duration,
    /// Tries after the first one.
    pub retries: usize,
    /// To each address: a balancer of connections gives each of them to another PDP.
    pub connections: usize,
    /// Questions under way at a time. Further ones are faults at once, and do not queue.
    pub max_in_flight: usize,
}

/// PEM files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PdpTlsConfig {
    /// A private authority, in place of the machine's.
    pub ca_file: Option<PathBuf>,
    /// Our certificate and its key, for a PDP that asks its clients for one.
    pub client: Option<ClientCertificate>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientCertificate {
    pub cert_file: PathBuf,
    pub key_file: PathBuf,
}

/// Whether the PDP gets the caller's token, out of which it reads `request.auxData.jwt`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenUse {
    /// `key_set_id`: which of the PDP's key sets verifies it; empty where it has only one.
    Sent {
        key_set_id: Box<str>,
    },
    Withheld,
}
