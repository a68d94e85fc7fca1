//! Fields, keys and indices: what is at a place in a value, and whether there is anything.

use super::{
    compare,
    eval::{Evaluated, Fault, Run},
    functions::describe,
    value::{Entries, List, Object, V},
};

/// `value.field`
pub(super) fn select<'a>(run: &Run<'a>, value: V<'a>, field: &'a str) -> Evaluated<'a> {
    if let V::Optional(inner) = value {
        let Some(inner) = inner else { return Ok(value) };
        return optional_select(run, *inner, field);
    }
    match try_select(value, field)? {
        Some(found) => Ok(found),
        None => Err(run.fail(format_args!("no such key: {field}"))),
    }
}

/// `value.?field`
pub(super) fn optional_select<'a>(run: &Run<'a>, value: V<'a>, field: &'a str) -> Evaluated<'a> {
    let value = match value {
        V::Optional(None) => return Ok(value),
        V::Optional(Some(inner)) => *inner,
        other => other,
    };
    let found = match value {
        V::Message(message) if message.has(field) == Some(false) => None,
        other => try_select(other, field)?,
    };
    Ok(run.optional(found))
}

/// `has(value.field)`
pub(super) fn has<'a>(value: V<'a>, field: &str) -> Result<bool, Fault<'a>> {
    match value {
        V::Optional(None) => Ok(false),
        V::Optional(Some(inner)) => has(*inner, field),
        V::Message(message) => message.has(field).ok_or(Fault::Text("no such field")),
        other => try_select(other, field).map(|found| found.is_some()),
    }
}

fn try_select<'a>(value: V<'a>, field: &str) -> Result<Option<V<'a>>, Fault<'a>> {
    if let Some(entries) = value.entries() {
        return Ok(entries.field(field));
    }
    match value {
        V::Message(message) => Ok(message.field(field)),
        V::Object(Object::Unusable(text)) => Err(Fault::Text(text)),
        _ if value.list().is_some() => Err(Fault::Text("unsupported index type 'string' in list")),
        _ => Ok(None),
    }
}

/// `value[key]`
pub(super) fn index<'a>(run: &Run<'a>, value: V<'a>, key: V<'a>) -> Evaluated<'a> {
    if let V::Optional(inner) = value {
        let Some(inner) = inner else { return Ok(value) };
        return optional_index(run, *inner, key);
    }
    if let Some(list) = value.list() {
        return element(run, list, key)?
            .ok_or_else(|| run.fail(format_args!("index out of bounds: {}", describe(key))));
    }
    if let V::Object(Object::Hierarchy(parts)) = value {
        return element(run, List::Names(parts), key)?.ok_or(Fault::Text("index out of range"));
    }
    let found = match (value.entries(), value, key) {
        (Some(entries), ..) => find(run, entries, key)?,
        (None, V::Message(_), V::String(field)) => try_select(value, field)?,
        _ => None,
    };
    found.ok_or_else(|| run.fail(format_args!("no such key: {}", describe(key))))
}

/// `value[?key]`
pub(super) fn optional_index<'a>(run: &Run<'a>, value: V<'a>, key: V<'a>) -> Evaluated<'a> {
    let value = match value {
        V::Optional(None) => return Ok(value),
        V::Optional(Some(inner)) => *inner,
        other => other,
    };
    let found = match (value.list(), value.entries()) {
        (Some(list), _) => element(run, list, key)?,
        (None, Some(entries)) => find(run, entries, key)?,
        (None, None) => None,
    };
    Ok(run.optional(found))
}

/// The element at an index that is a whole number of any kind.
fn element<'a>(run: &Run<'a>, list: List<'a>, key: V<'a>) -> Result<Option<V<'a>>, Fault<'a>> {
    let index = match key {
        V::Int(index) => usize::try_from(index).ok(),
        V::Uint(index) => usize::try_from(index).ok(),
        V::Double(index) => match whole(index) {
            Some(index) => usize::try_from(index).ok(),
            None => {
                let index = describe(key);
                return Err(run.fail(format_args!("unsupported index value {index} in list")));
            }
        },
        other => {
            let kind = other.type_name();
            return Err(run.fail(format_args!("unsupported index type '{kind}' in list")));
        }
    };
    Ok(index.and_then(|index| list.get(index)))
}

/// The value under a key. Keys that are numbers are found by their value.
pub(super) fn find<'a>(
    run: &Run<'a>,
    entries: Entries<'a>,
    key: V<'a>,
) -> Result<Option<V<'a>>, Fault<'a>> {
    match (entries, key) {
        (Entries::Json(_) | Entries::Tokens(_), V::String(name)) => Ok(entries.field(name)),
        // All keys of these are strings.
        (Entries::Json(_) | Entries::Tokens(_), _) => Ok(None),
        (Entries::Values(entries), _) => find_value(run, entries.iter().copied(), key),
        (Entries::Constants(entries), _) => {
            let entries = entries.iter().map(|(name, value)| (name.view(), value.view()));
            find_value(run, entries, key)
        }
    }
}

fn find_value<'a>(
    run: &Run<'a>,
    entries: impl Iterator<Item = (V<'a>, V<'a>)>,
    key: V<'a>,
) -> Result<Option<V<'a>>, Fault<'a>> {
    for (name, value) in entries {
        run.charge(1)?;
        if compare::equal(run, name, key)? {
            return Ok(Some(value));
        }
    }
    Ok(None)
}

/// The integer that a double is, if it is one.
#[expect(clippy::cast_possible_truncation, reason = "a whole number within the range of i64")]
pub(super) fn whole(number: f64) -> Option<i64> {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    (number.fract() == 0.0 && (-LIMIT..LIMIT).contains(&number)).then_some(number as i64)
}
