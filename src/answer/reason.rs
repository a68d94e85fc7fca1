//! Why an answer is what it is: a fixed code for logs and metrics, never text from a request.

use std::fmt;

/// A code such as `policy.denied` or `jwt.expired`: lower case, dots between its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Reason(&'static str);

// === impl Reason ===

impl Reason {
    /// A rule allowed it.
    pub const POLICY_ALLOWED: Self = Self("policy.allowed");
    /// The route is public for this method.
    pub const PUBLIC_ROUTE: Self = Self("route.public");
    /// A rule denied it, or no rule allowed it.
    pub const POLICY_DENIED: Self = Self("policy.denied");
    /// No route of the table matches host and path.
    pub const NO_ROUTE: Self = Self("route.none");
    /// The route does not speak this method.
    pub const NO_ACTION: Self = Self("route.method");
    /// The engine could not answer.
    pub const ENGINE_FAULT: Self = Self("fault.engine");
    /// The PDP that is asked in its place gave no answer.
    pub const PDP_FAULT: Self = Self("fault.pdp");
    /// The assertion for the upstream could not be signed.
    pub const ASSERTION_FAULT: Self = Self("fault.assertion");
    /// What it takes to decide was not there in time.
    pub const DEADLINE: Self = Self("fault.deadline");
    /// A handler panicked.
    pub const PANIC: Self = Self("fault.panic");
    /// The keys of the token's issuer are not to be had.
    pub const KEYS_UNAVAILABLE: Self = Self("fault.keys");
    /// The memory of used proofs has no place, and forgets none.
    pub const REPLAYS_FULL: Self = Self("fault.replays_full");
    /// Whether another replica has seen a proof is not known.
    pub const REPLAYS_UNKNOWN: Self = Self("fault.replays_unknown");
    /// What other replicas have revoked is not known.
    pub const REVOCATIONS_UNKNOWN: Self = Self("fault.revocations");
    /// Envoy's message lacks a part without which nothing can be decided.
    pub const INCOMPLETE: Self = Self("request.incomplete");
    /// Envoy's message cannot be read, where it is read.
    pub const UNREADABLE: Self = Self("request.unreadable");
    /// Envoy's message is longer than any that is read.
    pub const OVERSIZED: Self = Self("request.oversized");

    /// A code of another room's closed set of errors.
    #[must_use]
    pub const fn new(code: &'static str) -> Self {
        Self(code)
    }

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}
