//! `"..".format([..])`: the clauses, and their check before any value is known.

use super::{
    Call, Family, Mismatch,
    conversions::format_go_float,
    numbers::{as_double, fixed, hex, plain, scientific, signed},
};
use crate::engine::cel::{
    duration,
    eval::{Evaluated, Fault, Run},
    types::Type,
    value::{Cidr, V},
};

pub(super) const FAMILY: Family = Family {
    mismatch: Mismatch::Named,
    functions: &[("format: string.(list(dyn)) -> string", format)],
};

/// Digits after the point where a clause does not say how many.
const PRECISION: usize = 6;
const MAX_PRECISION: usize = 100;
/// Beyond this, values are taken to be made to exhaust the stack.
const DEPTH: usize = 500;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verb {
    String,
    Decimal,
    Fixed,
    Scientific,
    Binary,
    Octal,
    LowerHex,
    UpperHex,
}

#[derive(Clone, Copy, Debug)]
struct Clause {
    verb: Verb,
    precision: usize,
}

/// A `%` at the end that has no argument either is another error at each stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Check,
    Evaluation,
}

/// Goes through a format. `literal` gets the text between clauses, `clause` each clause in turn.
fn walk<F>(
    stage: Stage,
    format: &str,
    arguments: usize,
    mut fail: impl FnMut(String) -> F,
    mut visit: impl FnMut(Result<&str, (usize, Clause)>) -> Result<(), F>,
) -> Result<usize, F> {
    let mut rest = format;
    let mut used = 0;
    while let Some((text, after)) = rest.split_once('%') {
        visit(Ok(text))?;
        if let Some(after) = after.strip_prefix('%') {
            visit(Ok("%"))?;
            rest = after;
            continue;
        }
        let is_missing = used >= arguments;
        if after.is_empty() && !(is_missing && stage == Stage::Evaluation) {
            return Err(fail("unexpected end of string".to_owned()));
        }
        if is_missing {
            return Err(fail(format!("index {used} out of range")));
        }
        let (clause, after) = clause(after)
            .map_err(|why| fail(format!("could not parse formatting clause: {why}")))?;
        visit(Err((used, clause)))?;
        used += 1;
        rest = after;
    }
    visit(Ok(rest))?;
    Ok(used)
}

fn clause(text: &str) -> Result<(Clause, &str), String> {
    let mut precision = PRECISION;
    let mut rest = text;
    if let Some(after) = text.strip_prefix('.') {
        let end = after
            .find(|c: char| !c.is_ascii_digit())
            .ok_or("error while parsing precision: could not find end of precision specifier")?;
        let (digits, after) = after.split_at_checked(end).unwrap_or(("", after));
        precision = digits.parse().ok().ok_or_else(|| {
            let why = if digits.is_empty() { "invalid syntax" } else { "value out of range" };
            format!(
                "error while parsing precision: error while converting precision to integer: \
                 strconv.Atoi: parsing \"{digits}\": {why}"
            )
        })?;
        if precision > MAX_PRECISION {
            return Err(format!(
                "error while parsing precision: precision {precision} exceeds maximum allowed \
                 precision {MAX_PRECISION}"
            ));
        }
        rest = after;
    }
    let mut chars = rest.chars();
    let verb = match chars.next() {
        Some('s') => Verb::String,
        Some('d') => Verb::Decimal,
        Some('f') => Verb::Fixed,
        Some('e') => Verb::Scientific,
        Some('b') => Verb::Binary,
        Some('o') => Verb::Octal,
        Some('x') => Verb::LowerHex,
        Some('X') => Verb::UpperHex,
        Some(_) => {
            // cel-go looks at the first byte.
            let first = rest.bytes().next().map_or(' ', char::from);
            return Err(format!("unrecognized formatting clause \"{first}\""));
        }
        None => return Err("could not find end of precision specifier".to_owned()),
    };
    Ok((Clause { verb, precision }, chars.as_str()))
}

// === impl Verb ===

