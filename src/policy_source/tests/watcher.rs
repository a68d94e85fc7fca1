//! A change of the files on disk reaches the channel.

use std::{fs, os::unix::fs::symlink, path::Path, time::Duration};

use tokio::{
    sync::{mpsc, watch},
    task::JoinHandle,
    time,
};
use tokio_util::sync::CancellationToken;

use super::write;
use crate::policy_source::{Fingerprint, Watched, WatchedPolicies, Watcher};

struct Running {
    nudged: mpsc::Receiver<()>,
    watched: watch::Sender<Watched>,
    shutdown: CancellationToken,
    task: JoinHandle<()>,
}

impl Running {
    fn start(root: &Path) -> Self {
        let watched = Watched {
            policies: Some(WatchedPolicies {
                directory: root.join("policies"),
                file_bytes: 1 << 20,
            }),
            files: vec![root.join("portcullis.yaml")],
        };
        let loaded = Fingerprint::take(&watched);
        let (watched, receiver) = watch::channel(watched);
        let (nudge, nudged) = mpsc::channel(1);
        let watcher = Watcher { watched: receiver, loaded, nudge };
        let shutdown = CancellationToken::new();
        #[expect(clippy::disallowed_methods, reason = "the test waits for the task")]
        let task = tokio::spawn(watcher.run(shutdown.clone()));
        Self { nudged, watched, shutdown, task }
    }

    /// Within a time that is shorter than the one after which it looks again by itself.
    async fn nudged(&mut self) {
        let nudge = time::timeout(Duration::from_secs(20), self.nudged.recv()).await;
        assert_eq!(nudge, Ok(Some(())));
    }

    async fn stop(self) {
        self.shutdown.cancel();
        time::timeout(Duration::from_secs(20), self.task).await.unwrap().unwrap();
    }
}

fn files() -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    write(root.path(), "portcullis.yaml", "config");
    write(root.path(), "policies/a.yaml", "one");
    root
}

#[tokio::test]
async fn each_kind_of_change_nudges() {
    let root = files();
    let root = root.path();
    let mut running = Running::start(root);
    write(root, "policies/a.yaml", "two");
    running.nudged().await;
    write(root, "policies/new/deep/b.yaml", "one");
    running.nudged().await;
    write(root, "policies/new/deep/b.yaml", "two");
    running.nudged().await;
    fs::remove_file(root.join("policies/a.yaml")).unwrap();
    running.nudged().await;
    // As editors save: a new file in the place of the old one.
    write(root, "portcullis.yaml~", "another");
    fs::rename(root.join("portcullis.yaml~"), root.join("portcullis.yaml")).unwrap();
    running.nudged().await;
    running.stop().await;
}

#[tokio::test]
async fn a_change_before_the_watch_began_is_not_missed() {
    let root = files();
    let watched = Watched {
        policies: Some(WatchedPolicies {
            directory: root.path().join("policies"),
            file_bytes: 1 << 20,
        }),
        files: Vec::new(),
    };
    let loaded = Fingerprint::take(&watched);
    write(root.path(), "policies/a.yaml", "two");
    let (_watched, receiver) = watch::channel(watched);
    let (nudge, mut nudged) = mpsc::channel(1);
    let watcher = Watcher { watched: receiver, loaded, nudge };
    let shutdown = CancellationToken::new();
    tokio::select! {
        () = watcher.run(shutdown) => panic!("ended by itself"),
        nudge = nudged.recv() => assert_eq!(nudge, Some(())),
    }
}

#[tokio::test]
async fn a_link_that_points_elsewhere_is_a_change() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    write(root, "portcullis.yaml", "config");
    // As Kubernetes updates a `ConfigMap`: only the hidden link is replaced.
    let policies = root.join("policies");
    write(&policies, "..1/a.yaml", "one");
    write(&policies, "..2/a.yaml", "two");
    symlink("..1", policies.join("..data")).unwrap();
    symlink("..data/a.yaml", policies.join("a.yaml")).unwrap();
    let mut running = Running::start(root);
    symlink("..2", policies.join("..data_tmp")).unwrap();
    fs::rename(policies.join("..data_tmp"), policies.join("..data")).unwrap();
    running.nudged().await;
    running.stop().await;
}

#[tokio::test]
async fn a_directory_that_takes_the_place_of_another_is_watched_too() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    write(root, "portcullis.yaml", "config");
    write(root, "v1/a.yaml", "one");
    write(root, "v2/a.yaml", "two");
    symlink("v1", root.join("policies")).unwrap();
    let mut running = Running::start(root);
    symlink("v2", root.join("next")).unwrap();
    fs::rename(root.join("next"), root.join("policies")).unwrap();
    running.nudged().await;
    write(root, "v2/a.yaml", "three");
    running.nudged().await;
    running.stop().await;
}

#[tokio::test]
async fn what_is_watched_can_change() {
    let root = files();
    let root = root.path();
    write(root, "other/a.yaml", "one");
    let mut running = Running::start(root);
    running
        .watched
        .send_modify(|watched| watched.policies.as_mut().unwrap().directory = root.join("other"));
    running.nudged().await;
    write(root, "other/a.yaml", "two");
    running.nudged().await;
    running.stop().await;
}
