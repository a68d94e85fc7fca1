//! Real Envoy in front of a server of ours and an upstream, with keys that are refreshed fast.

use std::{fs, net::SocketAddr, time::Duration};

use axum::Router;
use portcullis::{
    config,
    issuer::Settings,
    server::{ExtAuthz, GrpcServer},
};
use tempfile::TempDir;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{Assembly, Envoy, POLICY, ROUTES, world};

pub(crate) struct Edge {
    envoy: Envoy,
    client: reqwest::Client,
    _folder: TempDir,
    _assembly: Assembly,
    _servers: JoinSet<()>,
}

// === impl Edge ===

impl Edge {
    /// Waits until a request gets through, which needs keys of the issuer but no token.
    pub(crate) async fn start(issuer: &str, settings: Settings) -> Self {
        Box::pin(Self::start_with(issuer, settings, &[])).await
    }

    /// With other text in place of some of Envoy's configuration.
    pub(crate) async fn start_with(
        issuer: &str,
        settings: Settings,
        changes: &[(&str, &str)],
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::create_dir(path("policies")).unwrap();
        fs::write(path("policies/invoice.yaml"), POLICY).unwrap();
        fs::write(path("routes.yaml"), ROUTES).unwrap();
        let text = world::config(issuer, "{ address: '127.0.0.1:0' }", "127.0.0.1:0");
        fs::write(path("portcullis.yaml"), text).unwrap();
        let config = config::load(&path("portcullis.yaml")).unwrap_or_else(|e| panic!("{e}"));

        let assembly = Assembly::of(&config, settings).await;
        let service = ExtAuthz::new(assembly.gate.clone(), assembly.metrics.clone());
        let server = GrpcServer::bind(&config.listen, service).await.unwrap();
        let portcullis: SocketAddr = server.address().unwrap().parse().unwrap();
        server.health().serving().await;
        let mut servers = JoinSet::new();
        servers.spawn(async move { server.run(CancellationToken::new()).await });
        let upstream = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let upstream_address = upstream.local_addr().unwrap();
        let application = Router::new().fallback(async || "the application");
        servers.spawn(async move { axum::serve(upstream, application).await.unwrap() });

        let envoy = Envoy::start_with(folder.path(), portcullis, upstream_address, changes);
        let edge = Self {
            envoy,
            client: reqwest::Client::new(),
            _folder: folder,
            _assembly: assembly,
            _servers: servers,
        };
        edge.wait().await;
        edge
    }

    async fn wait(&self) {
        for _ in 0..500 {
            if self
                .client
                .get(format!("{}/healthz", self.envoy.url))
                .send()
                .await
                .is_ok_and(|r| r.status() == 200)
            {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("Envoy lets nothing through");
    }

    /// The status that a request with this token is answered with.
    pub(crate) async fn status(&self, path: &str, token: &str) -> u16 {
        self.answer(path, token).await.status().as_u16()
    }

    pub(crate) async fn answer(&self, path: &str, token: &str) -> reqwest::Response {
        let request = self.client.get(format!("{}{path}", self.envoy.url)).bearer_auth(token);
        request.send().await.unwrap()
    }
}
