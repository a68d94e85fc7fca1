//! The listener for Envoy: the ext_authz service and the standard health service, over gRPC.
//!
//! A connection is hyper's, and nothing lies between it and the calls: the layers of tonic's own
//! server, which each request passes in boxes, are more than a tenth of what a remembered answer takes.

use std::{io, pin::pin, sync::Arc, time::Duration};

use axum::serve::Listener;
use hyper::{server::conn::http2, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, UnixStream},
    select,
    time::timeout,
};
use tokio_rustls::TlsAcceptor;
use tokio_util::{either::Either, sync::CancellationToken, task::TaskTracker};
use tonic::service::Routes;
use tonic_health::server::HealthReporter;

use super::{
    ExtAuthz,
    ext_authz::Calls,
    joined_writes::JoinedWrites,
    listener::{BindError, Bound, ListenConfig, Socket},
    tls::{Protocols, acceptor},
};

/// Checks in flight on one connection of Envoy; more wait on Envoy's side.
const MAX_CONCURRENT_STREAMS: u32 = 1024;

/// Headers of one call. Where Envoy traces, a client's `tracestate` is among them, of any length that
/// Envoy takes (60 KiB, unless it is told otherwise); beyond this there is no answer that Envoy understands.
const MAX_HEADER_BYTES: u32 = 256 * 1024;

/// Whoever connects has so long for the TLS handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// The gRPC listener, bound and not yet serving.
#[derive(Debug)]
pub struct GrpcServer {
    line: Line,
    health: HealthReporter,
}

/// Where connections come in, and what they are served with.
struct Line {
    bound: Bound,
    tls: Option<TlsAcceptor>,
    calls: Arc<Calls>,
}

// === impl GrpcServer ===

impl GrpcServer {
    /// Binds the socket, so that a port in use is known before anything runs.
    ///
    /// # Errors
    /// A socket or a TLS file that cannot be used.
    pub async fn bind(config: &ListenConfig, service: ExtAuthz) -> Result<Self, BindError> {
        let tls = config.tls.as_ref().map(|tls| acceptor(tls, Protocols::Http2)).transpose()?;
        let bound = Bound::open(&config.address).await?;
        let (health, health_service) = tonic_health::server::health_reporter();
        health.set_not_serving::<ExtAuthz>().await;
        let others = Routes::new(health_service).prepare();
        let calls =
            Arc::new(Calls { ext_authz: Arc::new(service), others, timeout: config.timeout });
        Ok(Self { line: Line { bound, tls, calls }, health })
    }

    /// Where it listens, such as `127.0.0.1:9191`.
    ///
    /// # Errors
    /// The system does not say.
    pub fn address(&self) -> io::Result<String> {
        self.line.bound.address()
    }

    /// Sets what the gRPC health service says of the ext_authz service.
    #[must_use]
    pub fn health(&self) -> Health {
        Health(self.health.clone())
    }

    /// Serves until `shutdown`, then refuses new connections and finishes the checks in flight. Each
    /// connection has a task, which ends before this does.
    pub async fn run(self, shutdown: CancellationToken) {
        let Self { mut line, health: _ } = self;
        let connections = TaskTracker::new();
        while let Some(stream) = shutdown.run_until_cancelled(line.accept()).await {
            let (tls, calls) = (line.tls.clone(), Arc::clone(&line.calls));
            connections.spawn(serve(stream, tls, calls, shutdown.clone()));
        }
        drop(line);
        connections.close();
        connections.wait().await;
    }
}

// === impl Line ===

impl Line {
    /// axum's own listeners wait out the errors of accepting.
    async fn accept(&mut self) -> Either<TcpStream, UnixStream> {
        match &mut self.bound.socket {
            Socket::Tcp(listener) => {
                let (stream, _address) = Listener::accept(listener).await;
                // Answers are small, and Envoy waits for them. It is no matter if not.
                let _slower = stream.set_nodelay(true);
                Either::Left(stream)
            }
            Socket::Unix(listener) => Either::Right(Listener::accept(listener).await.0),
        }
    }
}

impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Line").field("bound", &self.bound).finish_non_exhaustive()
    }
}

/// One connection, to its end.
async fn serve(
    stream: Either<TcpStream, UnixStream>,
    tls: Option<TlsAcceptor>,
    calls: Arc<Calls>,
    shutdown: CancellationToken,
) {
    match tls {
        None => converse(stream, calls, shutdown).await,
        // Who does not finish the handshake is nobody whom a check would be answered.
        Some(acceptor) => {
            if let Ok(Ok(stream)) = timeout(HANDSHAKE, acceptor.accept(stream)).await {
                converse(stream, calls, shutdown).await;
            }
        }
    }
}

async fn converse(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    calls: Arc<Calls>,
    shutdown: CancellationToken,
) {
    let stream = TokioIo::new(JoinedWrites(stream));
    let service = service_fn(move |request| calls.call(request));
    let connection = http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .max_concurrent_streams(MAX_CONCURRENT_STREAMS)
        .max_header_list_size(MAX_HEADER_BYTES)
        // Envoy passes on what its clients give up, all of them on one connection, and a limit would end
        // that connection for everybody: an answer that is missing, which Envoy may take for an allow.
        .max_pending_accept_reset_streams(usize::MAX)
        .serve_connection(stream, service);
    let mut connection = pin!(connection);
    let ended = select! {
        ended = connection.as_mut() => Some(ended),
        () = shutdown.cancelled() => None,
    };
    if ended.is_none() {
        connection.as_mut().graceful_shutdown();
        // How it ends is the client's matter: what was asked has been answered, or nobody waits.
        let _broken = connection.await;
    }
}

/// The gRPC health service's view of us (`grpc.health.v1`).
#[derive(Clone, Debug)]
pub struct Health(HealthReporter);

// === impl Health ===

impl Health {
    pub async fn serving(&self) {
        self.0.set_serving::<ExtAuthz>().await;
    }

    /// Envoy stops sending new checks to a host that says so.
    pub async fn not_serving(&self) {
        self.0.set_not_serving::<ExtAuthz>().await;
        self.0.set_service_status("", tonic_health::ServingStatus::NotServing).await;
    }
}
