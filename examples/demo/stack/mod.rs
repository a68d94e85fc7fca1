//! The demo's programs: what is started, and how it is stopped.
//!
//! `docker-compose.yml` starts the same commands, one a container; a test compares the two.

mod child;
mod hints;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context as _;
use clap::Args;
use tokio::signal::unix::{SignalKind, signal};

use self::child::Child;
use crate::world::{Layout, World};

/// Where the programs that are not this one are found.
#[derive(Args, Clone, Debug)]
pub struct Programs {
    /// This program.
    #[arg(skip = this_program())]
    pub demo: PathBuf,
    #[arg(long)]
    pub envoy: PathBuf,
    #[arg(long)]
    pub portcullis: PathBuf,
}

/// A command of the stack.
#[derive(Debug)]
pub struct Service {
    pub name: &'static str,
    pub program: PathBuf,
    pub arguments: Vec<String>,
    pub lifetime: Lifetime,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifetime {
    /// It does its work and ends; the next one waits for that.
    Ends,
    /// It serves until it is stopped.
    Stays,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterTour {
    Stop,
    /// Until interrupted.
    Stay,
}

/// Resolves when the process is asked to stop.
pub async fn told_to_stop() {
    let Ok(mut terminate) = signal(SignalKind::terminate()) else { return };
    let Ok(mut interrupt) = signal(SignalKind::interrupt()) else { return };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

/// All commands of the stack, in the order in which they start.
pub fn services(folder: &Path, layout: &Layout, programs: &Programs) -> Vec<Service> {
    let world = folder.display().to_string();
    let own = |name, lifetime| Service {
        name,
        program: programs.demo.clone(),
        arguments: [name, "--world", &world].map(str::to_owned).into(),
        lifetime,
    };
    let file = |name: &str| folder.join(name).display().to_string();
    let mut prepare = own("prepare", Lifetime::Ends);
    prepare.arguments.extend(layout.arguments());
    let portcullis = Service {
        name: "portcullis",
        program: programs.portcullis.clone(),
        arguments: ["serve", "--config", &file("portcullis.yaml")].map(str::to_owned).into(),
        lifetime: Lifetime::Stays,
    };
    let envoy = Service {
        name: "envoy",
        program: programs.envoy.clone(),
        // Hot restart shares memory by a number, at which a second Envoy on the machine would meet it.
        arguments: ["--config-path", &file("envoy.yaml"), "--disable-hot-restart"]
            .map(str::to_owned)
            .into(),
        lifetime: Lifetime::Stays,
    };
    let [issuer, upstream] = ["issuer", "upstream"].map(|name| own(name, Lifetime::Stays));
    vec![prepare, issuer, upstream, portcullis, envoy, own("tour", Lifetime::Ends)]
}

/// Lets the tour print what differs, and nothing else.
pub fn make_brief(services: &mut [Service]) {
    for service in services.iter_mut().filter(|service| service.name == "tour") {
        service.arguments.push("--brief".to_owned());
    }
}

/// Runs the whole demo, and stops what it started, whichever way it ends.
pub async fn up(
    folder: &Path,
    services: Vec<Service>,
    after: AfterTour,
) -> anyhow::Result<ExitCode> {
    fs::create_dir_all(folder)
        .with_context(|| format!("could not make the folder `{}`", folder.display()))?;
    let mut running = Vec::new();
    let outcome = tokio::select! {
        outcome = run_all(services, folder, &mut running) => outcome,
        () = told_to_stop() => Ok(ExitCode::FAILURE),
    };
    if after == AfterTour::Stay && outcome.is_ok() {
        hints::print(&World::read(folder)?);
        tokio::select! {
            () = told_to_stop() => {}
            error = child::first_to_end(&mut running) => eprintln!("{error:#}"),
        }
    }
    for child in running.iter_mut().rev() {
        child.stop().await;
    }
    outcome
}

/// Starts one after the other. Those that end are waited for, and the last one's outcome is ours.
async fn run_all(
    services: Vec<Service>,
    folder: &Path,
    running: &mut Vec<Child>,
) -> anyhow::Result<ExitCode> {
    for service in services {
        match service.lifetime {
            Lifetime::Stays => running.push(Child::start(&service, folder)?),
            Lifetime::Ends => {
                let succeeded = tokio::select! {
                    succeeded = child::run(&service) => succeeded?,
                    error = child::first_to_end(running) => return Err(error),
                };
                if !succeeded {
                    return Ok(ExitCode::FAILURE);
                }
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

// === impl Programs ===

impl Programs {
    /// As a container's image has them.
    pub fn by_name() -> Self {
        Self { demo: "demo".into(), envoy: "envoy".into(), portcullis: "portcullis".into() }
    }
}

// === impl Service ===

impl Service {
    /// The program's name and its arguments.
    pub fn command_line(&self) -> String {
        let name = self.program.file_name().unwrap_or_default().to_string_lossy();
        let arguments = self.arguments.iter().map(String::as_str);
        [name.as_ref()].into_iter().chain(arguments).collect::<Vec<_>>().join(" ")
    }
}

fn this_program() -> PathBuf {
    env::current_exe().unwrap_or_else(|_unknown| "demo".into())
}
