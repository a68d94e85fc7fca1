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
        None if matches!(value, V::Message(_)) => Err(no_such_field(run, field)),
        None => Err(run.fail(format_args!("no such key: {field}"))),
    }
}

fn no_such_field<'a>(run: &Run<'a>, field: &str) -> Fault<'a> {
    run.fail(format_args!("no such field '{field}'"))
}

/// `value.?field`
pub(super) fn optional_select<'a>(run: &Run<'a>, value: V<'a>, field: &'a str) -> Evaluated<'a> {
    let value = match value {
        V::Optional(None) => return Ok(value),
        V::Optional(Some(inner)) => *inner,
        other => other,
    };
    let found = match value {
        V::Message(message) => {
            let is_set = message.has(field).ok_or_else(|| no_such_field(run, field))?;
            message.field(field).filter(|_| is_set)
        }
        other => try_select(other, field)?,
    };
    Ok(run.optional(found))
}

/// `has(value.field)`
pub(super) fn has<'a>(run: &Run<'a>, value: V<'a>, field: &str) -> Result<bool, Fault<'a>> {
    match value {
        V::Optional(None) => Ok(false),
        V::Optional(Some(inner)) => has(run, *inner, field),
        V::Message(message) => message.has(field).ok_or_else(|| no_such_field(run, field)),
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
        V::Object(Object::Hierarchy(_)) => Err(Fault::Text("unsupported index type 'string'")),
        _ if value.list().is_some() => Err(Fault::Text("unsupported index type 'string' in list")),
        _ => Ok(None),
    }
}

/// `value[key]`
pub(super) fn index<'a>(run: &Run<'a>, value: V<'a>, key: V<'a>) -> Evaluated<'a> {
    qualifier(run, key)?;
    if let V::Optional(inner) = value {
        let Some(inner) = inner else { return Ok(value) };
        return optional_index(run, *inner, key);
    }
    if let Some(list) = value.list() {
        return element(run, list, key)?
            .ok_or_else(|| run.fail(format_args!("index out of bounds: {}", describe(key))));
    }
    match value {
        V::Object(Object::Hierarchy(parts)) => return part(run, parts, key),
        V::Message(_) => {
            let V::String(field) = key else { return Err(Fault::NoOverload) };
            return select(run, value, field);
        }
        _ => {}
    }
    let found = match value.entries() {
        Some(entries) => find(run, entries, key)?,
        None => None,
    };
    found.ok_or_else(|| run.fail(format_args!("no such key: {}", describe(key))))
}

/// `value[?key]`
pub(super) fn optional_index<'a>(run: &Run<'a>, value: V<'a>, key: V<'a>) -> Evaluated<'a> {
    qualifier(run, key)?;
    let value = match value {
        V::Optional(None) => return Ok(value),
        V::Optional(Some(inner)) => *inner,
        other => other,
    };
    match value {
        V::Object(Object::Hierarchy(parts)) => {
            return part(run, parts, key).map(|part| run.optional(Some(part)));
        }
        V::Message(_) => {
            let V::String(field) = key else { return Err(Fault::NoOverload) };
            return optional_select(run, value, field);
        }
        _ => {}
    }
    let found = match (value.list(), value.entries()) {
        (Some(list), _) => element(run, list, key)?,
        (None, Some(entries)) => find(run, entries, key)?,
        (None, None) => None,
    };
    Ok(run.optional(found))
}

/// The part of a hierarchy at an index, which must be an integer and within.
fn part<'a>(run: &Run<'a>, parts: &'a [&'a str], key: V<'a>) -> Evaluated<'a> {
    let V::Int(index) = key else {
        let kind = key.type_name();
        return Err(run.fail(format_args!("unsupported index type '{kind}'")));
    };
    let found = usize::try_from(index).ok().and_then(|index| parts.get(index));
    found.map(|part| V::String(part)).ok_or(Fault::Text("index out of range"))
}

