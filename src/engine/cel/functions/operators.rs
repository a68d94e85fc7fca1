//! Operators by their internal names, and the functions that every value has.

use std::cmp::Ordering;

use super::{Call, Family, Mismatch, has_methods};
use crate::engine::cel::{
    access, compare,
    eval::{Evaluated, Fault},
    value::{Object, V},
};

pub(super) const FAMILY: Family = Family {
    mismatch: Mismatch::Own,
    // In cel-go's order: a type that is not known yet becomes that of the first overload.
    functions: &[
        // These four are no calls to the evaluator: they do not evaluate all their arguments.
        ("_&&_: (bool, bool) -> bool", never),
        ("_||_: (bool, bool) -> bool", never),
        ("_?_:_: (bool, A, A) -> A", never),
        ("cel.@mapInsert: (map(A, B), map(A, B)) -> map(A, B)", never),
        ("!_: (bool) -> bool", not),
        ("-_: (double) -> double", negate),
        ("-_: (int) -> int", negate),
        ("_==_: (A, A) -> bool", equal),
        ("_!=_: (A, A) -> bool", not_equal),
        ("_<_: (bool, bool) -> bool", less),
        ("_<_: (int, int) -> bool", less),
        ("_<_: (int, double) -> bool", less),
        ("_<_: (int, uint) -> bool", less),
        ("_<_: (uint, uint) -> bool", less),
        ("_<_: (uint, double) -> bool", less),
        ("_<_: (uint, int) -> bool", less),
        ("_<_: (double, double) -> bool", less),
        ("_<_: (double, int) -> bool", less),
        ("_<_: (double, uint) -> bool", less),
        ("_<_: (string, string) -> bool", less),
        ("_<_: (bytes, bytes) -> bool", less),
        ("_<_: (timestamp, timestamp) -> bool", less),
        ("_<_: (duration, duration) -> bool", less),
        ("_<=_: (bool, bool) -> bool", less_equal),
        ("_<=_: (int, int) -> bool", less_equal),
        ("_<=_: (int, double) -> bool", less_equal),
        ("_<=_: (int, uint) -> bool", less_equal),
        ("_<=_: (uint, uint) -> bool", less_equal),
        ("_<=_: (uint, double) -> bool", less_equal),
        ("_<=_: (uint, int) -> bool", less_equal),
        ("_<=_: (double, double) -> bool", less_equal),
        ("_<=_: (double, int) -> bool", less_equal),
        ("_<=_: (double, uint) -> bool", less_equal),
        ("_<=_: (string, string) -> bool", less_equal),
        ("_<=_: (bytes, bytes) -> bool", less_equal),
        ("_<=_: (timestamp, timestamp) -> bool", less_equal),
        ("_<=_: (duration, duration) -> bool", less_equal),
        ("_>_: (bool, bool) -> bool", greater),
        ("_>_: (int, int) -> bool", greater),
        ("_>_: (int, double) -> bool", greater),
        ("_>_: (int, uint) -> bool", greater),
        ("_>_: (uint, uint) -> bool", greater),
        ("_>_: (uint, double) -> bool", greater),
        ("_>_: (uint, int) -> bool", greater),
        ("_>_: (double, double) -> bool", greater),
        ("_>_: (double, int) -> bool", greater),
        ("_>_: (double, uint) -> bool", greater),
        ("_>_: (string, string) -> bool", greater),
        ("_>_: (bytes, bytes) -> bool", greater),
        ("_>_: (timestamp, timestamp) -> bool", greater),
        ("_>_: (duration, duration) -> bool", greater),
        ("_>=_: (bool, bool) -> bool", greater_equal),
        ("_>=_: (int, int) -> bool", greater_equal),
        ("_>=_: (int, double) -> bool", greater_equal),
        ("_>=_: (int, uint) -> bool", greater_equal),
        ("_>=_: (uint, uint) -> bool", greater_equal),
        ("_>=_: (uint, double) -> bool", greater_equal),
        ("_>=_: (uint, int) -> bool", greater_equal),
        ("_>=_: (double, double) -> bool", greater_equal),
        ("_>=_: (double, int) -> bool", greater_equal),
        ("_>=_: (double, uint) -> bool", greater_equal),
        ("_>=_: (string, string) -> bool", greater_equal),
        ("_>=_: (bytes, bytes) -> bool", greater_equal),
        ("_>=_: (timestamp, timestamp) -> bool", greater_equal),
        ("_>=_: (duration, duration) -> bool", greater_equal),
        ("_+_: (bytes, bytes) -> bytes", add),
        ("_+_: (double, double) -> double", add),
        ("_+_: (duration, duration) -> duration", add),
        ("_+_: (duration, timestamp) -> timestamp", add),
        ("_+_: (timestamp, duration) -> timestamp", add),
        ("_+_: (int, int) -> int", add),
        ("_+_: (list(A), list(A)) -> list(A)", add),
        ("_+_: (string, string) -> string", add),
        ("_+_: (uint, uint) -> uint", add),
        ("_-_: (double, double) -> double", subtract),
        ("_-_: (duration, duration) -> duration", subtract),
        ("_-_: (timestamp, duration) -> timestamp", subtract),
        ("_-_: (timestamp, timestamp) -> duration", subtract),
        ("_-_: (int, int) -> int", subtract),
        ("_-_: (uint, uint) -> uint", subtract),
        ("_*_: (double, double) -> double", multiply),
        ("_*_: (int, int) -> int", multiply),
        ("_*_: (uint, uint) -> uint", multiply),
        ("_/_: (double, double) -> double", divide),
        ("_/_: (int, int) -> int", divide),
        ("_/_: (uint, uint) -> uint", divide),
        ("_%_: (int, int) -> int", remainder),
        ("_%_: (uint, uint) -> uint", remainder),
        ("@in: (A, list(A)) -> bool", contained),
        ("@in: (A, map(A, B)) -> bool", contained),
        ("_[_]: (list(A), int) -> A", index),
        ("_[_]: (map(A, B), A) -> B", index),
        ("_[_]: (hierarchy, int) -> string", index),
        ("_[_]: (optional(list(A)), int) -> optional(A)", index),
        ("_[_]: (optional(map(A, B)), A) -> optional(B)", index),
        ("_[?_]: (list(A), int) -> optional(A)", optional_index),
        ("_[?_]: (map(A, B), A) -> optional(B)", optional_index),
        ("_[?_]: (optional(list(A)), int) -> optional(A)", optional_index),
        ("_[?_]: (optional(map(A, B)), A) -> optional(B)", optional_index),
        ("size: (bytes) -> int", size),
        ("size: (list(A)) -> int", size),
        ("size: (map(A, B)) -> int", size),
        ("size: (string) -> int", size),
        ("size: bytes.() -> int", size),
        ("size: list(A).() -> int", size),
        ("size: map(A, B).() -> int", size),
        ("size: string.() -> int", size),
        ("size: hierarchy.() -> int", size),
        ("type: (A) -> type(A)", type_of),
        ("dyn: (A) -> dyn", identity),
        ("id: (dyn) -> dyn", identity),
    ],
};

