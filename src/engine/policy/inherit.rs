//! Parent roles of role policies → all roles that a role inherits.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::limits;
use super::names::NameId;
use super::set::InheritedRoles;

type Parents = BTreeMap<(NameId, NameId), Vec<NameId>>;

/// By scope and role, what is inherited in exactly that scope. `None`: more than is sensible.
///
/// A role that inherits from itself, through others, is among its inherited roles, as in Cerbos.
pub(super) fn close(parents: &Parents) -> Option<HashMap<(NameId, NameId), InheritedRoles>> {
    let mut total = 0_usize;
    let mut closed = HashMap::new();
    for &(scope, role) in parents.keys() {
        let in_order = inherited(scope, role, parents);
        total += in_order.len();
        if total > limits::INHERITED_ROLES {
            return None;
        }
        let mut sorted = in_order.clone();
        sorted.sort_unstable();
        let roles = InheritedRoles { in_order, sorted };
        closed.insert((scope, role), roles);
    }
    Some(closed)
}

fn inherited(scope: NameId, role: NameId, parents: &Parents) -> Vec<NameId> {
    let of = |role| parents.get(&(scope, role)).into_iter().flatten().rev().copied();
    let mut in_order = Vec::new();
    let mut seen = HashSet::new();
    let mut open: Vec<NameId> = of(role).collect();
    while let Some(role) = open.pop() {
        if seen.insert(role) {
            in_order.push(role);
            open.extend(of(role));
        }
    }
    in_order
}
