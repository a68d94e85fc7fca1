//! Which derived roles may be active.

use super::conditions::{Conditions, Missing, Seen};
use super::truth::{Truth, Verdict};
use crate::engine::cel::{Constant, Operand, Outcome, V};
use crate::engine::check::question::Question;
use crate::engine::policy::{DerivedRole, ResourcePolicy};

/// `runtime.effectiveDerivedRoles` where nobody has looked for them.
pub(super) const NONE: Outcome<'_> = Outcome::Known(V::Names(&[]));

/// A list of one name where the role is active, an empty one where it is not.
struct Named<'a> {
    name: &'a str,
    active: Truth,
}

/// The derived roles that rules of a policy name, as far as it is known which are active. Their
/// conditions see the `runtime` of the scope before.
pub(super) fn runtime<'a>(
    policy: Option<&'a ResourcePolicy>,
    question: &Question<'a>,
    conditions: &Conditions<'a>,
    before: &Outcome<'a>,
) -> Outcome<'a> {
    let roles = policy.map_or(&[][..], |policy| &*policy.derived_roles);
    let mut named = Vec::new();
    for role in roles {
        if !role.any_parent && !question.has_role(&role.parents) {
            continue;
        }
        let Verdict { met, broken } = active(role, conditions, before, Missing::Null);
        if broken == Truth::Always {
            return Outcome::Failed(Operand::Variable("runtime.effectiveDerivedRoles".into()));
        }
        named.push(Named { name: &role.name, active: met });
    }
    named.sort_by_key(|role| role.name);
    listed(&named, conditions)
}

/// Whether a derived role is active.
pub(super) fn active<'a>(
    role: &'a DerivedRole,
    conditions: &Conditions<'a>,
    runtime: &Outcome<'a>,
    missing: Missing,
) -> Verdict {
    let Some(condition) = &role.condition else { return Verdict::MET };
    let variables = conditions.variables(&role.variables, runtime, missing);
    conditions.condition(condition, Seen { variables: &variables, runtime })
}

fn listed<'a>(named: &[Named<'a>], conditions: &Conditions<'a>) -> Outcome<'a> {
    let is_known = |role: &&Named<'a>| !matches!(role.active, Truth::When(_));
    if named.iter().all(|role| is_known(&role)) {
        let active = named.iter().filter(|role| role.active == Truth::Always);
        let names: Vec<&'a str> = active.map(|role| role.name).collect();
        return Outcome::Known(V::Names(conditions.arena.alloc_slice_copy(&names)));
    }
    let list = |names: &[&str]| {
        let names = names.iter().map(|name| Constant::String((*name).into()));
        Operand::Value(Constant::List(names.collect()))
    };
    let operands = named.iter().map(|role| match &role.active {
        Truth::Always => list(&[role.name]),
        Truth::Never => list(&[]),
        Truth::When(condition) => {
            let parts = vec![condition.clone(), list(&[role.name]), list(&[])];
            Operand::expression("if", parts)
        }
    });
    let mut operands: Vec<Operand> = operands.collect();
    let last = operands.pop().unwrap_or_else(|| list(&[]));
    let all = operands.into_iter().rev();
    Outcome::Residual(all.fold(last, |rest, one| Operand::expression("add", vec![one, rest])))
}