const INTEGER_OVERFLOW: Fault<'static> = Fault::Text("integer overflow");
const UNSIGNED_OVERFLOW: Fault<'static> = Fault::Text("unsigned integer overflow");
const TIMESTAMP_OVERFLOW: Fault<'static> = Fault::Text("timestamp overflow");

/// What cel-go says of an operator that a value does not have: it asks values that have methods.
fn missing<'a>(value: V<'a>, named: &'static str) -> Fault<'a> {
    if has_methods(value) { Fault::NoOverload } else { Fault::Text(named) }
}

fn never<'a>(_: &Call<'_, 'a>) -> Evaluated<'a> {
    Err(Fault::NoOverload)
}

fn not<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    match call.arg(0)? {
        V::Bool(value) => Ok(V::Bool(!value)),
        _ => Err(Fault::NoOverload),
    }
}

fn negate<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    match call.arg(0)? {
        V::Int(value) => value.checked_neg().map(V::Int).ok_or(INTEGER_OVERFLOW),
        V::Double(value) => Ok(V::Double(-value)),
        V::Duration(value) => value.checked_neg().map(V::Duration).ok_or(INTEGER_OVERFLOW),
        V::Bool(_) => Err(Fault::NoOverload),
        other => Err(missing(other, "no such overload: -_")),
    }
}

fn equal<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    compare::equal(call.run, call.arg(0)?, call.arg(1)?).map(V::Bool)
}