/// Refuses keys of types that are none, whatever they would be looked up in.
pub(super) fn qualifier<'a>(run: &Run<'a>, key: V<'a>) -> Result<(), Fault<'a>> {
    match key {
        V::String(_) | V::Int(_) | V::Uint(_) | V::Double(_) | V::Bool(_) => Ok(()),
        other => Err(run.fail(format_args!("invalid qualifier type: {}", go_type_name(other)))),
    }
}

/// What Go prints for the type of a value.
pub(super) fn go_type_name(value: V<'_>) -> &'static str {
    match value {
        V::Null => "types.Null",
        V::Bool(_) => "types.Bool",
        V::Int(_) => "types.Int",
        V::Uint(_) => "types.Uint",
        V::Double(_) => "types.Double",
        V::String(_) => "types.String",
        V::Bytes(_) => "types.Bytes",
        V::Duration(_) => "types.Duration",
        V::Timestamp(_) => "types.Timestamp",
        V::Type(_) => "*types.Type",
        V::Optional(_) => "*types.Optional",
        V::Ip(_) => "ext.IP",
        V::Cidr(_) => "ext.CIDR",
        V::Message(_) => "*types.protoMessageObject",
        V::Object(Object::Hierarchy(_)) => "types.Hierarchy",
        V::Object(Object::SpiffeId { .. }) => "types.SPIFFEID",
        V::Object(Object::SpiffeTrustDomain(_)) => "types.SPIFFETrustDomain",
        V::Object(Object::SpiffeMatcher(_)) => "types.SPIFFEMatcher",
        V::Object(Object::Unusable(_)) => "*types.Err",
        V::Joined(_) | V::Extended(_) => "*types.concatList",
        V::List(_) | V::JsonList(_) | V::ConstantList(_) | V::Roles(_) | V::Names(_) => {
            "*types.baseList"
        }
        V::Map(_) | V::JsonMap(_) | V::ConstantMap(_) | V::Tokens(_) => "*types.baseMap",
    }
}

/// The element at an index that is a whole number of any kind.
fn element<'a>(run: &Run<'a>, list: List<'a>, key: V<'a>) -> Result<Option<V<'a>>, Fault<'a>> {
    let index = match key {
        V::Int(index) => usize::try_from(index).ok(),
        V::Uint(index) => within(run, key, i64::try_from(index).ok())?,
        V::Double(index) => within(run, key, whole(index))?,
        other => {
            let kind = other.type_name();
            return Err(run.fail(format_args!("unsupported index type '{kind}' in list")));
        }
    };
    Ok(index.and_then(|index| list.get(index)))
}

/// The place of an index that must fit into an integer.
fn within<'a>(run: &Run<'a>, key: V<'a>, index: Option<i64>) -> Result<Option<usize>, Fault<'a>> {
    let key = describe(key);
    let unsupported = || run.fail(format_args!("unsupported index value {key} in list"));
    index.ok_or_else(unsupported).map(|index| usize::try_from(index).ok())
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

/// Values that Go cannot look up in a map, nor put into one.
pub(super) fn unhashable(key: V<'_>) -> Option<&'static str> {
    Some(match key {
        V::Bytes(_) => "internal error: runtime error: hash of unhashable type types.Bytes",
        V::Object(Object::Hierarchy(_)) => {
            "internal error: runtime error: hash of unhashable type types.Hierarchy"
        }
        V::Object(Object::SpiffeMatcher(_)) => {
            "internal error: runtime error: hash of unhashable type types.SPIFFEMatcher"
        }
        _ => return None,
    })
}

fn find_value<'a>(
    run: &Run<'a>,
    entries: impl Iterator<Item = (V<'a>, V<'a>)>,
    key: V<'a>,
) -> Result<Option<V<'a>>, Fault<'a>> {
    let mut entries = entries.peekable();
    if let (Some(_), Some(text)) = (entries.peek(), unhashable(key)) {
        return Err(run.panic(text));
    }
    for (name, value) in entries {
        run.charge(1)?;
        // A key that is a double is found by a double alone, though a double finds integers.
        let is_hidden = matches!(name, V::Double(_)) && !matches!(key, V::Double(_));
        if !is_hidden && compare::equal(run, name, key)? {
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
