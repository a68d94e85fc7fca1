//! Real Envoy, with the configuration that we hand out.

use std::{
    fs::{self, File},
    net::{SocketAddr, TcpListener},
    path::Path,
    process::{Child, Command},
};

use crate::tools;

/// Stopped when it is dropped.
pub(crate) struct Envoy {
    /// Where clients reach it.
    pub(crate) url: String,
    child: Child,
}

// === impl Envoy ===

impl Envoy {
    /// It leaves its configuration and its log, `envoy.log`, in the folder.
    pub(crate) fn start(folder: &Path, portcullis: SocketAddr, upstream: SocketAddr) -> Self {
        Self::start_with(folder, portcullis, upstream, &[])
    }

    /// With other text in place of some of the configuration.
    pub(crate) fn start_with(
        folder: &Path,
        portcullis: SocketAddr,
        upstream: SocketAddr,
        changes: &[(&str, &str)],
    ) -> Self {
        // Envoy cannot say which free port it has found, so both are held until they are different.
        let held = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
        let [envoy, admin] = held.each_ref().map(|listener| listener.local_addr().unwrap());
        let ports = [(10000, envoy), (9901, admin), (9191, portcullis), (9181, upstream)];
        let config = changes.iter().fold(with_ports(&ports), |config, (text, other)| {
            assert!(config.contains(text), "{text}");
            config.replacen(text, other, 1)
        });
        fs::write(folder.join("envoy.yaml"), config).unwrap();
        drop(held);
        let mut command = Command::new(tools::envoy());
        command.args(["--disable-hot-restart", "--concurrency", "1", "--log-level", "error"]);
        command.arg("--config-path").arg(folder.join("envoy.yaml"));
        command.stdout(File::create(folder.join("envoy.log")).unwrap());
        Self { url: format!("http://{envoy}"), child: command.spawn().unwrap() }
    }

    /// Lets it write its log to the end.
    pub(crate) fn stop(mut self) {
        let id = self.child.id().to_string();
        let status = Command::new("kill").args(["-s", "TERM", &id]).status().unwrap();
        assert!(status.success());
        self.child.wait().unwrap();
    }
}

impl Drop for Envoy {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
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