/// Whatever cannot be compared is not equal; only `==` says that it cannot.
fn not_equal<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    match compare::equal(call.run, call.arg(0)?, call.arg(1)?) {
        Err(Fault::NoOverload) => Ok(V::Bool(true)),
        answer => answer.map(|equal| V::Bool(!equal)),
    }
}

fn is_nan(value: V<'_>) -> bool {
    matches!(value, V::Double(number) if number.is_nan())
}

/// Orders the arguments; a NaN is in no order with anything.
fn order<'a>(
    call: &Call<'_, 'a>,
    operator: &'static str,
    holds: fn(Ordering) -> bool,
) -> Evaluated<'a> {
    let (left, right) = (call.arg(0)?, call.arg(1)?);
    // Nothing is in an order with what is not a number, whatever its type.
    if compare::has_order(left) && (is_nan(left) || is_nan(right)) {
        return Ok(V::Bool(false));
    }
    match compare::order(left, right) {
        Some(order) => Ok(V::Bool(order.is_some_and(holds))),
        None if compare::has_order(left) => Err(Fault::NoOverload),
        None => Err(missing(left, operator)),
    }
}

fn less<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    order(call, "no such overload: _<_", Ordering::is_lt)
}

fn less_equal<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    order(call, "no such overload: _<=_", Ordering::is_le)
}

fn greater<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    order(call, "no such overload: _>_", Ordering::is_gt)
}

fn greater_equal<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    order(call, "no such overload: _>=_", Ordering::is_ge)
}

fn add<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    let (left, right) = (call.arg(0)?, call.arg(1)?);
    match (left, right) {
        (V::Int(left), V::Int(right)) => {
            left.checked_add(right).map(V::Int).ok_or(INTEGER_OVERFLOW)
        }
        (V::Uint(left), V::Uint(right)) => {
            left.checked_add(right).map(V::Uint).ok_or(UNSIGNED_OVERFLOW)
        }
        (V::Double(left), V::Double(right)) => Ok(V::Double(left + right)),
        (V::String(left), V::String(right)) => {
            call.run.charge_room(left.len() + right.len())?;
            let mut text = bumpalo::collections::String::with_capacity_in(
                left.len() + right.len(),
                call.run.arena,
            );
            text.push_str(left);
            text.push_str(right);
            Ok(V::String(text.into_bump_str()))
        }
        (V::Bytes(left), V::Bytes(right)) => {
            call.run.charge_room(left.len() + right.len())?;
            Ok(V::Bytes(call.run.arena.alloc_slice_copy(&[left, right].concat())))
        }
        (V::Duration(left), V::Duration(right)) => {
            left.checked_add(right).map(V::Duration).ok_or(INTEGER_OVERFLOW)
        }
        (V::Timestamp(moment), V::Duration(duration))
        | (V::Duration(duration), V::Timestamp(moment)) => {
            moment.checked_add(duration).map(V::Timestamp).ok_or(TIMESTAMP_OVERFLOW)
        }
        _ => concatenate(call, left, right),
    }
}

fn concatenate<'a>(call: &Call<'_, 'a>, left: V<'a>, right: V<'a>) -> Evaluated<'a> {
    let (Some(first), Some(second)) = (left.list(), right.list()) else {
        let adds = left.list().is_some()
            || matches!(left, V::Int(_) | V::Uint(_) | V::Double(_) | V::Bytes(_));
        return Err(if adds { Fault::NoOverload } else { missing(left, "no such overload: _+_") });
    };
    match (first.len(), second.len()) {
        (0, _) => Ok(right),
        (_, 0) => Ok(left),
        _ => match call.run.list(first.iter().chain(second.iter()))? {
            V::List(items) => Ok(match left {
                V::List(_) | V::ConstantList(_) | V::Extended(_) => V::Extended(items),
                _ => V::Joined(items),
            }),
            other => Ok(other),
        },
    }
}

