//! The real Cerbos PDP on a port of its own, which can be stopped and started again.

use std::{
    fs,
    net::{SocketAddr, TcpListener},
    process::{Child, Command, Stdio},
    time::Duration,
};

use tempfile::TempDir;
use tokio::{net::TcpStream, time::sleep};

use crate::tools;

pub(crate) struct Pdp {
    folder: TempDir,
    pub(crate) grpc: SocketAddr,
    pub(crate) http: SocketAddr,
    settings: Vec<String>,
    process: Option<Child>,
}

const ANY_TOKEN: &str = "--set=auxData.jwt.disableVerification=true";

// === impl Pdp ===

impl Pdp {
    /// With these policies, by the names of their files.
    pub(crate) async fn start(policies: &[(&str, &str)]) -> Self {
        let mut pdp = Self::prepare(policies);
        pdp.begin().await;
        pdp
    }

    /// One that takes any token's word for its claims.
    pub(crate) async fn with_any_token(policies: &[(&str, &str)]) -> Self {
        let mut pdp = Self::prepare(policies);
        pdp.settings.push(ANY_TOKEN.to_owned());
        pdp.begin().await;
        pdp
    }

    /// The same, which speaks TLS, with this certificate and its key.
    pub(crate) async fn with_tls(policies: &[(&str, &str)], certificate: &str, key: &str) -> Self {
        let mut pdp = Self::prepare(policies);
        fs::write(pdp.folder.path().join("c.pem"), certificate).unwrap();
        fs::write(pdp.folder.path().join("k.pem"), key).unwrap();
        let settings = [ANY_TOKEN, "--set=server.tls.cert=c.pem", "--set=server.tls.key=k.pem"];
        pdp.settings.extend(settings.map(str::to_owned));
        pdp.begin().await;
        pdp
    }

    /// One that takes tokens only of this key set.
    pub(crate) async fn with_key_set(policies: &[(&str, &str)], id: &str, url: &str) -> Self {
        let mut pdp = Self::prepare(policies);
        let key_set = "--set=auxData.jwt.keySets[0]";
        pdp.settings.push(format!("{key_set}.id={id}"));
        pdp.settings.push(format!("{key_set}.remote.url={url}"));
        pdp.begin().await;
        pdp
    }

    /// With a configuration of its own, and the files that it names.
    pub(crate) async fn configured(
        policies: &[(String, String)],
        config: &str,
        files: &[(&str, &str)],
    ) -> Self {
        let policies: Vec<(&str, &str)> =
            policies.iter().map(|(name, text)| (&**name, &**text)).collect();
        let mut pdp = Self::prepare(&policies);
        for (name, text) in files.iter().copied().chain([("cerbos.json", config)]) {
            fs::write(pdp.folder.path().join(name), text).unwrap();
        }
        pdp.settings.push("--config=cerbos.json".to_owned());
        pdp.begin().await;
        pdp
    }

    /// With these files beside the policies, and these settings.
    pub(crate) async fn with(
        policies: &[(&str, &str)],
        files: &[(&str, &str)],
        settings: &[&str],
    ) -> Self {
        let mut pdp = Self::prepare(policies);
        for (name, text) in files {
            fs::write(pdp.folder.path().join(name), text).unwrap();
        }
        pdp.settings.extend(settings.iter().map(|setting| format!("--set={setting}")));
        pdp.begin().await;
        pdp
    }

    fn prepare(policies: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("policies")).unwrap();
        for (name, text) in policies {
            let path = folder.path().join("policies").join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        // Both are held until both are found, so that they differ.
        let held = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
        let [grpc, http] = held.map(|listener| listener.local_addr().unwrap());
        Self { folder, grpc, http, settings: Vec::new(), process: None }
    }

    pub(crate) async fn begin(&mut self) {
        let mut command = Command::new(tools::cerbos());
        command
            .current_dir(self.folder.path())
            .args(["server", "--log-level=error", "--set=telemetry.disabled=true"])
            .arg("--set=storage.disk.directory=policies")
            .arg(format!("--set=server.grpcListenAddr={}", self.grpc))
            .arg(format!("--set=server.httpListenAddr={}", self.http))
            .args(&self.settings);
        let log = fs::File::create(self.folder.path().join("log")).unwrap();
        let process = command.stdout(Stdio::null()).stderr(log).spawn().unwrap();
        self.process = Some(process);
        for _ in 0..3000 {
            let doors = tokio::join!(TcpStream::connect(self.grpc), TcpStream::connect(self.http));
            if let (Ok(_), Ok(_)) = doors {
                return;
            }
            sleep(Duration::from_millis(20)).await;
        }
        let log = fs::read_to_string(self.folder.path().join("log")).unwrap();
        panic!("Cerbos did not start: {log}");
    }

    /// As by a fault: nobody is told.
    pub(crate) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }
}

impl Drop for Pdp {
    fn drop(&mut self) {
        self.kill();
    }
}
