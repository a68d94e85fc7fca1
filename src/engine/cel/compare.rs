//! Equality and order of values at run time, across the kinds of numbers and of containers.

use std::cmp::Ordering;

use super::functions::spiffe;
use super::{
    access,
    eval::{Fault, Run},
    message::Message,
    value::{Entries, List, Object, V},
};

/// Beyond this, values are taken to be made to exhaust the stack.
const DEPTH: usize = 500;

/// `left == right`. Different types are not equal; Cerbos's own types refuse most of them.
pub(super) fn equal<'a>(run: &Run<'a>, left: V<'a>, right: V<'a>) -> Result<bool, Fault<'a>> {
    equal_within(run, left, right, DEPTH)
}

/// Whether a list has an element that equals this one.
pub(super) fn contains<'a>(
    run: &Run<'a>,
    list: List<'a>,
    element: V<'a>,
) -> Result<bool, Fault<'a>> {
    for candidate in list.iter() {
        run.charge(1)?;
        // An element that cannot be compared is another one.
        if equal(run, element, candidate).unwrap_or(false) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn equal_within<'a>(
    run: &Run<'a>,
    left: V<'a>,
    right: V<'a>,
    depth: usize,
) -> Result<bool, Fault<'a>> {
    Ok(match (left, right) {
        (V::String(left), V::String(right)) => {
            // Texts of different lengths are not looked at.
            left.len() == right.len() && {
                run.charge_bytes(left.len())?;
                left == right
            }
        }
        (V::Null, V::Null) => true,
        (V::Null, _) | (_, V::Null) => false,
        (V::Bool(left), V::Bool(right)) => left == right,
        (V::Bytes(left), V::Bytes(right)) => left == right,
        (V::Int(_) | V::Uint(_) | V::Double(_), V::Int(_) | V::Uint(_) | V::Double(_)) => {
            order(left, right) == Some(Some(Ordering::Equal))
        }
        (V::Duration(left), V::Duration(right)) => left == right,
        (V::Timestamp(left), V::Timestamp(right)) => {
            (left.seconds, left.nanoseconds) == (right.seconds, right.nanoseconds)
        }
        (V::Type(left), V::Type(right)) => left == right,
        (V::Ip(left), V::Ip(right)) => left == right,
        (V::Cidr(left), V::Cidr(right)) => left == right,
        (V::Optional(left), V::Optional(right)) => match (left, right) {
            (Some(left), Some(right)) => equal_below(run, *left, *right, depth)?,
            (left, right) => left.is_none() && right.is_none(),
        },
        (V::Object(left), right) => equal_object(left, right)?,
        (V::Message(left), V::Message(right)) => equal_messages(run, left, right, depth)?,
        _ => match (left.list(), right.list(), left.entries(), right.entries()) {
            (Some(left), Some(right), ..) => equal_lists(run, left, right, depth)?,
            (_, _, Some(left), Some(right)) => equal_maps(run, left, right, depth)?,
            _ => false,
        },
    })
}

#[inline(never)]
fn equal_below<'a>(
    run: &Run<'a>,
    left: V<'a>,
    right: V<'a>,
    depth: usize,
) -> Result<bool, Fault<'a>> {
    run.charge(1)?;
    let Some(depth) = depth.checked_sub(1) else {
        return Err(Fault::Text("value is nested too deep"));
    };
    equal_within(run, left, right, depth)
}

/// Inside of lists and maps, cel-go takes values that cannot be compared for equal.
fn equal_inside<'a>(
    run: &Run<'a>,
    left: V<'a>,
    right: V<'a>,
    depth: usize,
) -> Result<bool, Fault<'a>> {
    match equal_below(run, left, right, depth) {
        Err(Fault::NoOverload) => Ok(true),
        result => result,
    }
}

