//! The way through: asks once, remembers, writes down.
//!
//! [`Gate::decide`] is the whole way of a request, from what arrived to what is told. Each step has
//! a type that only the step before it can make, so none can be left out.

mod authenticate;
mod cache;
mod deadline;
mod flights;
mod gate;
mod judge;
mod key;
mod remembered;
mod remembering_judge;
mod replay;
mod rules;
mod shared_replays;
mod verdict;

#[cfg(test)]
mod tests;

pub use authenticate::{Authenticated, AuthenticationError, Authenticator, Checked};
pub use cache::{DecisionCache, DecisionCacheConfig};
pub use deadline::Deadline;
pub use gate::{Decision, Gate, Stamp, Trace};
pub use judge::{Judge, JudgeFault};
pub use key::{CacheKey, ChainKey};
pub use remembering_judge::{Question, RememberingJudge};
pub use replay::{ReplayError, ReplayMemory};
pub use rules::{Generation, Rules};
pub use shared_replays::SharedReplays;
pub use verdict::{Judged, Verdict};
