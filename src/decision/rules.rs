//! Routes and policies of one generation: what a request is decided by, from its start to its end.

use std::sync::Arc;

use crate::answer::{Asserter, DenialOutputs, UpstreamHeaders};
use crate::engine::PolicySet;
use crate::request::RequestRules;
use crate::route::RouteTable;

/// Counts the loads of a process. A cached answer is found only under the generation that gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Generation(pub(super) u64);

/// Everything that a reload replaces, as one immutable value.
#[derive(Debug)]
pub struct Rules {
    pub generation: Generation,
    pub request: RequestRules,
    pub routes: RouteTable,
    /// `None` where another PDP has them.
    pub policies: Option<PolicySet>,
    pub upstream_headers: UpstreamHeaders,
    /// Vouches for callers to the upstream, where it is told to.
    pub asserter: Option<Asserter>,
    /// Headers that the upstream gets although they could mislead it: proxies of ours write them.
    pub kept_headers: Vec<String>,
    /// What outputs of the policies may say on a denial.
    pub denial_outputs: DenialOutputs,
    /// Told with every challenge: where the client learns which issuer to ask (RFC 9728).
    pub resource_metadata: Option<Arc<str>>,
}

// === impl Generation ===

impl Generation {
    pub const FIRST: Self = Self(1);

    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    #[must_use]
    pub fn number(self) -> u64 {
        self.0
    }
}