fn equal_lists<'a>(
    run: &Run<'a>,
    left: List<'a>,
    right: List<'a>,
    depth: usize,
) -> Result<bool, Fault<'a>> {
    if left.len() != right.len() {
        return Ok(false);
    }
    for (left, right) in left.iter().zip(right.iter()) {
        if !equal_inside(run, left, right, depth)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn equal_maps<'a>(
    run: &Run<'a>,
    left: Entries<'a>,
    right: Entries<'a>,
    depth: usize,
) -> Result<bool, Fault<'a>> {
    if left.len() != right.len() {
        return Ok(false);
    }
    for (key, value) in left.pairs(run.arena) {
        let Some(other) = access::find(run, right, *key)? else { return Ok(false) };
        if !equal_inside(run, *value, other, depth)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn equal_messages<'a>(
    run: &Run<'a>,
    left: Message<'a>,
    right: Message<'a>,
    depth: usize,
) -> Result<bool, Fault<'a>> {
    if left.type_name() != right.type_name() {
        return Ok(false);
    }
    for field in left.fields() {
        let (Some(left), Some(right)) = (left.field(field), right.field(field)) else {
            return Ok(false);
        };
        if !equal_below(run, left, right, depth)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn equal_object<'a>(left: &Object<'a>, right: V<'a>) -> Result<bool, Fault<'a>> {
    Ok(match (left, right) {
        (Object::Unusable(text), _) => return Err(Fault::Text(text)),
        (Object::SpiffeMatcher(_), _) => false,
        (Object::Hierarchy(left), V::Object(Object::Hierarchy(right))) => left == right,
        (
            Object::SpiffeId { trust_domain, path },
            V::Object(Object::SpiffeId { trust_domain: other_domain, path: other_path }),
        ) => trust_domain == other_domain && path == other_path,
        (Object::SpiffeId { trust_domain, path }, V::String(text)) => text
            .strip_prefix(spiffe::SCHEME)
            .and_then(|text| text.strip_prefix(trust_domain))
            .is_some_and(|text| text == *path),
        (Object::SpiffeTrustDomain(left), V::Object(Object::SpiffeTrustDomain(right))) => {
            left == right
        }
        (Object::SpiffeTrustDomain(left), V::String(text)) => {
            spiffe::parse_trust_domain(text).is_ok_and(|right| *left == right)
        }
        (Object::Hierarchy(_) | Object::SpiffeId { .. } | Object::SpiffeTrustDomain(_), _) => {
            return Err(Fault::NoOverload);
        }
    })
}

/// Whether values of this kind can be ordered at all.
pub(super) fn has_order(value: V<'_>) -> bool {
    matches!(
        value,
        V::Bool(_)
            | V::Int(_)
            | V::Uint(_)
            | V::Double(_)
            | V::String(_)
            | V::Bytes(_)
            | V::Timestamp(_)
            | V::Duration(_)
    )
}

/// The order of two values: `None` if they have none, `Some(None)` if one is not a number.
#[expect(clippy::option_option, reason = "`not comparable` and `NaN` are two different answers")]
pub(super) fn order(left: V<'_>, right: V<'_>) -> Option<Option<Ordering>> {
    Some(match (left, right) {
        (V::Bool(left), V::Bool(right)) => Some(left.cmp(&right)),
        (V::String(left), V::String(right)) => Some(left.cmp(right)),
        (V::Bytes(left), V::Bytes(right)) => Some(left.cmp(right)),
        (V::Duration(left), V::Duration(right)) => Some(left.cmp(&right)),
        (V::Timestamp(left), V::Timestamp(right)) => {
            Some(left.as_nanoseconds().cmp(&right.as_nanoseconds()))
        }
        (V::Int(left), V::Int(right)) => Some(left.cmp(&right)),
        (V::Uint(left), V::Uint(right)) => Some(left.cmp(&right)),
        (V::Double(left), V::Double(right)) => left.partial_cmp(&right),
        (V::Int(left), V::Uint(right)) => Some(i128::from(left).cmp(&i128::from(right))),
        (V::Uint(left), V::Int(right)) => Some(i128::from(left).cmp(&i128::from(right))),
        (V::Int(left), V::Double(right)) => int_as_double(left).partial_cmp(&right),
        (V::Double(left), V::Int(right)) => left.partial_cmp(&int_as_double(right)),
        (V::Uint(left), V::Double(right)) => uint_as_double(left).partial_cmp(&right),
        (V::Double(left), V::Uint(right)) => left.partial_cmp(&uint_as_double(right)),
        _ => return None,
    })
}

// An integer is compared with a double as the double that is next to it.

#[expect(clippy::cast_precision_loss, reason = "cel-go compares with the nearest double")]
fn int_as_double(value: i64) -> f64 {
    value as f64
}

#[expect(clippy::cast_precision_loss, reason = "cel-go compares with the nearest double")]
fn uint_as_double(value: u64) -> f64 {
    value as f64
}
