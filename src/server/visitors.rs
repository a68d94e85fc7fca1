//! Connections from anywhere: few at a time, none for long, with TLS or without.
//!
//! The handshake belongs to the connection's own task. Were it to happen before the next connection
//! is accepted, one client that says nothing would keep all others out.

use std::{
    fs, io,
    net::SocketAddr,
    path::Path,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::serve::Listener;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Sleep, sleep},
};
use tokio_rustls::{
    Accept, TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::aws_lc_rs::default_provider,
        pki_types::{
            CertificateDer, PrivateKeyDer,
            pem::{self, PemObject},
        },
    },
    server::TlsStream,
};

use super::listener::{BindError, TlsConfig};

/// A listener for anybody: `logout:` and `assertion.listen:` of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DoorConfig {
    pub address: SocketAddr,
    pub tls: Option<TlsConfig>,
}

/// A bound socket that hands out [`Visit`]s.
pub(super) struct Visitors {
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    seats: Arc<Semaphore>,
}

/// One connection.
pub(super) struct Visit {
    stream: Stream,
    /// When it is over, whatever is being said.
    end: Pin<Box<Sleep>>,
    _seat: Option<OwnedSemaphorePermit>,
}

enum Stream {
    Plain(TcpStream),
    Handshake(Box<Accept<TcpStream>>),
    Encrypted(Box<TlsStream<TcpStream>>),
    /// The handshake failed.
    Nobody,
}

/// Connections at one time; more wait in the system's queue.
const SEATS: usize = 256;

/// An issuer waits five seconds for its answer; ours has its own deadlines below that.
const LONGEST: Duration = Duration::from_secs(10);

// === impl Visitors ===

impl Visitors {
    pub(super) async fn bind(config: &DoorConfig) -> Result<Self, BindError> {
        let DoorConfig { address, tls } = config;
        let tls = tls.as_ref().map(acceptor).transpose()?;
        let error = |error| BindError::Socket { address: address.to_string(), error };
        let listener = TcpListener::bind(address).await.map_err(error)?;
        Ok(Self { listener, tls, seats: Arc::new(Semaphore::new(SEATS)) })
    }

    pub(super) fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

impl Listener for Visitors {
    type Io = Visit;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Visit, SocketAddr) {
        // Nobody closes the semaphore; if somebody did, there would be no limit.
        let seat = self.seats.clone().acquire_owned().await.ok();
        // axum's own listener waits out the errors of accepting.
        let (stream, address) = Listener::accept(&mut self.listener).await;
        let stream = match &self.tls {
            Some(acceptor) => Stream::Handshake(Box::new(acceptor.accept(stream))),
            None => Stream::Plain(stream),
        };
        (Visit { stream, end: Box::pin(sleep(LONGEST)), _seat: seat }, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.address()
    }
}

impl std::fmt::Debug for Visitors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Visitors").field("listener", &self.listener).finish_non_exhaustive()
    }
}

fn acceptor(config: &TlsConfig) -> Result<TlsAcceptor, BindError> {
    let TlsConfig { cert_file, key_file, client_ca_file: _ } = config;
    let malformed = |path: &Path| {
        let path = path.to_owned();
        move |error: pem::Error| BindError::NotPem { path, error: Box::new(error) }
    };
    let certificates = CertificateDer::pem_slice_iter(&read(cert_file)?)
        .collect::<Result<Vec<_>, _>>()
        .map_err(malformed(cert_file))?;
    let key = PrivateKeyDer::from_pem_slice(&read(key_file)?).map_err(malformed(key_file))?;
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(certificates, key))
        .map_err(BindError::Certificate)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn read(path: &Path) -> Result<Vec<u8>, BindError> {
    fs::read(path).map_err(|error| BindError::Pem { path: path.to_owned(), error })
}

// === impl Visit ===

impl Visit {
    /// The stream, once the handshake is done and as long as there is time.
    fn poll_stream(&mut self, context: &mut Context<'_>) -> Poll<io::Result<&mut Stream>> {
        if self.end.as_mut().poll(context).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        if let Stream::Handshake(accept) = &mut self.stream {
            self.stream = match ready!(Pin::new(&mut **accept).poll(context)) {
                Ok(stream) => Stream::Encrypted(Box::new(stream)),
                Err(_not_tls) => Stream::Nobody,
            };
        }
        Poll::Ready(Ok(&mut self.stream))
    }
}

impl AsyncRead for Visit {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match ready!(self.poll_stream(context))? {
            Stream::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Stream::Encrypted(stream) => Pin::new(stream).poll_read(context, buffer),
            Stream::Handshake(_) | Stream::Nobody => Poll::Ready(Err(nobody())),
        }
    }
}

impl AsyncWrite for Visit {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match ready!(self.poll_stream(context))? {
            Stream::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Stream::Encrypted(stream) => Pin::new(stream).poll_write(context, bytes),
            Stream::Handshake(_) | Stream::Nobody => Poll::Ready(Err(nobody())),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match ready!(self.poll_stream(context))? {
            Stream::Plain(stream) => Pin::new(stream).poll_flush(context),
            Stream::Encrypted(stream) => Pin::new(stream).poll_flush(context),
            Stream::Handshake(_) | Stream::Nobody => Poll::Ready(Ok(())),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match ready!(self.poll_stream(context))? {
            Stream::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Stream::Encrypted(stream) => Pin::new(stream).poll_shutdown(context),
            Stream::Handshake(_) | Stream::Nobody => Poll::Ready(Ok(())),
        }
    }
}

fn nobody() -> io::Error {
    io::ErrorKind::ConnectionAborted.into()
}
