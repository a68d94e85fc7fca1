//! The desk at which calls are taken: what every one of them needs.

use std::sync::Arc;

use tokio::sync::watch;

use super::{Fault, KeySets, PdpSettings};
use crate::cerbos_api::proto::cerbos::{
    request::v1::ServerInfoRequest, response::v1::ServerInfoResponse,
};
use crate::decision::Rules;
use crate::telemetry::CerbosMetrics;

/// Answers calls. A clone is another handle.
#[derive(Clone, Debug)]
pub struct Pdp {
    pub(super) rules: watch::Receiver<Arc<Rules>>,
    pub(super) settings: PdpSettings,
    pub(super) key_sets: KeySets,
    pub(super) metrics: CerbosMetrics,
}

/// The Cerbos whose answers ours are.
pub const VERSION: &str = "0.55.0";

// === impl Pdp ===

impl Pdp {
    #[must_use]
    pub fn new(
        rules: watch::Receiver<Arc<Rules>>,
        settings: PdpSettings,
        key_sets: KeySets,
        metrics: CerbosMetrics,
    ) -> Self {
        Self { rules, settings, key_sets, metrics }
    }

    /// # Errors
    /// None; every call can end with one.
    pub fn server_info(&self, _request: ServerInfoRequest) -> Result<ServerInfoResponse, Fault> {
        Ok(ServerInfoResponse {
            version: VERSION.to_owned(),
            // A commit of Cerbos there is none; this says whose build it is.
            commit: concat!("portcullis-", env!("CARGO_PKG_VERSION")).to_owned(),
            build_date: String::new(),
        })
    }
}
