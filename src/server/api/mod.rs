//! The doors of Cerbos's API: gRPC on one port, HTTP and JSON (and gRPC, too) on another, as a PDP has.
//!
//! Whoever reaches them may ask about anybody, so they are closed unless the configuration opens them,
//! and beyond this machine they want TLS.

mod cors;
mod deadline;
mod door;
mod grpc;
mod http;
mod origin;
mod status;

use std::io;

use axum::middleware;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::{
    listener::{BindError, ListenAddress, TlsConfig},
    visitors::{Stay, Visitors},
};
use crate::pdp::Pdp;
use crate::telemetry::Metrics;
use door::Door;
use grpc::Port;

pub use cors::{AllowedOrigins, CorsConfig};
pub(super) use deadline::patience_of_grpc;

/// The listeners of `api:`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiConfig {
    pub http: ListenAddress,
    pub grpc: ListenAddress,
    /// Of both.
    pub tls: Option<TlsConfig>,
    /// Of HTTP.
    pub cors: Option<CorsConfig>,
}

/// Both listeners, bound and not yet serving.
#[derive(Debug)]
pub struct ApiServer {
    http: Visitors,
    grpc: Visitors,
    door: Door,
    cors: Option<CorsConfig>,
    serving: watch::Sender<bool>,
}

// === impl ApiServer ===

impl ApiServer {
    /// # Errors
    /// A socket or a TLS file that cannot be used.
    pub async fn bind(config: &ApiConfig, pdp: Pdp, metrics: Metrics) -> Result<Self, BindError> {
        let ApiConfig { http, grpc, tls, cors } = config;
        let (serving, serving_now) = watch::channel(true);
        Ok(Self {
            http: Visitors::bind(http, tls.as_ref(), Stay::WHILE_TALKING).await?,
            grpc: Visitors::bind(grpc, tls.as_ref(), Stay::WHILE_TALKING).await?,
            door: Door { pdp, metrics, serving: serving_now },
            cors: cors.clone(),
            serving,
        })
    }

    /// Where it listens: HTTP, then gRPC.
    ///
    /// # Errors
    /// The system does not say.
    pub fn addresses(&self) -> io::Result<(String, String)> {
        Ok((self.http.address()?, self.grpc.address()?))
    }

    /// Serves until `shutdown`; health says so first, as soon as `stopping`.
    ///
    /// # Errors
    /// A listener failed.
    pub async fn run(
        self,
        stopping: CancellationToken,
        shutdown: CancellationToken,
    ) -> io::Result<()> {
        let Self { http, grpc, door, cors, serving } = self;
        let (health, rpcs) = grpc::routes(&door).await;
        let pages = http::router(door, grpc::at(Port::Http, rpcs.clone()));
        let pages = pages.layer(middleware::from_fn_with_state(cors, cors::share));
        let rpcs = grpc::at(Port::Grpc, rpcs);
        let stop = || shutdown.clone().cancelled_owned();
        let http = axum::serve(http, pages).with_graceful_shutdown(stop());
        let grpc = axum::serve(grpc, rpcs).with_graceful_shutdown(stop());
        let end = async {
            stopping.cancelled().await;
            serving.send_replace(false);
            grpc::not_serving(&health).await;
            Ok(())
        };
        tokio::try_join!(http.into_future(), grpc.into_future(), end)?;
        Ok(())
    }
}
