//! Functions of lists.

use std::cmp::Ordering;

use super::{Call, Family, Mismatch, format::dyn_type_name, has_methods};
use crate::engine::cel::{
    compare,
    eval::{Evaluated, Fault, Run},
    value::{List, V},
};

pub(super) const FAMILY: Family = Family {
    mismatch: Mismatch::Named,
    functions: &[
        ("distinct: list(A).() -> list(A)", distinct),
        ("first: list(A).() -> optional(A)", first),
        ("last: list(A).() -> optional(A)", last),
        ("lists.range: (int) -> list(int)", range),
        ("reverse: list(A).() -> list(A)", reverse),
        ("slice: list(A).(int, int) -> list(A)", slice),
    ],
};

/// Sorting and flattening look at their arguments themselves.
pub(super) const OWN: Family = Family {
    mismatch: Mismatch::Own,
    functions: &[
        ("flatten: list(list(A)).() -> list(A)", flatten),
        ("flatten: list(dyn).(int) -> list(dyn)", flatten),
        ("sort: list(int).() -> list(int)", sort),
        ("sort: list(uint).() -> list(uint)", sort),
        ("sort: list(double).() -> list(double)", sort),
        ("sort: list(bool).() -> list(bool)", sort),
        ("sort: list(duration).() -> list(duration)", sort),
        ("sort: list(timestamp).() -> list(timestamp)", sort),
        ("sort: list(string).() -> list(string)", sort),
        ("sort: list(bytes).() -> list(bytes)", sort),
        ("@sortByAssociatedKeys: list(A).(list(int)) -> list(A)", sort),
        ("@sortByAssociatedKeys: list(A).(list(uint)) -> list(A)", sort),
        ("@sortByAssociatedKeys: list(A).(list(double)) -> list(A)", sort),
        ("@sortByAssociatedKeys: list(A).(list(bool)) -> list(A)", sort),
        ("@sortByAssociatedKeys: list(A).(list(duration)) -> list(A)", sort),
        ("@sortByAssociatedKeys: list(A).(list(timestamp)) -> list(A)", sort),
        ("@sortByAssociatedKeys: list(A).(list(string)) -> list(A)", sort),
        ("@sortByAssociatedKeys: list(A).(list(bytes)) -> list(A)", sort),
    ],
};

/// The longest list that `lists.range` makes.
const RANGE: i64 = 1_000_000;

fn distinct<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    let mut kept: Vec<V<'a>> = Vec::new();
    for item in call.list(0)?.iter() {
        let mut is_new = true;
        for other in &kept {
            if call.run.equal(*other, item).unwrap_or(false) {
                is_new = false;
                break;
            }
        }
        if is_new {
            kept.push(item);
        }
    }
    call.run.list(kept.into_iter())
}

fn first<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    Ok(call.run.optional(call.list(0)?.get(0)))
}

fn last<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    let list = call.list(0)?;
    Ok(call.run.optional(list.len().checked_sub(1).and_then(|last| list.get(last))))
}

fn flatten<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    let receiver = call.arg(0)?;
    let (depth, parameters) = match call.args.get(1) {
        None => (Some(1), String::new()),
        Some(V::Int(depth)) => (Some(*depth), "int".to_owned()),
        Some(other) => (None, dyn_type_name(other.type_name())),
    };
    let (Some(list), Some(depth)) = (receiver.list(), depth) else {
        let receiver = dyn_type_name(receiver.type_name());
        let message = format_args!("no such overload: {receiver}.flatten({parameters})");
        return Err(call.run.fail(message));
    };
    let depth = usize::try_from(depth).ok().ok_or(Fault::Text("level must be non-negative"))?;
    let mut flat = Vec::new();
    flatten_into(call.run, list, depth, &mut flat)?;
    call.run.list(flat.into_iter())
}

fn flatten_into<'a>(
    run: &Run<'a>,
    list: List<'a>,
    depth: usize,
    flat: &mut Vec<V<'a>>,
) -> Result<(), Fault<'a>> {
    // A stack of what is left of each list: the depth comes from a request.
    let mut open = vec![(list, 0_usize)];
    while let Some((list, next)) = open.pop() {
        run.charge(1)?;
        let Some(item) = list.get(next) else { continue };
        open.push((list, next + 1));
        match item.list() {
            Some(inner) if open.len() <= depth => open.push((inner, 0)),
            _ => {
                run.hold(flat.len() * size_of::<V<'a>>())?;
                flat.push(item);
            }
        }
    }
    Ok(())
}

fn range<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    let size = call.int(0)?;
    if size < 0 {
        let message = format_args!("lists.range: size must be non-negative, got {size}");
        return Err(call.run.fail(message));
    }
    if size > RANGE {
        let message = format_args!("lists.range: size {size} exceeds maximum allowed ({RANGE})");
        return Err(call.run.fail(message));
    }
    call.run.charge(usize::try_from(size).unwrap_or(0))?;
    call.run.list((0..size).map(V::Int))
}

fn reverse<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    let list = call.list(0)?;
    call.run.list((0..list.len()).rev().filter_map(|index| list.get(index)))
}

fn slice<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    let list = call.list(0)?;
    let (start, end) = (call.int(1)?, call.int(2)?);
    let size = i64::try_from(list.len()).unwrap_or(i64::MAX);
    let why = if start < 0 || end < 0 {
        "negative indexes not supported".to_owned()
    } else if start > end {
        "start index must be less than or equal to end index".to_owned()
    } else if end > size {
        format!("list is length {size}")
    } else {
        let bounds = usize::try_from(start).ok().zip(usize::try_from(end).ok());
        let (start, end) = bounds.unwrap_or_default();
        return call.run.list((start..end).filter_map(|index| list.get(index)));
    };
    Err(call.run.fail(format_args!("cannot slice({start}, {end}), {why}")))
}

fn sort<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    let receiver = call.arg(0)?;
    let Some(list) = receiver.list() else {
        let named = Fault::Text("no such overload: sort");
        return Err(if has_methods(receiver) { Fault::NoOverload } else { named });
    };
    call.run.hold(list.len() * size_of::<(V<'a>, V<'a>)>())?;
    let mut keyed: Vec<(V<'a>, V<'a>)> = list.iter().map(|item| (item, item)).collect();
    sort_values(call.run, &mut keyed)?;
    call.run.list(keyed.into_iter().map(|(_, item)| item))
}

/// Sorts by the first of each pair. All must be of one type that has an order.
pub(in crate::engine::cel) fn sort_values<'a>(
    run: &Run<'a>,
    keyed: &mut [(V<'a>, V<'a>)],
) -> Result<(), Fault<'a>> {
    let Some((first, _)) = keyed.first() else { return Ok(()) };
    if !compare::has_order(*first) {
        return Err(Fault::Text("list elements must be comparable"));
    }
    let kind = first.type_name();
    if keyed.iter().any(|(key, _)| key.type_name() != kind) {
        return Err(Fault::Text("list elements must have the same type"));
    }
    let rounds = usize::try_from(keyed.len().max(1).ilog2()).unwrap_or(1) + 1;
    run.charge(keyed.len().saturating_mul(rounds))?;
    keyed.sort_by(|(left, _), (right, _)| {
        compare::order(*left, *right).flatten().unwrap_or(Ordering::Equal)
    });
    Ok(())
}
