//! Bounds on what is loaded, beside those that can be set (`Limits`). Cerbos has none of them; ours
//! are far above what anybody writes, and keep a hostile or broken policy source from exhausting the
//! process that loads it.

use crate::engine::model::Limits;
use crate::yaml;

/// Values of one policy file, aliases counted.
const VALUES: usize = 2_000_000;

/// One policy file.
pub(super) fn file(limits: &Limits) -> yaml::Limits {
    yaml::Limits {
        bytes: limits.policy_file_bytes,
        // More would be too deep for the stack, whoever asks for it.
        depth: limits.policy_nesting.min(Limits::MOST_NESTING),
        nodes: VALUES,
    }
}

/// Policy files of one directory.
pub(super) const FILES: usize = 100_000;

/// Rules of all policies, counted once for each role or parent role that they name.
pub(super) const RULES: usize = 4_000_000;

/// Roles that all role policies together inherit, directly or through others.
pub(super) const INHERITED_ROLES: usize = 1_000_000;
