//! The outside world of the demo, none of which is in the server's binary: an issuer in Auth0's shapes,
//! an upstream that echoes what reached it, and a tour that asks questions through Envoy.
//!
//! `demo up` starts everything and stops what it started; the other commands are its parts, which
//! `docker-compose.yml` starts one by one.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command prints")]
#![expect(unreachable_pub, reason = "no other crate sees an example: `pub` is for its modules")]

mod http;
mod issuer;
mod people;
mod render;
mod stack;
mod tour;
mod upstream;
mod world;

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

use crate::{
    stack::{AfterTour, Programs},
    tour::Detail,
    world::{Layout, World},
};

#[derive(Parser)]
#[command(about = "The outside world of portcullis's demo")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Choose addresses, and write Envoy's and portcullis's configuration for them.
    Prepare {
        /// The folder to write to; the other commands read it.
        #[arg(long)]
        world: PathBuf,
        #[command(flatten)]
        layout: Layout,
    },
    /// Give tokens, as Auth0 would.
    Issuer {
        #[arg(long)]
        world: PathBuf,
    },
    /// Echo what reaches the application behind Envoy.
    Upstream {
        #[arg(long)]
        world: PathBuf,
    },
    /// Send the tour's requests through Envoy, and fail if an answer differs.
    Tour {
        #[arg(long)]
        world: PathBuf,
        /// Print what differs, and the summary.
        #[arg(long)]
        brief: bool,
    },
    /// Prepare, start everything, go on the tour, and stop everything.
    Up {
        #[arg(long)]
        world: PathBuf,
        #[command(flatten)]
        layout: Layout,
        #[command(flatten)]
        programs: Programs,
        /// Stay up after the tour, until interrupted.
        #[arg(long)]
        keep: bool,
        /// Print what differs, and the summary.
        #[arg(long)]
        brief: bool,
    },
    /// Print the commands that `up` runs, one a line.
    Commands {
        #[arg(long)]
        world: PathBuf,
        #[command(flatten)]
        layout: Layout,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Cli::parse().command).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Prepare { world, layout } => render::prepare(&world, &layout)?,
        Command::Issuer { world } => issuer::run(&World::read(&world)?).await?,
        Command::Upstream { world } => upstream::run(&World::read(&world)?).await?,
        Command::Tour { world, brief } => {
            return tour::run(
                &World::read(&world)?,
                if brief { Detail::Brief } else { Detail::Everything },
            )
            .await;
        }
        Command::Up { world, layout, programs, keep, brief } => {
            let after = if keep { AfterTour::Stay } else { AfterTour::Stop };
            let mut services = stack::services(&world, &layout, &programs);
            if brief {
                stack::make_brief(&mut services);
            }
            return stack::up(&world, services, after).await;
        }
        Command::Commands { world, layout } => {
            for service in stack::services(&world, &layout, &Programs::by_name()) {
                println!("{}: {}", service.name, service.command_line());
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}
