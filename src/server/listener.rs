//! The socket on which Envoy reaches us: TCP or a Unix socket, plain, TLS or mTLS.

use std::{
    fs, io,
    net::SocketAddr,
    os::unix::fs::FileTypeExt,
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::net::{TcpListener, UnixListener};
use tokio_rustls::rustls::{self, pki_types::pem};

/// `listen:` of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenConfig {
    pub address: ListenAddress,
    pub tls: Option<TlsConfig>,
    /// How long a check may take.
    pub timeout: Duration,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListenAddress {
    Tcp(SocketAddr),
    Unix(PathBuf),
}

/// PEM files of our certificate and key, and of the authority whose clients may connect (mTLS).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsConfig {
    pub cert_file: PathBuf,
    pub key_file: PathBuf,
    pub client_ca_file: Option<PathBuf>,
}

// === impl ListenConfig ===

impl ListenConfig {
    /// Whether only programs of this machine, or ones that the operator gave a certificate, can
    /// connect.
    #[must_use]
    pub fn knows_its_clients(&self) -> bool {
        match &self.address {
            ListenAddress::Unix(_) => true,
            ListenAddress::Tcp(address) => {
                let needs_certificate =
                    self.tls.as_ref().is_some_and(|tls| tls.client_ca_file.is_some());
                address.ip().is_loopback() || needs_certificate
            }
        }
    }
}

/// A socket that is bound.
#[derive(Debug)]
pub(super) struct Bound {
    pub(super) socket: Socket,
}

#[derive(Debug)]
pub(super) enum Socket {
    Tcp(TcpListener),
    Unix(UnixListener),
}

/// A listener that cannot be opened as configured.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    #[error("could not listen on `{address}`")]
    Socket {
        address: String,
        #[source]
        error: io::Error,
    },
    #[error("could not read `{}`", path.display())]
    Pem {
        path: PathBuf,
        #[source]
        error: io::Error,
    },
    #[error("`{}` is not what it should be in PEM", path.display())]
    NotPem {
        path: PathBuf,
        #[source]
        error: Box<pem::Error>,
    },
    #[error("could not use the certificate and the key of the listener")]
    Certificate(#[source] rustls::Error),
    #[error("could not use the authority whose clients may connect")]
    Authority(#[source] rustls::server::VerifierBuilderError),
}

// === impl Bound ===

impl Bound {
    pub(super) async fn open(address: &ListenAddress) -> Result<Self, BindError> {
        let error = |error| BindError::Socket { address: address.to_string(), error };
        let socket = match address {
            ListenAddress::Tcp(address) => {
                Socket::Tcp(TcpListener::bind(address).await.map_err(error)?)
            }
            ListenAddress::Unix(path) => {
                remove_stale(path).map_err(error)?;
                Socket::Unix(UnixListener::bind(path).map_err(error)?)
            }
        };
        Ok(Self { socket })
    }

    /// Where it listens, with the port that the system chose for port 0.
    pub(super) fn address(&self) -> io::Result<String> {
        match &self.socket {
            Socket::Tcp(listener) => Ok(listener.local_addr()?.to_string()),
            Socket::Unix(listener) => Ok(listener
                .local_addr()?
                .as_pathname()
                .map_or_else(String::new, |path| format!("unix:{}", path.display()))),
        }
    }
}

/// A socket file outlives the process that made it, and binding would fail on it.
fn remove_stale(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.file_type().is_socket() => fs::remove_file(path),
        // Anything else is not ours to remove: binding then fails and says so.
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

// === impl ListenAddress ===

impl std::fmt::Display for ListenAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}
