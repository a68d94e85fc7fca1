//! `math.*`

use std::cmp::Ordering;

use super::{Call, Family, Mismatch};
use crate::engine::cel::{
    compare,
    eval::{Evaluated, Fault},
    value::V,
};

pub(super) const FAMILY: Family = Family {
    mismatch: Mismatch::Named,
    functions: &[
        ("math.abs: (double) -> double", abs),
        ("math.abs: (int) -> int", abs),
        ("math.abs: (uint) -> uint", abs),
        ("math.bitAnd: (int, int) -> int", bit_and),
        ("math.bitAnd: (uint, uint) -> uint", bit_and),
        ("math.bitNot: (int) -> int", bit_not),
        ("math.bitNot: (uint) -> uint", bit_not),
        ("math.bitOr: (int, int) -> int", bit_or),
        ("math.bitOr: (uint, uint) -> uint", bit_or),
        ("math.bitShiftLeft: (int, int) -> int", bit_shift_left),
        ("math.bitShiftLeft: (uint, int) -> uint", bit_shift_left),
        ("math.bitShiftRight: (int, int) -> int", bit_shift_right),
        ("math.bitShiftRight: (uint, int) -> uint", bit_shift_right),
        ("math.bitXor: (int, int) -> int", bit_xor),
        ("math.bitXor: (uint, uint) -> uint", bit_xor),
        ("math.ceil: (double) -> double", ceil),
        ("math.floor: (double) -> double", floor),
        ("math.isFinite: (double) -> bool", is_finite),
        ("math.isInf: (double) -> bool", is_inf),
        ("math.isNaN: (double) -> bool", is_nan),
        ("math.round: (double) -> double", round),
        ("math.sign: (double) -> double", sign),
        ("math.sign: (int) -> int", sign),
        ("math.sign: (uint) -> uint", sign),
        ("math.sqrt: (double) -> double", sqrt),
        ("math.sqrt: (int) -> double", sqrt),
        ("math.sqrt: (uint) -> double", sqrt),
        ("math.trunc: (double) -> double", trunc),
        ("math.@max: (double) -> double", only),
        ("math.@max: (int) -> int", only),
        ("math.@max: (uint) -> uint", only),
        ("math.@max: (double, double) -> double", greatest),
        ("math.@max: (int, int) -> int", greatest),
        ("math.@max: (uint, uint) -> uint", greatest),
        ("math.@max: (int, uint) -> dyn", greatest),
        ("math.@max: (int, double) -> dyn", greatest),
        ("math.@max: (double, int) -> dyn", greatest),
        ("math.@max: (double, uint) -> dyn", greatest),
        ("math.@max: (uint, int) -> dyn", greatest),
        ("math.@max: (uint, double) -> dyn", greatest),
        ("math.@max: (list(double)) -> double", greatest_of),
        ("math.@max: (list(int)) -> int", greatest_of),
        ("math.@max: (list(uint)) -> uint", greatest_of),
        ("math.@min: (double) -> double", only),
        ("math.@min: (int) -> int", only),
        ("math.@min: (uint) -> uint", only),
        ("math.@min: (double, double) -> double", least),
        ("math.@min: (int, int) -> int", least),
        ("math.@min: (uint, uint) -> uint", least),
        ("math.@min: (int, uint) -> dyn", least),
        ("math.@min: (int, double) -> dyn", least),
        ("math.@min: (double, int) -> dyn", least),
        ("math.@min: (double, uint) -> dyn", least),
        ("math.@min: (uint, int) -> dyn", least),
        ("math.@min: (uint, double) -> dyn", least),
        ("math.@min: (list(double)) -> double", least_of),
        ("math.@min: (list(int)) -> int", least_of),
        ("math.@min: (list(uint)) -> uint", least_of),
    ],
};

fn only<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    call.arg(0)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Extremum {
    Greatest,
    Least,
}

/// The greater (or the lesser) of two numbers; of equal ones the first.
fn better<'a>(best: V<'a>, other: V<'a>, wanted: Extremum) -> Evaluated<'a> {
    let improving = match wanted {
        Extremum::Greatest => Ordering::Less,
        Extremum::Least => Ordering::Greater,
    };
    match compare::order(best, other) {
        Some(Some(order)) => Ok(if order == improving { other } else { best }),
        Some(None) => Err(Fault::Text(match wanted {
            Extremum::Greatest => "NaN values cannot be ordered: math.@max",
            Extremum::Least => "NaN values cannot be ordered: math.@min",
        })),
        None => Err(Fault::NoOverload),
    }
}

fn greatest<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    better(call.arg(0)?, call.arg(1)?, Extremum::Greatest)
}

fn least<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    better(call.arg(0)?, call.arg(1)?, Extremum::Least)
}

