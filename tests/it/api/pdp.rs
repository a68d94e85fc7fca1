//! The real PDP with some policies, on ports of its own.

use std::{
    fs,
    net::TcpListener,
    process::{Child, Command, Stdio},
    time::Duration,
};

use tempfile::TempDir;

use crate::tools;

pub(super) struct Pdp {
    process: Child,
    pub(super) http: String,
    pub(super) grpc: String,
    _folder: TempDir,
}

// === impl Pdp ===

impl Pdp {
    pub(super) async fn start(policies: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in policies {
            fs::write(folder.path().join(path), text).unwrap();
        }
        let (http, grpc) = (free_port(), free_port());
        let process = Command::new(tools::cerbos())
            .args(["server", "--log-level=error", "--set=telemetry.disabled=true"])
            .arg(format!("--set=storage.disk.directory={}", folder.path().display()))
            .arg(format!("--set=server.httpListenAddr={http}"))
            .arg(format!("--set=server.grpcListenAddr={grpc}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let pdp = Self { process, http, grpc, _folder: folder };
        for _ in 0..500 {
            if reqwest::get(format!("http://{}/_cerbos/health", pdp.http)).await.is_ok() {
                return pdp;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the PDP does not answer");
    }
}

impl Drop for Pdp {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn free_port() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}
