//! Logs and metrics: every name and label in one place.

mod cerbos;
mod error_chain;
mod logging;
mod metrics;
mod revocation;

pub use cerbos::CerbosMetrics;
pub use error_chain::Chain;
pub use logging::{LogConfig, LogFormat, LogLevel, init as init_logging};
pub use metrics::{CacheResult, Metrics, ReloadResult, Uncacheable};
pub use revocation::{LogoutResult, OutageAnswer, RevocationMetrics, RevocationSource};
