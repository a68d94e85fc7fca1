//! The listener for Envoy: the ext_authz service and the standard health service, over gRPC.

use std::{io, sync::Arc};

use futures_util::TryStreamExt as _;
use tokio_stream::wrappers::UnixListenerStream;
use tokio_util::sync::CancellationToken;
use tonic::{
    service::Routes,
    transport::{Server, server::TcpIncoming},
};
use tonic_health::server::HealthReporter;

use super::{
    ExtAuthz,
    ext_authz::Calls,
    joined_writes::JoinedWrites,
    listener::{BindError, Bound, ListenConfig, Socket},
};

/// Checks in flight on one connection of Envoy; more wait on Envoy's side.
const MAX_CONCURRENT_STREAMS: u32 = 1024;

/// The gRPC listener, bound and not yet serving.
#[derive(Debug)]
pub struct GrpcServer {
    bound: Bound,
    server: Server,
    calls: Calls,
    health: HealthReporter,
}

// === impl GrpcServer ===

impl GrpcServer {
    /// Binds the socket, so that a port in use is known before anything runs.
    ///
    /// # Errors
    /// A socket or a TLS file that cannot be used.
    pub async fn bind(config: &ListenConfig, service: ExtAuthz) -> Result<Self, BindError> {
        let mut bound = Bound::open(config).await?;
        let (health, health_service) = tonic_health::server::health_reporter();
        health.set_not_serving::<ExtAuthz>().await;
        let mut server = Server::builder().max_concurrent_streams(MAX_CONCURRENT_STREAMS);
        if let Some(tls) = bound.tls.take() {
            server = server.tls_config(tls).map_err(BindError::Tls)?;
        }
        let others = Routes::new(health_service).prepare();
        let calls = Calls { ext_authz: Arc::new(service), others };
        Ok(Self { bound, server, calls, health })
    }

    /// Where it listens, such as `127.0.0.1:9191`.
    ///
    /// # Errors
    /// The system does not say.
    pub fn address(&self) -> io::Result<String> {
        self.bound.address()
    }

    /// Sets what the gRPC health service says of the ext_authz service.
    #[must_use]
    pub fn health(&self) -> Health {
        Health(self.health.clone())
    }

    /// Serves until `shutdown`, then refuses new connections and finishes the checks in flight.
    ///
    /// # Errors
    /// The transport failed.
    pub async fn run(self, shutdown: CancellationToken) -> Result<(), tonic::transport::Error> {
        let Self { bound, server, calls, health: _ } = self;
        let stop = shutdown.cancelled_owned();
        match bound.socket {
            Socket::Tcp(listener) => {
                let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
                let incoming = incoming.map_ok(JoinedWrites);
                // Once for the life of the process: whoever runs it need not carry it.
                Box::pin(server.serve_with_incoming_shutdown(calls, incoming, stop)).await
            }
            Socket::Unix(listener) => {
                let incoming = UnixListenerStream::new(listener).map_ok(JoinedWrites);
                Box::pin(server.serve_with_incoming_shutdown(calls, incoming, stop)).await
            }
        }
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
