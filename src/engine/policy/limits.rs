//! Bounds on what is loaded. Cerbos has none of them; ours are far above what anybody writes, and
//! keep a hostile or broken policy source from exhausting the process that loads it.

use crate::yaml;

/// One policy file.
pub(super) const FILE: yaml::Limits = yaml::Limits {
    bytes: 16 * 1024 * 1024,
    // A condition takes three levels for each `all`, `any` or `none`.
    depth: 192,
    nodes: 2_000_000,
};

/// Policy files of one directory.
pub(super) const FILES: usize = 100_000;

/// Rules of all policies, counted once for each role or parent role that they name.
pub(super) const RULES: usize = 4_000_000;

/// Roles that all role policies together inherit, directly or through others.
pub(super) const INHERITED_ROLES: usize = 1_000_000;
