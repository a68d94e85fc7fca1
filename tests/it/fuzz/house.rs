//! The hostile tests' house, asked through Envoy's door by one thread.

use std::{sync::OnceLock, time::Duration};

use envoy_types::pb::envoy::service::auth::v3::{CheckRequest, CheckResponse};
use jiff::Timestamp;
use portcullis::{
    config, decision::Deadline, issuer::Settings, server::ExtAuthz, telemetry::Metrics,
};
use prost::Message as _;
use tempfile::TempDir;
use tokio::{
    runtime::{Builder, Runtime},
    task::{JoinHandle, JoinSet},
    time::Instant,
};

use crate::hostile::{
    canonical::may_pass,
    dice::Dice,
    draft::{Draft, Forge},
    house,
};
use crate::support::{Assembly, Told};

pub(crate) struct House {
    runtime: Runtime,
    door: ExtAuthz,
    forge: Forge,
    metrics: Metrics,
    _folder: TempDir,
    _sites: [JoinHandle<()>; 2],
    _refreshers: JoinSet<()>,
}

// === impl House ===

impl House {
    /// The one of this process.
    pub(crate) fn get() -> &'static Self {
        static HOUSE: OnceLock<House> = OnceLock::new();
        HOUSE.get_or_init(|| {
            let runtime = Builder::new_current_thread().enable_all().build().unwrap();
            let now = Timestamp::now().as_second();
            let (forge, sites) = runtime.block_on(house::forge(now));
            let folder = tempfile::tempdir().unwrap();
            let config = config::load(&house::furnish(folder.path(), &forge, ""));
            let config = config.unwrap_or_else(|errors| panic!("{errors}"));
            let assembly = runtime.block_on(Assembly::of(&config, Settings::default()));
            let Assembly { gate, metrics, tasks, .. } = assembly;
            Self {
                runtime,
                door: ExtAuthz::new(gate, metrics.clone()),
                forge,
                metrics,
                _folder: folder,
                _sites: sites,
                _refreshers: tasks,
            }
        })
    }

    /// Whether Envoy would let the request pass.
    pub(crate) fn lets_pass(&self, message: &CheckRequest) -> bool {
        let message = message.encode_to_vec();
        let deadline = Deadline::after(Instant::now(), None, Duration::from_secs(60));
        let answer = self.runtime.block_on(self.door.check(&message, deadline, Vec::new()));
        Told::of(&CheckResponse::decode(&*answer).unwrap()).status == 200
    }

    /// The door answers for whoever panicked behind it.
    pub(crate) fn has_panicked(&self) -> bool {
        !self.metrics.page().unwrap().contains("portcullis_panics_total 0\n")
    }

    pub(crate) fn issuer(&self) -> &str {
        &self.forge.issuer_a
    }

    /// A token that is accepted while it is new.
    pub(crate) fn valid_token(&self, seed: u64) -> String {
        self.draft(seed).token(&self.forge.ring)
    }

    /// The same, with other claims.
    pub(crate) fn signed(&self, seed: u64, payload: &[u8]) -> String {
        self.draft(seed).with_payload(&self.forge.ring, payload)
    }

    fn draft(&self, seed: u64) -> Draft {
        Draft::valid(&mut Dice::new(seed), &self.forge)
    }
}

/// Whether a reader's request may pass, by the hostile tests' second opinion.
pub(crate) fn may_be_read(method: &str, target: &str) -> bool {
    let path = target.split('?').next().unwrap_or_default();
    ["GET", "HEAD"].contains(&method) && may_pass(path)
}
