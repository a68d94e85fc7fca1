//! Logs and metrics: every name and label in one place.

mod cerbos;
mod error_chain;
mod logging;
mod metrics;
mod outage;
mod pdp;
mod revocation;

pub use cerbos::CerbosMetrics;
pub use error_chain::Chain;
pub use logging::{LogConfig, LogFormat, LogLevel, init as init_logging};
pub use metrics::{CacheResult, Metrics, ReloadResult, Uncacheable};
pub use outage::{OutageAnswer, OutageMetrics};
pub use pdp::{PdpMetrics, PdpResult};
pub use revocation::{LogoutResult, RevocationMetrics, RevocationSource};