impl Verb {
    fn complaint(self) -> &'static str {
        match self {
            Self::String => {
                "string clause can only be used on strings, bools, bytes, ints, doubles, maps, \
                 lists, types, durations, and timestamps"
            }
            Self::Decimal => "decimal clause can only be used on ints, uints, and doubles",
            Self::Fixed => "fixed-point clause can only be used on ints, uints, and doubles",
            Self::Scientific => "scientific clause can only be used on ints, uints, and doubles",
            Self::Binary => "only ints, uints, and bools can be formatted as binary",
            Self::Octal => "octal clause can only be used on ints and uints",
            Self::LowerHex | Self::UpperHex => {
                "only ints, uints, bytes, and strings can be formatted as hex"
            }
        }
    }

    fn accepts(self, found: &Type) -> bool {
        let is_integer = matches!(found, Type::Int | Type::Uint);
        if found.is_dyn_or_error() || matches!(found, Type::Variable(_)) {
            return true;
        }
        match self {
            Self::String => {
                !matches!(found, Type::Optional(_) | Type::Message(_) | Type::Opaque(_))
            }
            Self::Decimal | Self::Fixed | Self::Scientific => is_integer || *found == Type::Double,
            Self::Binary => is_integer || *found == Type::Bool,
            Self::Octal => is_integer,
            Self::LowerHex | Self::UpperHex => {
                is_integer || matches!(found, Type::String | Type::Bytes)
            }
        }
    }
}

/// Checks a literal format against the types of a literal list.
///
/// # Errors
/// The issue, in the words of cel-go.
pub(in crate::engine::cel) fn check(format: &str, types: &[Vec<Type>]) -> Result<(), String> {
    let used = walk(
        Stage::Check,
        format,
        types.len(),
        |why| why,
        |piece| {
            let Err((index, clause)) = piece else { return Ok(()) };
            // Only `%s` looks into lists and maps.
            let shown = types.get(index).map(Vec::as_slice).unwrap_or_default();
            let looked_at = if clause.verb == Verb::String { shown.len() } else { 1 };
            match shown.iter().take(looked_at).find(|found| !clause.verb.accepts(found)) {
                Some(found) => {
                    let (complaint, given) = (clause.verb.complaint(), static_name(found));
                    Err(format!("error during formatting: {complaint}, was given {given}"))
                }
                None => Ok(()),
            }
        },
    )?;
    if used < types.len() {
        return Err(format!(
            "too many arguments supplied to string.format (expected {used}, got {})",
            types.len()
        ));
    }
    Ok(())
}

fn static_name(found: &Type) -> String {
    match found {
        Type::List(_) => "list".to_owned(),
        Type::Map(_) => "map".to_owned(),
        Type::Null => "null_type".to_owned(),
        Type::Optional(_) => "optional_type".to_owned(),
        Type::Meta(_) => "type".to_owned(),
        Type::Timestamp => "google.protobuf.Timestamp".to_owned(),
        Type::Duration => "google.protobuf.Duration".to_owned(),
        other => other.to_string(),
    }
}

fn format<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    let list = call.list(1)?;
    let mut text = String::new();
    let run = call.run;
    walk(
        Stage::Evaluation,
        call.string(0)?,
        list.len(),
        |why| run.fail(format_args!("{why}")),
        |piece| match piece {
            Ok(literal) => {
                text.push_str(literal);
                run.charge_bytes(literal.len() + 16)?;
                run.hold(text.len())
            }
            Err((index, clause)) => {
                let value = list.get(index).ok_or(Fault::NoOverload)?;
                let before = text.len();
                write(run, &mut text, clause, value)?;
                run.charge_bytes(text.len() - before + 16)
            }
        },
    )?;
    call.run.string(&text)
}

fn write<'a>(
    run: &Run<'a>,
    text: &mut String,
    clause: Clause,
    value: V<'a>,
) -> Result<(), Fault<'a>> {
    let written = match clause.verb {
        Verb::String => return write_string(run, text, value, DEPTH),
        Verb::Decimal => match value {
            V::Int(value) => Some(value.to_string()),
            V::Uint(value) => Some(value.to_string()),
            V::Double(value) => Some(plain(value)),
            _ => None,
        },
        Verb::Fixed => as_double(value).map(|value| fixed(value, clause.precision)),
        Verb::Scientific => as_double(value).map(|value| scientific(value, clause.precision)),
        Verb::Binary => match value {
            V::Int(value) => Some(signed(value, format!("{:b}", value.unsigned_abs()))),
            V::Uint(value) => Some(format!("{value:b}")),
            V::Bool(value) => Some(u8::from(value).to_string()),
            _ => None,
        },
        Verb::Octal => match value {
            V::Int(value) => Some(signed(value, format!("{:o}", value.unsigned_abs()))),
            V::Uint(value) => Some(format!("{value:o}")),
            _ => None,
        },
        Verb::LowerHex => hex(value),
        Verb::UpperHex => hex(value).map(|text| text.to_ascii_uppercase()),
    };
    match written {
        Some(written) => text.push_str(&written),
        None => return Err(complain(run, clause.verb, value)),
    }
    Ok(())
}

