//! A real Redis on a socket of its own, which can be stopped and started again.

use std::{
    process::{Child, Command, Stdio},
    time::Duration,
};

use tempfile::TempDir;
use tokio::{net::UnixStream, time::sleep};

use crate::tools;

pub(crate) struct Redis {
    folder: TempDir,
    process: Option<Child>,
}

// === impl Redis ===

impl Redis {
    pub(crate) async fn start() -> Self {
        let mut redis = Self { folder: tempfile::tempdir().unwrap(), process: None };
        redis.begin().await;
        redis
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
        let process = Command::new(tools::redis())
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
