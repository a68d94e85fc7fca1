//! Real Envoy, with the configuration that we hand out, in front of a server of ours and an upstream.

use std::{
    fs,
    net::{SocketAddr, TcpListener},
    process::{Child, Command, Stdio},
    time::Duration,
};

use axum::Router;
use portcullis::{
    config,
    issuer::Settings,
    server::{ExtAuthz, GrpcServer},
};
use tempfile::TempDir;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{Assembly, POLICY, ROUTES, world};
use crate::tools;

pub(crate) struct Edge {
    url: String,
    client: reqwest::Client,
    envoy: Child,
    _folder: TempDir,
    _assembly: Assembly,
    _servers: JoinSet<()>,
}

// === impl Edge ===

impl Edge {
    /// Waits until a request gets through, which needs keys of the issuer but no token.
    pub(crate) async fn start(issuer: &str, settings: Settings) -> Self {
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
        servers.spawn(async move { server.run(CancellationToken::new()).await.unwrap() });
        let upstream = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let upstream_address = upstream.local_addr().unwrap();
        let application = Router::new().fallback(async || "the application");
        servers.spawn(async move { axum::serve(upstream, application).await.unwrap() });

        // Envoy cannot say which free port it has found, so both are held until they are different.
        let held = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
        let [envoy, admin] = held.each_ref().map(|listener| listener.local_addr().unwrap());
        let ports = [(10000, envoy), (9901, admin), (9191, portcullis), (9181, upstream_address)];
        fs::write(path("envoy.yaml"), with_ports(&ports)).unwrap();
        drop(held);
        let mut command = Command::new(tools::envoy());
        command.args(["--disable-hot-restart", "--concurrency", "1", "--log-level", "error"]);
        command.arg("--config-path").arg(path("envoy.yaml")).stdout(Stdio::null());
        let edge = Self {
            url: format!("http://{envoy}"),
            client: reqwest::Client::new(),
            envoy: command.spawn().unwrap(),
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
                .get(format!("{}/healthz", self.url))
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
        let request = self.client.get(format!("{}{path}", self.url)).bearer_auth(token);
        request.send().await.unwrap().status().as_u16()
    }
}

impl Drop for Edge {
    fn drop(&mut self) {
        drop(self.envoy.kill());
        drop(self.envoy.wait());
    }
}

fn with_ports(ports: &[(u16, SocketAddr)]) -> String {
    let text = fs::read_to_string(tools::root().join("envoy/envoy.yaml")).unwrap();
    ports.iter().fold(text, |text, (usual, address)| {
        let written = format!("address: 127.0.0.1, port_value: {usual}");
        assert!(text.contains(&written), "{written}");
        text.replace(&written, &format!("address: 127.0.0.1, port_value: {}", address.port()))
    })
}
