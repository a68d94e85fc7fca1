//! How one connection to a PDP is made.

use std::{fs, io, net::SocketAddr, path::PathBuf, time::Duration};

use http::{Uri, uri::InvalidUri};
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Error, Identity};

use super::{ClientCertificate, Encryption, PdpAddress, PdpTlsConfig, RemotePdpConfig};

/// Makes connections to all addresses behind one name, with the same settings.
#[derive(Debug)]
pub(super) struct Dialer {
    pub(super) address: PdpAddress,
    tls: Option<ClientTlsConfig>,
    timeout: Duration,
}

/// Settings with which nothing can be connected.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    #[error("could not read `{}`", path.display())]
    Read {
        path: PathBuf,
        #[source]
        error: io::Error,
    },
    #[error("`{address}` is not an address that can be connected to")]
    Address {
        address: String,
        #[source]
        error: InvalidUri,
    },
    #[error("could not use the settings of the connection to `{address}`")]
    Connection {
        address: String,
        #[source]
        error: Error,
    },
}

/// While a question waits: a connection on which nothing comes back is given up. Without a question
/// there are no pings, as gRPC servers take them for an attack.
const PING_EVERY: Duration = Duration::from_secs(2);
/// A peer that is gone is noticed by the system also between questions.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
const KEEP_ALIVE_RETRIES: u32 = 3;

const USER_AGENT: &str = concat!("portcullis/", env!("CARGO_PKG_VERSION"));

// === impl Dialer ===

impl Dialer {
    /// Reads the files of the configuration, and tries whether they fit together.
    pub(super) fn build(config: &RemotePdpConfig) -> Result<Self, BuildError> {
        let tls = match &config.address {
            PdpAddress::Tcp { host, encryption: Encryption::Tls, .. } => {
                Some(tls(&config.tls, host, config.per_try_timeout)?)
            }
            PdpAddress::Tcp { encryption: Encryption::None, .. } | PdpAddress::Unix(_) => None,
        };
        let address = config.address.clone();
        let dialer = Self { address, tls, timeout: config.per_try_timeout };
        dialer.endpoint("127.0.0.1:1")?;
        Ok(dialer)
    }

    /// A connection that is made when it is needed, and made again when it was lost.
    pub(super) fn tcp(&self, address: SocketAddr) -> Result<Channel, BuildError> {
        Ok(self.endpoint(&address.to_string())?.connect_lazy())
    }

    pub(super) fn unix(&self) -> Result<Channel, BuildError> {
        Ok(self.endpoint("")?.connect_lazy())
    }

    fn endpoint(&self, authority: &str) -> Result<Endpoint, BuildError> {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        let failed = |error| BuildError::Connection { address: self.address.to_string(), error };
        let endpoint = match &self.address {
            PdpAddress::Unix(path) => Endpoint::from_shared(format!("unix:{}", path.display())),
            PdpAddress::Tcp { .. } => Endpoint::from_shared(format!("{scheme}://{authority}")),
        };
        let endpoint = endpoint
            .and_then(|endpoint| endpoint.user_agent(USER_AGENT))
            .map_err(failed)?
            .connect_timeout(self.timeout)
            .tcp_nodelay(true)
            .tcp_keepalive(Some(KEEP_ALIVE))
            .tcp_keepalive_interval(Some(KEEP_ALIVE))
            .tcp_keepalive_retries(Some(KEEP_ALIVE_RETRIES))
            .http2_keep_alive_interval(PING_EVERY)
            .keep_alive_timeout(PING_EVERY)
            .keep_alive_while_idle(false);
        let endpoint = match &self.address {
            PdpAddress::Unix(_) => endpoint,
            // Of whatever address, it is the server of this name that is asked.
            PdpAddress::Tcp { .. } => endpoint.origin(self.origin(scheme)?),
        };
        match &self.tls {
            Some(tls) => endpoint.tls_config(tls.clone()).map_err(failed),
            None => Ok(endpoint),
        }
    }

    fn origin(&self, scheme: &str) -> Result<Uri, BuildError> {
        let origin = format!("{scheme}://{}", self.address);
        origin
            .parse()
            .map_err(|error| BuildError::Address { address: self.address.to_string(), error })
    }
}

fn tls(
    config: &PdpTlsConfig,
    host: &str,
    timeout: Duration,
) -> Result<ClientTlsConfig, BuildError> {
    let PdpTlsConfig { ca_file, client } = config;
    let tls = ClientTlsConfig::new().domain_name(host).timeout(timeout);
    let tls = match ca_file {
        Some(path) => tls.ca_certificate(Certificate::from_pem(read(path)?)),
        None => tls.with_native_roots(),
    };
    match client {
        Some(ClientCertificate { cert_file, key_file }) => {
            Ok(tls.identity(Identity::from_pem(read(cert_file)?, read(key_file)?)))
        }
        None => Ok(tls),
    }
}

fn read(path: &PathBuf) -> Result<Vec<u8>, BuildError> {
    fs::read(path).map_err(|error| BuildError::Read { path: path.clone(), error })
}
