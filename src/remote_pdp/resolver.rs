//! Keeps up with the addresses behind the PDP's name.

use std::{collections::BTreeSet, io, net::SocketAddr, sync::Arc, time::Duration};

use tokio::{
    net::lookup_host,
    select,
    sync::Notify,
    time::{self, Instant},
};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::{PdpAddress, fleet::Roster};

/// Looks the name up again and again, and sooner after a member has failed.
#[derive(Debug)]
pub struct Resolver {
    address: PdpAddress,
    roster: Roster,
    failed: Arc<Notify>,
    known: BTreeSet<SocketAddr>,
    /// It is said once that the name cannot be looked up.
    is_lost: bool,
}

/// What the system remembers of a name is not ours to know, and no reason to ask often.
const LOOK_AGAIN: Duration = Duration::from_secs(15);
/// However many questions fail.
const PAUSE: Duration = Duration::from_secs(1);

// === impl Resolver ===

impl Resolver {
    pub(super) fn new(address: PdpAddress, roster: Roster, failed: Arc<Notify>) -> Self {
        Self { address, roster, failed, known: BTreeSet::new(), is_lost: false }
    }

    /// Runs until `shutdown`.
    pub async fn run(mut self, shutdown: CancellationToken) {
        let (host, port) = match self.address.clone() {
            PdpAddress::Tcp { host, port, .. } => (host, port),
            PdpAddress::Unix(_) => {
                self.roster.follow_socket();
                return shutdown.cancelled().await;
            }
        };
        loop {
            let began = Instant::now();
            select! {
                () = shutdown.cancelled() => return,
                found = lookup_host((&*host, port)) => self.take(found.map(Iterator::collect)),
            }
            if self.roster.has_silent() {
                self.roster.follow(&self.known);
            }
            select! {
                () = shutdown.cancelled() => return,
                () = time::sleep_until(began + LOOK_AGAIN) => (),
                () = async {
                    self.failed.notified().await;
                    time::sleep_until(began + PAUSE).await;
                } => (),
            }
        }
    }

    /// A name that cannot be looked up, or has no address, leaves things as they are: whoever was
    /// there may still be.
    fn take(&mut self, found: io::Result<BTreeSet<SocketAddr>>) {
        let address = &self.address;
        match found {
            Ok(found) if !found.is_empty() => {
                self.is_lost = false;
                if found != self.known {
                    info!(%address, found = ?found, "Addresses of the PDP");
                    self.follow(found);
                }
            }
            Ok(_) | Err(_) if self.is_lost => (),
            Ok(_) => {
                self.is_lost = true;
                warn!(%address, "The PDP's name has no address");
            }
            Err(error) => {
                self.is_lost = true;
                warn!(%address, %error, "The PDP's name cannot be looked up");
            }
        }
    }

    /// From now on these addresses are asked.
    pub fn follow(&mut self, addresses: BTreeSet<SocketAddr>) {
        self.roster.follow(&addresses);
        self.known = addresses;
    }
}
