//! Cerbos's hierarchies: paths of names, such as `acme.hr.london`.

use super::{Call, Family, Mismatch};
use crate::engine::cel::{
    eval::{Evaluated, Fault},
    value::{Object, V},
};

pub(super) const CONSTRUCTORS: Family = Family {
    mismatch: Mismatch::Named,
    functions: &[
        ("hierarchy: (string) -> hierarchy", from_string),
        ("hierarchy: (string, string) -> hierarchy", from_string),
        ("hierarchy: (list(string)) -> hierarchy", from_list),
    ],
};

pub(super) const FAMILY: Family = Family {
    mismatch: Mismatch::Receiver,
    functions: &[
        ("ancestorOf: hierarchy.(hierarchy) -> bool", ancestor_of),
        ("commonAncestors: hierarchy.(hierarchy) -> hierarchy", common_ancestors),
        ("descendentOf: hierarchy.(hierarchy) -> bool", descendent_of),
        ("immediateChildOf: hierarchy.(hierarchy) -> bool", immediate_child_of),
        ("immediateParentOf: hierarchy.(hierarchy) -> bool", immediate_parent_of),
        ("overlaps: hierarchy.(hierarchy) -> bool", overlaps),
        ("siblingOf: hierarchy.(hierarchy) -> bool", sibling_of),
    ],
};

fn from_string<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    let text = call.string(0)?;
    let separator = if call.args.len() > 1 { call.string(1)? } else { "." };
    call.run.charge_bytes(text.len() * 16)?;
    let parts: Vec<&'a str> = if separator.is_empty() {
        let pieces = text.char_indices().map(|(at, c)| text.get(at..at + c.len_utf8()));
        pieces.map(Option::unwrap_or_default).collect()
    } else {
        text.split(separator).collect()
    };
    Ok(hierarchy(call, &parts))
}

fn from_list<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    Ok(hierarchy(call, &call.texts(0)?))
}

fn hierarchy<'a>(call: &Call<'_, 'a>, parts: &[&'a str]) -> V<'a> {
    let arena = call.run.arena;
    V::Object(arena.alloc(Object::Hierarchy(arena.alloc_slice_copy(parts))))
}

/// The parts of both hierarchies.
fn both<'a>(call: &Call<'_, 'a>) -> Result<[&'a [&'a str]; 2], Fault<'a>> {
    let (left, right) = (call.object(0)?, call.object(1)?);
    match (left, right) {
        (Object::Hierarchy(left), Object::Hierarchy(right)) => {
            call.run.charge(left.len().min(right.len()))?;
            Ok([left, right])
        }
        _ => Err(Fault::NoOverload),
    }
}

fn is_ancestor(left: &[&str], right: &[&str]) -> bool {
    left.len() < right.len() && right.starts_with(left)
}

fn is_parent(left: &[&str], right: &[&str]) -> bool {
    left.len() + 1 == right.len() && right.starts_with(left)
}

fn ancestor_of<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    let [left, right] = both(call)?;
    Ok(V::Bool(is_ancestor(left, right)))
}

fn descendent_of<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    let [left, right] = both(call)?;
    Ok(V::Bool(is_ancestor(right, left)))
}

fn immediate_parent_of<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    let [left, right] = both(call)?;
    Ok(V::Bool(is_parent(left, right)))
}

fn immediate_child_of<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    let [left, right] = both(call)?;
    Ok(V::Bool(is_parent(right, left)))
}

fn overlaps<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    let [left, right] = both(call)?;
    Ok(V::Bool(left.starts_with(right) || right.starts_with(left)))
}

fn sibling_of<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    let [left, right] = both(call)?;
    let parents = left.split_last().zip(right.split_last());
    let same = match parents {
        Some(((_, left), (_, right))) => left == right,
        None => left.is_empty() && right.is_empty(),
    };
    Ok(V::Bool(same))
}

/// Of two hierarchies of the same length the last parts do not count, even if they are equal.
fn common_ancestors<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    let [mut left, mut right] = both(call)?;
    if left.len() == right.len() {
        let (Some((_, left_parents)), Some((_, right_parents))) =
            (left.split_last(), right.split_last())
        else {
            let text = "internal error: runtime error: slice bounds out of range [:-1]";
            return Err(call.run.panic(text));
        };
        (left, right) = (left_parents, right_parents);
    }
    let common = left.iter().zip(right).take_while(|(left, right)| left == right).count();
    Ok(hierarchy(call, left.get(..common).unwrap_or_default()))
}