fn best_of<'a>(call: &Call<'_, 'a>, wanted: Extremum) -> Evaluated<'a> {
    let mismatch = Fault::Text(match wanted {
        Extremum::Greatest => "no such overload: math.@max",
        Extremum::Least => "no such overload: math.@min",
    });
    let mut best = None;
    for item in call.list(0)?.iter() {
        call.run.charge(1)?;
        let is_number = matches!(item, V::Int(_) | V::Uint(_) | V::Double(_));
        best = Some(match best {
            None if is_number => item,
            // In a list NaN is no number that fits.
            Some(best) if is_number => better(best, item, wanted).ok().ok_or(mismatch)?,
            _ => return Err(mismatch),
        });
    }
    best.ok_or(Fault::Text(match wanted {
        Extremum::Greatest => "math.@max(list) argument must not be empty",
        Extremum::Least => "math.@min(list) argument must not be empty",
    }))
}

fn greatest_of<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    best_of(call, Extremum::Greatest)
}

fn least_of<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    best_of(call, Extremum::Least)
}

fn abs<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    match call.arg(0)? {
        V::Int(value) => value.checked_abs().map(V::Int).ok_or(Fault::Text("integer overflow")),
        V::Double(value) => Ok(V::Double(value.abs())),
        value => Ok(value),
    }
}

fn sign<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    Ok(match call.arg(0)? {
        V::Int(value) => V::Int(value.signum()),
        V::Uint(value) => V::Uint(value.min(1)),
        V::Double(value) if value > 0.0 => V::Double(1.0),
        V::Double(value) if value < 0.0 => V::Double(-1.0),
        V::Double(0.0) => V::Double(0.0),
        value => value,
    })
}

#[expect(clippy::cast_precision_loss, reason = "the square root of an integer is a double")]
fn sqrt<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    match call.arg(0)? {
        V::Int(value) => Ok(V::Double((value as f64).sqrt())),
        V::Uint(value) => Ok(V::Double((value as f64).sqrt())),
        V::Double(value) => Ok(V::Double(value.sqrt())),
        _ => Err(Fault::NoOverload),
    }
}

fn ceil<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    Ok(V::Double(call.double(0)?.ceil()))
}

fn floor<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    Ok(V::Double(call.double(0)?.floor()))
}

fn round<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    Ok(V::Double(call.double(0)?.round()))
}

fn trunc<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    Ok(V::Double(call.double(0)?.trunc()))
}

fn is_finite<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    Ok(V::Bool(call.double(0)?.is_finite()))
}

fn is_inf<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    Ok(V::Bool(call.double(0)?.is_infinite()))
}

fn is_nan<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    Ok(V::Bool(call.double(0)?.is_nan()))
}

/// Applies a function of bits, which is the same for both kinds of integers.
fn bits<'a>(call: &Call<'_, 'a>, apply: fn(u64, u64) -> u64) -> Evaluated<'a> {
    match (call.arg(0)?, call.arg(1)?) {
        (V::Int(left), V::Int(right)) => {
            let bits = apply(left.cast_unsigned(), right.cast_unsigned());
            Ok(V::Int(bits.cast_signed()))
        }
        (V::Uint(left), V::Uint(right)) => Ok(V::Uint(apply(left, right))),
        _ => Err(Fault::NoOverload),
    }
}

fn bit_and<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    bits(call, |left, right| left & right)
}

fn bit_or<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    bits(call, |left, right| left | right)
}

fn bit_xor<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    bits(call, |left, right| left ^ right)
}

fn bit_not<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    match call.arg(0)? {
        V::Int(value) => Ok(V::Int(!value)),
        V::Uint(value) => Ok(V::Uint(!value)),
        _ => Err(Fault::NoOverload),
    }
}

/// Shifts the bits. A right shift of a negative integer does not keep its sign.
fn shift<'a>(call: &Call<'_, 'a>, name: &str, apply: fn(u64, u32) -> Option<u64>) -> Evaluated<'a> {
    let count = call.int(1)?;
    let Ok(count) = u64::try_from(count) else {
        return Err(call.run.fail(format_args!("{name}() negative offset: {count}")));
    };
    let shifted =
        |bits| u32::try_from(count).ok().and_then(|count| apply(bits, count)).unwrap_or(0);
    match call.arg(0)? {
        V::Int(value) => Ok(V::Int(shifted(value.cast_unsigned()).cast_signed())),
        V::Uint(value) => Ok(V::Uint(shifted(value))),
        _ => Err(Fault::NoOverload),
    }
}

fn bit_shift_left<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    shift(call, "math.bitShiftLeft", u64::checked_shl)
}

fn bit_shift_right<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    shift(call, "math.bitShiftRight", u64::checked_shr)
}
