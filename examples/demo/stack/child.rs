//! A program that we started, and that we stop.

use std::{
    fs::File,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::{Context as _, anyhow};
use tokio::{
    process::Command,
    time::{sleep, timeout},
};

use super::Service;

/// How long a program may take to finish what it is doing.
const GRACE: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub struct Child {
    name: &'static str,
    process: tokio::process::Child,
    log: PathBuf,
}

/// Waits for the first program that ends, which none of them should.
pub async fn first_to_end(children: &mut [Child]) -> anyhow::Error {
    loop {
        for child in &mut *children {
            match child.process.try_wait() {
                Ok(None) => {}
                Ok(Some(status)) => {
                    return anyhow!("{} ended ({status}); see {}", child.name, child.log.display());
                }
                Err(error) => return error.into(),
            }
        }
        sleep(Duration::from_millis(100)).await;
    }
}

/// Runs a program that ends by itself, and prints where we print. Says whether it succeeded.
pub async fn run(service: &Service) -> anyhow::Result<bool> {
    let Service { program, arguments, .. } = service;
    let status = Command::new(program)
        .args(arguments)
        .kill_on_drop(true)
        .status()
        .await
        .with_context(|| format!("could not start `{}`", program.display()))?;
    Ok(status.success())
}

// === impl Child ===

impl Child {
    /// Starts a program; what it prints goes to a file in the world's folder.
    pub fn start(service: &Service, folder: &Path) -> anyhow::Result<Self> {
        let Service { name, program, arguments, lifetime: _ } = service;
        let log = folder.join(format!("{name}.log"));
        let output =
            File::create(&log).with_context(|| format!("could not write `{}`", log.display()))?;
        let process = Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(output.try_clone().context("no second handle of a log")?)
            .stderr(output)
            // An interrupt of the terminal goes to its whole process group. In a group of their own,
            // programs end in our order, and Envoy does not outlive whom it asks.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("could not start `{}`", program.display()))?;
        Ok(Self { name, process, log })
    }

    /// Asks the program to end, and insists if it does not.
    pub async fn stop(&mut self) {
        let Some(id) = self.process.id() else { return };
        let asked = Command::new("kill").arg("-TERM").arg(id.to_string()).status().await;
        if asked.is_ok() && timeout(GRACE, self.process.wait()).await.is_ok() {
            return;
        }
        eprintln!("{} did not end when asked to", self.name);
        // It may have ended by now, which is as well.
        let _ended = self.process.kill().await;
    }
}
