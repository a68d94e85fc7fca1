//! Log lines, as text for a person or as JSON for a collector, on standard error.

use std::io::{self, IsTerminal};

use tracing_subscriber::{EnvFilter, fmt};

/// `log:` of the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogConfig {
    pub format: LogFormat,
    pub level: LogLevel,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    Json,
}

/// What is logged: at `info` every refusal and every change of state, at `debug` also what was allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

/// Starts logging. Once in a process.
///
/// # Errors
/// Logging was started before.
pub fn init(config: LogConfig) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    // Other crates log at most warnings: their debug lines may hold parts of requests.
    let filter = EnvFilter::new(format!("warn,portcullis={}", config.level.as_str()));
    let builder = fmt().with_env_filter(filter).with_writer(io::stderr);
    match config.format {
        LogFormat::Text => builder.with_ansi(io::stderr().is_terminal()).try_init(),
        LogFormat::Json => builder.json().flatten_event(true).with_current_span(false).try_init(),
    }
}

// === impl LogLevel ===

impl LogLevel {
    fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }
}
