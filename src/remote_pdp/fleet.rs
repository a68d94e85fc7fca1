//! All PDPs behind one address: whose turn it is, and who had better rest.

use std::{
    collections::BTreeSet,
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::{
    sync::{Notify, watch},
    time::Instant,
};
use tonic::transport::Channel;
use tracing::error;

use super::{RemotePdpConfig, Resolver, dialer::Dialer};
use crate::telemetry::{Chain, PdpMetrics};

/// The reading side: chooses.
#[derive(Debug)]
pub(super) struct Fleet {
    members: watch::Receiver<Arc<[Arc<Member>]>>,
    turn: AtomicUsize,
    /// Told when a member failed: its address may not be one any more.
    failed: Arc<Notify>,
}

/// The writing side: follows the addresses.
#[derive(Debug)]
pub(super) struct Roster {
    members: watch::Sender<Arc<[Arc<Member>]>>,
    dialer: Dialer,
    connections: usize,
    metrics: PdpMetrics,
}

/// One connection.
#[derive(Debug)]
pub(super) struct Member {
    address: Option<SocketAddr>,
    pub(super) channel: Channel,
    under_way: AtomicUsize,
    failing: Mutex<Option<Failing>>,
}

/// Since its last answer.
#[derive(Clone, Copy, Debug)]
struct Failing {
    first: Instant,
    last: Instant,
}

/// A question that is under way to a member, until it is dropped.
#[derive(Debug)]
pub(super) struct UnderWay(Arc<Member>);

/// A member that failed is asked only if all others do, for this long.
const REST: Duration = Duration::from_secs(2);

/// A connection on which only failures came for this long is given up for a new one: its other end
/// may be gone without a word, and the system goes on to believe in it for a quarter of an hour.
const MOST_SILENCE: Duration = Duration::from_secs(3);

// === impl Fleet ===

impl Fleet {
    pub(super) fn build(
        config: &RemotePdpConfig,
        dialer: Dialer,
        metrics: PdpMetrics,
    ) -> (Self, Resolver) {
        let (sender, members) = watch::channel(Arc::default());
        let failed = Arc::new(Notify::new());
        let address = config.address.clone();
        let roster = Roster { members: sender, dialer, connections: config.connections, metrics };
        let fleet = Self { members, turn: AtomicUsize::new(0), failed: failed.clone() };
        (fleet, Resolver::new(address, roster, failed))
    }

    /// The member with the least to do, who was not `tried` and did not just fail; of several such
    /// each in turn. Where all were tried or have failed, one of these; `None` if there is nobody.
    pub(super) fn choose(&self, tried: &[Arc<Member>]) -> Option<UnderWay> {
        let members = self.members.borrow().clone();
        let now = Instant::now();
        let turn = self.turn.fetch_add(1, Relaxed).checked_rem(members.len())?;
        let (before, after) = members.split_at_checked(turn)?;
        let in_turn = after.iter().chain(before);
        let best = in_turn.min_by_key(|member| {
            let tries = tried.iter().filter(|tried| Arc::ptr_eq(tried, member)).count();
            (tries, member.rests(now), member.under_way.load(Relaxed))
        })?;
        Some(UnderWay::to(best))
    }

    /// Whether someone is left who was not `tried`.
    pub(super) fn has_others(&self, tried: &[Arc<Member>]) -> bool {
        let members = self.members.borrow();
        members.iter().any(|member| !tried.iter().any(|tried| Arc::ptr_eq(tried, member)))
    }

    pub(super) fn has_failed(&self, member: &Member) {
        member.fails(Instant::now());
        self.failed.notify_one();
    }
}

// === impl Roster ===

impl Roster {
    /// From now on these addresses are asked. Whoever was there before and can be talked to keeps the
    /// connection.
    pub(super) fn follow(&self, addresses: &BTreeSet<SocketAddr>) {
        let mut members = Vec::new();
        // Connection by connection, so that those of one address are not asked one after the other.
        for connection in 0..self.connections {
            for address in addresses {
                members.extend(self.kept(*address, connection).or_else(|| self.dial(*address)));
            }
        }
        self.publish(members, addresses.len());
    }

    /// A socket has one address, which is always there.
    pub(super) fn follow_socket(&self) {
        let channels = (0..self.connections).filter_map(|_| self.dialed(self.dialer.unix()));
        let members = channels.map(|channel| Arc::new(Member::new(None, channel)));
        self.publish(members.collect(), 1);
    }

    /// Whether a connection is to be given up.
    pub(super) fn has_silent(&self) -> bool {
        self.members.borrow().iter().any(|member| member.is_silent())
    }

    fn publish(&self, members: Vec<Arc<Member>>, addresses: usize) {
        self.metrics.addresses(addresses);
        self.members.send_replace(members.into());
    }

    fn kept(&self, address: SocketAddr, connection: usize) -> Option<Arc<Member>> {
        let members = self.members.borrow();
        let mut of_address = members.iter().filter(|member| member.address == Some(address));
        of_address.nth(connection).filter(|member| !member.is_silent()).cloned()
    }

    fn dial(&self, address: SocketAddr) -> Option<Arc<Member>> {
        let channel = self.dialed(self.dialer.tcp(address))?;
        Some(Arc::new(Member::new(Some(address), channel)))
    }

    /// The settings were tried at the start, so that only files of the machine can have changed.
    fn dialed(&self, channel: Result<Channel, super::BuildError>) -> Option<Channel> {
        let address = &self.dialer.address;
        channel
            .inspect_err(
                |failed| error!(%address, error = %Chain(failed), "An address of the PDP is left out"),
            )
            .ok()
    }
}

// === impl Member ===

impl Member {
    fn new(address: Option<SocketAddr>, channel: Channel) -> Self {
        Self { address, channel, under_way: AtomicUsize::new(0), failing: Mutex::default() }
    }

    fn rests(&self, now: Instant) -> bool {
        self.failing().is_some_and(|failing| now.duration_since(failing.last) < REST)
    }

    fn is_silent(&self) -> bool {
        self.failing().is_some_and(|Failing { first, last }| last - first >= MOST_SILENCE)
    }

    fn failing(&self) -> Option<Failing> {
        *self.failing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fails(&self, now: Instant) {
        let mut failing = self.failing.lock().unwrap_or_else(PoisonError::into_inner);
        let first = failing.map_or(now, |failing| failing.first);
        *failing = Some(Failing { first, last: now });
    }

    pub(super) fn has_answered(&self) {
        *self.failing.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

// === impl UnderWay ===

impl UnderWay {
    fn to(member: &Arc<Member>) -> Self {
        member.under_way.fetch_add(1, Relaxed);
        Self(member.clone())
    }

    pub(super) fn member(&self) -> &Arc<Member> {
        &self.0
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Relaxed);
    }
}
