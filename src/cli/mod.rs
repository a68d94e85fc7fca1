//! The command line: one file a command.

mod reload;
mod revoke;
mod serve;
mod test;
mod validate;

#[cfg(test)]
mod tests;

use std::{
    env, fmt,
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use clap::{Args, Parser, Subcommand};

use crate::config;

pub use validate::{Report, validate};

/// A gateway authorization server: Envoy ext_authz, Auth0 tokens, Cerbos policies.
#[derive(Debug, Parser)]
#[command(name = "portcullis", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve until a signal says otherwise.
    Serve(File),
    /// Check the configuration, the routes and all policies; list every error.
    Validate(File),
    /// Ask the running server to read policies and routes again, and wait for the outcome.
    Reload(File),
    /// Run the test suites of a policy directory, as `cerbos compile` does, with its exit codes.
    Test(Box<test::Flags>),
    /// Have the running server refuse tokens that have not expired yet.
    Revoke {
        #[command(flatten)]
        file: File,
        #[command(flatten)]
        whose: revoke::Whose,
    },
    /// Print the JSON Schema of the configuration.
    Schema,
}

#[derive(Debug, Args)]
struct File {
    /// The configuration.
    #[arg(long, value_name = "FILE", default_value = "portcullis.yaml")]
    config: PathBuf,
}

/// Runs the command of this process's command line.
#[must_use]
pub fn main() -> ExitCode {
    let command = match Cli::try_parse() {
        Ok(Cli { command }) => command,
        Err(error) => return misused(&error),
    };
    match command {
        Command::Serve(file) => outcome(serve::run(file.config)),
        Command::Validate(file) => {
            let report = validate(&file.config);
            say(io::stdout(), &report);
            if report.errors.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Command::Reload(file) => {
            outcome(reload::run(&file.config).map(|answer| say(io::stdout(), answer.trim_end())))
        }
        Command::Revoke { file, whose } => {
            outcome(revoke::run(&file.config, &whose).map(|answer| say(io::stdout(), answer)))
        }
        Command::Test(flags) => test::run(&flags),
        Command::Schema => {
            say(io::stdout(), config::SCHEMA.trim_end());
            ExitCode::SUCCESS
        }
    }
}

/// Prints what clap has to say: help, the version, or what is wrong with the command line.
fn misused(error: &clap::Error) -> ExitCode {
    let _closed = error.print();
    let is_test = env::args_os().nth(1).is_some_and(|command| command == "test");
    match u8::try_from(error.exit_code()) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) if is_test => ExitCode::from(test::USAGE),
        Ok(code) => ExitCode::from(code),
        Err(_) => ExitCode::FAILURE,
    }
}

fn outcome(result: anyhow::Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(io::stderr(), format_args!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Prints a line. Nobody is left to be told where it cannot be written, such as into a closed pipe.
fn say(mut to: impl Write, text: impl fmt::Display) {
    let _closed = writeln!(to, "{text}");
}