fn complain<'a>(run: &Run<'a>, verb: Verb, value: V<'a>) -> Fault<'a> {
    let (complaint, given) = (verb.complaint(), value.type_name());
    run.fail(format_args!("error during formatting: {complaint}, was given {given}"))
}

fn write_string<'a>(
    run: &Run<'a>,
    text: &mut String,
    value: V<'a>,
    depth: usize,
) -> Result<(), Fault<'a>> {
    run.charge(1)?;
    run.hold(text.len())?;
    let Some(depth) = depth.checked_sub(1) else {
        return Err(Fault::Text("value is nested too deep"));
    };
    match value {
        V::String(value) => {
            run.charge_bytes(value.len())?;
            run.hold(text.len() + value.len())?;
            text.push_str(value);
        }
        V::Bool(value) => text.push_str(if value { "true" } else { "false" }),
        V::Int(value) => text.push_str(&value.to_string()),
        V::Uint(value) => text.push_str(&value.to_string()),
        V::Double(value) => text.push_str(&plain(value)),
        V::Bytes(bytes) => {
            run.charge_bytes(bytes.len())?;
            run.hold(text.len() + bytes.len())?;
            text.push_str(&String::from_utf8_lossy(bytes));
        }
        V::Null => text.push_str("null"),
        V::Type(name) => text.push_str(name),
        V::Duration(nanoseconds) => text.push_str(&duration::to_text(nanoseconds)),
        V::Timestamp(mut moment) => {
            moment.offset = 0;
            text.push_str(&moment.to_rfc3339());
        }
        _ => write_container(run, text, value, depth)?,
    }
    Ok(())
}

#[inline(never)]
fn write_container<'a>(
    run: &Run<'a>,
    text: &mut String,
    value: V<'a>,
    depth: usize,
) -> Result<(), Fault<'a>> {
    if let Some(list) = value.list() {
        text.push('[');
        for (index, item) in list.iter().enumerate() {
            if index > 0 {
                text.push_str(", ");
            }
            write_string(run, text, item, depth)?;
        }
        text.push(']');
        return Ok(());
    }
    let entries = value.entries().ok_or_else(|| complain(run, Verb::String, value))?;
    let mut written = Vec::with_capacity(entries.len());
    for (key, value) in entries.pairs(run.arena) {
        let (mut key_text, mut value_text) = (String::new(), String::new());
        write_string(run, &mut key_text, *key, depth)?;
        write_string(run, &mut value_text, *value, depth)?;
        written.push((key_text, value_text));
    }
    written.sort();
    let written: Vec<String> =
        written.into_iter().map(|(key, value)| format!("{key}: {value}")).collect();
    text.push('{');
    text.push_str(&written.join(", "));
    text.push('}');
    Ok(())
}

/// A type with its parameters, of which cel-go knows nothing more when it evaluates.
pub(super) fn dyn_type_name(name: &str) -> String {
    match name {
        "list" | "optional_type" => format!("{name}(dyn)"),
        "map" => "map(dyn, dyn)".to_owned(),
        name => name.to_owned(),
    }
}

/// A value inside an error's text, as Go prints it. What that is for other values depends on where
/// they come from, or on chance: their type is said.
pub(in crate::engine::cel) fn describe(value: V<'_>) -> String {
    match value {
        V::String(text) => text.to_owned(),
        V::Bool(value) => value.to_string(),
        V::Int(value) => value.to_string(),
        V::Uint(value) => value.to_string(),
        V::Double(value) => format_go_float(value),
        // The number of the only value of its enum.
        V::Null => "0".to_owned(),
        V::Type(name) => dyn_type_name(name),
        V::Ip(address) => address.to_string(),
        V::Cidr(Cidr { address, prefix }) => format!("{address}/{prefix}"),
        V::Optional(None) => "optional.none()".to_owned(),
        other => format!("of type {}", other.type_name()),
    }
}
