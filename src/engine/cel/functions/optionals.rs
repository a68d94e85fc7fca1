//! Optional values. `or` and `orValue` are declared here and evaluated elsewhere: they do not
//! evaluate their argument unless it is needed.

use super::{Call, Family, Mismatch};
use crate::engine::cel::{
    eval::{Evaluated, Fault},
    value::V,
};

pub(super) const FAMILY: Family = Family {
    mismatch: Mismatch::Named,
    functions: &[
        ("hasValue: optional(A).() -> bool", has_value),
        ("or: optional(A).(optional(A)) -> optional(A)", lazy),
        ("orValue: optional(A).(A) -> A", lazy),
        ("optional.none: () -> optional(A)", none),
        ("optional.of: (A) -> optional(A)", of),
        ("optional.ofNonZeroValue: (A) -> optional(A)", of_non_zero),
        ("optional.unwrap: (list(optional(A))) -> list(A)", unwrap),
        ("unwrapOpt: list(optional(A)).() -> list(A)", unwrap),
        ("value: optional(A).() -> A", value),
    ],
};

fn lazy<'a>(_: &Call<'_, 'a>) -> Evaluated<'a> {
    Err(Fault::NoOverload)
}

fn has_value<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    Ok(V::Bool(call.optional(0)?.is_some()))
}

fn value<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    call.optional(0)?.copied().ok_or(Fault::Text("optional.none() dereference"))
}

fn none<'a>(_: &Call<'_, 'a>) -> Evaluated<'a> {
    Ok(V::Optional(None))
}

fn of<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    Ok(call.run.optional(Some(call.arg(0)?)))
}

fn of_non_zero<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    let value = call.arg(0)?;
    let is_zero = match value {
        V::Null | V::Bool(false) | V::Int(0) | V::Uint(0) | V::Duration(0) => true,
        V::Double(number) => number == 0.0,
        V::String(text) => text.is_empty(),
        V::Bytes(bytes) => bytes.is_empty(),
        _ => match (value.list(), value.entries()) {
            (Some(list), _) => list.len() == 0,
            (None, Some(entries)) => entries.len() == 0,
            (None, None) => false,
        },
    };
    Ok(call.run.optional((!is_zero).then_some(value)))
}

fn unwrap<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    let mut values = Vec::new();
    for item in call.list(0)?.iter() {
        match item {
            V::Optional(Some(inner)) => values.push(*inner),
            V::Optional(None) => {}
            other => {
                let other = super::describe(other);
                return Err(call.run.fail(format_args!("value {other} is not optional")));
            }
        }
    }
    call.run.list(values.into_iter())
}
