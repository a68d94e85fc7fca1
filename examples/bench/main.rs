//! What `make bench` measures with (`tools/bench` starts it): the issuer and the requests, a server
//! that does nothing, and a load of requests that all differ.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command prints")]
#![expect(unreachable_pub, reason = "no other crate sees an example: `pub` is for its modules")]

mod empty;
#[path = "../demo/issuer/key.rs"]
mod key;
mod load;
mod requests;
mod verification;
mod world;

use std::{net::SocketAddr, path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(about = "The other side of portcullis's benchmarks")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Write requests into a folder, then serve the key of their tokens until stopped.
    World {
        #[arg(long)]
        folder: PathBuf,
        #[arg(long)]
        issuer: SocketAddr,
        #[command(flatten)]
        counts: requests::Counts,
    },
    /// Answer OK to every check without looking at it.
    Empty {
        #[arg(long)]
        listen: SocketAddr,
    },
    /// Send the requests of a file, each once and in their order, and print what came of it.
    Load(load::Load),
    /// Verify one signature again and again, and print how long it takes.
    Verify(verification::Verification),
}

#[tokio::main]
async fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::World { folder, issuer, counts } => world::run(&folder, issuer, &counts).await,
        Command::Empty { listen } => empty::run(listen).await,
        Command::Load(load) => load.run().await,
        Command::Verify(verification) => verification.run(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