fn subtract<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    match (call.arg(0)?, call.arg(1)?) {
        (V::Int(left), V::Int(right)) => {
            left.checked_sub(right).map(V::Int).ok_or(INTEGER_OVERFLOW)
        }
        (V::Uint(left), V::Uint(right)) => {
            left.checked_sub(right).map(V::Uint).ok_or(UNSIGNED_OVERFLOW)
        }
        (V::Double(left), V::Double(right)) => Ok(V::Double(left - right)),
        (V::Duration(left), V::Duration(right)) => {
            left.checked_sub(right).map(V::Duration).ok_or(INTEGER_OVERFLOW)
        }
        (V::Timestamp(moment), V::Duration(duration)) => {
            let duration = duration.checked_neg().ok_or(INTEGER_OVERFLOW)?;
            moment.checked_add(duration).map(V::Timestamp).ok_or(TIMESTAMP_OVERFLOW)
        }
        (V::Timestamp(left), V::Timestamp(right)) => {
            i64::try_from(left.as_nanoseconds() - right.as_nanoseconds())
                .ok()
                .map(V::Duration)
                .ok_or(INTEGER_OVERFLOW)
        }
        (V::Int(_) | V::Uint(_) | V::Double(_), _) => Err(Fault::NoOverload),
        (left, _) => Err(missing(left, "no such overload: _-_")),
    }
}

fn multiply<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    match (call.arg(0)?, call.arg(1)?) {
        (V::Int(left), V::Int(right)) => {
            left.checked_mul(right).map(V::Int).ok_or(INTEGER_OVERFLOW)
        }
        (V::Uint(left), V::Uint(right)) => {
            left.checked_mul(right).map(V::Uint).ok_or(UNSIGNED_OVERFLOW)
        }
        (V::Double(left), V::Double(right)) => Ok(V::Double(left * right)),
        (V::Int(_) | V::Uint(_) | V::Double(_), _) => Err(Fault::NoOverload),
        (left, _) => Err(missing(left, "no such overload: _*_")),
    }
}

fn divide<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    match (call.arg(0)?, call.arg(1)?) {
        (V::Int(_), V::Int(0)) | (V::Uint(_), V::Uint(0)) => Err(Fault::Text("division by zero")),
        (V::Int(left), V::Int(right)) => {
            left.checked_div(right).map(V::Int).ok_or(INTEGER_OVERFLOW)
        }
        (V::Uint(left), V::Uint(right)) => Ok(V::Uint(left / right)),
        (V::Double(left), V::Double(right)) => Ok(V::Double(left / right)),
        (V::Int(_) | V::Uint(_) | V::Double(_), _) => Err(Fault::NoOverload),
        (left, _) => Err(missing(left, "no such overload: _/_")),
    }
}

fn remainder<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    match (call.arg(0)?, call.arg(1)?) {
        (V::Int(_), V::Int(0)) | (V::Uint(_), V::Uint(0)) => Err(Fault::Text("modulus by zero")),
        (V::Int(left), V::Int(right)) => {
            left.checked_rem(right).map(V::Int).ok_or(INTEGER_OVERFLOW)
        }
        (V::Uint(left), V::Uint(right)) => Ok(V::Uint(left % right)),
        (V::Int(_) | V::Uint(_), _) => Err(Fault::NoOverload),
        (left, _) => Err(missing(left, "no such overload: _%_")),
    }
}

fn contained<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    let (element, container) = (call.arg(0)?, call.arg(1)?);
    if let Some(list) = container.list() {
        return compare::contains(call.run, list, element).map(V::Bool);
    }
    let entries = container.entries().ok_or(Fault::NoOverload)?;
    access::find(call.run, entries, element).map(|found| V::Bool(found.is_some()))
}

fn index<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    access::index(call.run, call.arg(0)?, call.arg(1)?)
}

fn optional_index<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    access::optional_index(call.run, call.arg(0)?, call.arg(1)?)
}

fn size<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    let value = call.arg(0)?;
    let size = match value {
        V::String(text) => {
            call.run.charge_bytes(text.len())?;
            text.chars().count()
        }
        V::Bytes(bytes) => bytes.len(),
        V::Object(Object::Hierarchy(parts)) => parts.len(),
        _ => match (value.list(), value.entries()) {
            (Some(list), _) => list.len(),
            (None, Some(entries)) => entries.len(),
            (None, None) => return Err(missing(value, "no such overload: size")),
        },
    };
    i64::try_from(size).ok().map(V::Int).ok_or(INTEGER_OVERFLOW)
}

fn type_of<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    Ok(V::Type(call.arg(0)?.type_name()))
}

fn identity<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    call.arg(0)
}
