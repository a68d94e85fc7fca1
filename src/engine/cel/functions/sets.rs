//! Lists as sets: cel-go's `sets.*`, and Cerbos's functions, which are called in both styles.

use super::{Call, Family, Mismatch};
use crate::engine::cel::{
    compare,
    eval::{Evaluated, Fault},
    value::{List, V},
};

pub(super) const FAMILY: Family = Family {
    mismatch: Mismatch::Named,
    functions: &[
        ("sets.contains: (list(A), list(A)) -> bool", contains),
        ("sets.equivalent: (list(A), list(A)) -> bool", equivalent),
        ("sets.intersects: (list(A), list(A)) -> bool", intersects),
        ("except: (list(A), list(A)) -> list(A)", except),
        ("except: list(A).(list(A)) -> list(A)", except),
        ("hasIntersection: (list(A), list(A)) -> bool", intersects),
        ("hasIntersection: list(A).(list(A)) -> bool", intersects),
        ("has_intersection: (list(A), list(A)) -> bool", intersects),
        ("has_intersection: list(A).(list(A)) -> bool", intersects),
        ("intersect: (list(A), list(A)) -> list(A)", intersect),
        ("intersect: list(A).(list(A)) -> list(A)", intersect),
        ("isSubset: (list(A), list(A)) -> bool", is_subset),
        ("isSubset: list(A).(list(A)) -> bool", is_subset),
        ("is_subset: (list(A), list(A)) -> bool", is_subset),
        ("is_subset: list(A).(list(A)) -> bool", is_subset),
    ],
};

/// Whether every element of `part` is in `whole`.
fn covers<'a>(call: &Call<'_, 'a>, whole: List<'a>, part: List<'a>) -> Result<bool, Fault<'a>> {
    for item in part.iter() {
        if !compare::contains(call.run, whole, item)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn contains<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    covers(call, call.list(0)?, call.list(1)?).map(V::Bool)
}

fn equivalent<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    let (left, right) = (call.list(0)?, call.list(1)?);
    Ok(V::Bool(covers(call, left, right)? && covers(call, right, left)?))
}

fn intersects<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    let (left, right) = (call.list(0)?, call.list(1)?);
    for item in left.iter() {
        if compare::contains(call.run, right, item)? {
            return Ok(V::Bool(true));
        }
    }
    Ok(V::Bool(false))
}

fn is_subset<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    covers(call, call.list(1)?, call.list(0)?).map(V::Bool)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    Shared,
    Others,
}

/// The elements of `list` that `other` has too, or those that it has not.
fn keep<'a>(call: &Call<'_, 'a>, list: List<'a>, other: List<'a>, which: Which) -> Evaluated<'a> {
    let mut kept = Vec::new();
    for item in list.iter() {
        let is_shared = compare::contains(call.run, other, item)?;
        if is_shared == (which == Which::Shared) {
            kept.push(item);
        }
    }
    call.run.list(kept.into_iter())
}

/// In the order of the shorter list.
fn intersect<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    let (left, right) = (call.list(0)?, call.list(1)?);
    if right.len() < left.len() {
        keep(call, right, left, Which::Shared)
    } else {
        keep(call, left, right, Which::Shared)
    }
}

fn except<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    keep(call, call.list(0)?, call.list(1)?, Which::Others)
}
