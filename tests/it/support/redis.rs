//! A real Redis on a socket of its own, which can be stopped and started again.

use std::{
    fs,
    net::TcpListener,
    process::{Child, Command, Stdio},
    time::Duration,
};

use tempfile::TempDir;
use tokio::{net::UnixStream, time::sleep};

use crate::tools;

pub(crate) struct Redis {
    folder: TempDir,
    process: Option<Child>,
    /// With TLS and a password: the port.
    tls_port: Option<u16>,
}

/// Of the Redis with TLS.
pub(crate) const PASSWORD: &str = "open-sesame";

// === impl Redis ===

impl Redis {
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut redis = Self { folder, process: None, tls_port: None };
        redis.begin().await;
        redis
    }

    /// One that also listens with TLS, with this certificate and its key.
    pub(crate) async fn with_tls(certificate: &str, key: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("c.pem"), certificate).unwrap();
        fs::write(folder.path().join("k.pem"), key).unwrap();
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut redis = Self { folder, process: None, tls_port: Some(free) };
        redis.begin().await;
        redis
    }

    pub(crate) fn tls_url(&self) -> String {
        format!("rediss://:{PASSWORD}@localhost:{}/3", self.tls_port.unwrap())
    }

    /// For `redis:` of a configuration.
    pub(crate) fn section(&self) -> String {
        format!("redis: {{ url: 'redis+unix://{}', timeout: 1s }}", self.socket())
    }

    fn socket(&self) -> String {
        self.folder.path().join("redis.sock").display().to_string()
    }

    /// Every write is on disk before it is answered.
    pub(crate) async fn begin(&mut self) {
        let mut command = Command::new(tools::redis());
        if let Some(port) = self.tls_port {
            command
                .args(["--tls-port", &port.to_string(), "--tls-auth-clients", "no"])
                .args(["--tls-cert-file", "c.pem", "--tls-key-file", "k.pem"])
                .args(["--requirepass", PASSWORD]);
        }
        let process = command
            .current_dir(self.folder.path())
            .args(["--port", "0", "--unixsocket", &self.socket(), "--save", ""])
            .args(["--appendonly", "yes", "--appendfsync", "always"])
            .arg("--dir")
            .arg(self.folder.path())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        self.process = Some(process);
        for _ in 0..500 {
            if UnixStream::connect(self.socket()).await.is_ok() {
                return;
            }
            sleep(Duration::from_millis(10)).await;
        }
        panic!("Redis did not start");
    }

    /// As by a fault: nobody is told.
    pub(crate) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    /// Asks as replicas do, for what a test wants to know or to break.
    pub(crate) async fn ask<T: redis::FromRedisValue>(&self, command: &[&str]) -> T {
        let client = redis::Client::open(format!("redis+unix://{}", self.socket())).unwrap();
        let mut connection = client.get_multiplexed_async_connection().await.unwrap();
        let (name, arguments) = command.split_first().unwrap();
        redis::cmd(name).arg(arguments).query_async(&mut connection).await.unwrap()
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill();
    }
}
