//! Values on their way out: as JSON for `output:` and `json.encode`, and as the value of a variable.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bumpalo::Bump;

use super::{
    duration,
    eval::{Fault, Run},
    functions::spiffe,
    value::{Cidr, Object, V},
};
use crate::engine::model::{Map, Value};

/// Beyond this, values are taken to be made to exhaust the stack.
const DEPTH: usize = 500;
/// Integers beyond this are not exact in JSON, and become strings.
const EXACT: u64 = (1 << 53) - 1;

/// The value as JSON.
///
/// # Errors
/// Cerbos's text, where the value has no form in JSON.
pub(super) fn to_json<'a>(run: &Run<'a>, value: V<'a>) -> Result<Value, Fault<'a>> {
    json_within(run, value, DEPTH)
}

fn json_within<'a>(run: &Run<'a>, value: V<'a>, depth: usize) -> Result<Value, Fault<'a>> {
    run.charge(1)?;
    run.keep(size_of::<Value>())?;
    Ok(match value {
        V::Null => Value::Null,
        V::Bool(value) => Value::Bool(value),
        V::Int(value) if value.unsigned_abs() <= EXACT => Value::Number(exact(value)),
        V::Int(value) => Value::from(value.to_string()),
        V::Uint(value) => match i64::try_from(value) {
            Ok(small) if value <= EXACT => Value::Number(exact(small)),
            _ => Value::from(value.to_string()),
        },
        V::Double(value) => Value::Number(value),
        V::String(text) => {
            run.keep(text.len())?;
            Value::from(text)
        }
        V::Bytes(bytes) => {
            run.keep(2 * bytes.len())?;
            Value::from(STANDARD.encode(bytes))
        }
        V::Duration(nanoseconds) => Value::from(duration::to_text(nanoseconds)),
        V::Timestamp(moment) => Value::from(moment.to_rfc3339()),
        V::Type(_) => return Err(Fault::Text("type conversion not supported for 'type'")),
        V::Optional(Some(inner)) => json_below(run, *inner, depth)?,
        V::Optional(None) => return Err(Fault::Text("optional.none() dereference")),
        V::Ip(_) | V::Cidr(_) => {
            return Err(Fault::Text("unsupported type conversion to '*structpb.Value'"));
        }
        V::Object(object) => return Err(object_fault(object)),
        _ => container(run, value, depth)?,
    })
}

#[inline(never)]
fn json_below<'a>(run: &Run<'a>, value: V<'a>, depth: usize) -> Result<Value, Fault<'a>> {
    let Some(depth) = depth.checked_sub(1) else {
        return Err(Fault::Text("value is nested too deep"));
    };
    json_within(run, value, depth)
}

#[inline(never)]
fn container<'a>(run: &Run<'a>, value: V<'a>, depth: usize) -> Result<Value, Fault<'a>> {
    if let Some(list) = value.list() {
        let mut items = Vec::with_capacity(list.len());
        for item in list.iter() {
            let item = match value {
                V::Joined(_) => to_native(run.arena, item),
                V::Extended(_) if !survives(item) => to_native(run.arena, item),
                _ => item,
            };
            items.push(json_below(run, item, depth)?);
        }
        return Ok(Value::List(items.into()));
    }
    let mut entries: Vec<(&str, Value)> = Vec::new();
    if let V::Message(message) = value {
        for field in message.fields() {
            // A field that is always there is left out nevertheless where it is empty.
            if let (Some(true), Some(value)) = (message.has(field), message.field(field))
                && !matches!(value, V::Names([]))
            {
                entries.push((*field, json_below(run, value, depth)?));
            }
        }
    } else if let Some(pairs) = value.entries() {
        for (key, value) in pairs.pairs(run.arena) {
            entries.push((to_text(run, *key)?, json_below(run, *value, depth)?));
        }
    }
    Ok(Value::Map(entries.into_iter().collect::<Map>()))
}

/// The value as one of Go's strings, for keys of objects and the parts of a hierarchy.
///
/// # Errors
/// cel-go's text, where the value has no such form.
pub(super) fn to_text<'a>(run: &Run<'a>, value: V<'a>) -> Result<&'a str, Fault<'a>> {
    let arena = run.arena;
    Err(Fault::Text(match value {
        V::String(text) => return Ok(text),
        V::Optional(Some(inner)) => return to_text(run, *inner),
        V::Ip(address) => return Ok(arena.alloc_str(&address.to_string())),
        V::Cidr(Cidr { address, prefix }) => {
            return Ok(arena.alloc_str(&format!("{address}/{prefix}")));
        }
        V::Object(Object::Hierarchy(parts)) => return Ok(arena.alloc_str(&parts.join("."))),
        V::Object(Object::SpiffeId { trust_domain, path }) => {
            return Ok(arena.alloc_str(&format!("{}{trust_domain}{path}", spiffe::SCHEME)));
        }
        V::Object(Object::SpiffeTrustDomain(name)) => return Ok(name),
        V::Object(Object::SpiffeMatcher(_)) => {
            "unsupported native conversion from SPIFFEMatcher to 'string'"
        }
        V::Object(Object::Unusable(text)) => text,
        V::Int(_) => "unsupported type conversion from 'int' to string",
        V::Uint(_) => "unsupported type conversion from 'uint' to string",
        V::Bool(_) => "type conversion error from bool to 'string'",
        V::Double(_) => "type conversion error from Double to 'string'",
        V::Null => "type conversion error from 'null_type' to 'string'",
        V::Bytes(_) => "type conversion error from Bytes to 'string'",
        V::Timestamp(_) => "type conversion error from 'Timestamp' to 'string'",
        V::Duration(_) => "type conversion error from 'Duration' to 'string'",
        V::Type(_) => "type conversion not supported for 'type'",
        V::Optional(None) => "optional.none() dereference",
        V::Message(message) => {
            let kind = message.go_type_name();
            return Err(run.fail(format_args!("type conversion error from '{kind}' to 'string'")));
        }
        _ if value.list().is_some() => "type conversion error from list to 'string'",
        _ => "type conversion error from map to 'string'",
    }))
}

fn object_fault<'a>(object: &Object<'a>) -> Fault<'a> {
    Fault::Text(match object {
        Object::Hierarchy(_) => "unsupported native conversion from hierarchy to '*structpb.Value'",
        Object::SpiffeId { .. } => {
            "unsupported native conversion from SPIFFEID to '*structpb.Value'"
        }
        Object::SpiffeTrustDomain(_) => {
            "unsupported native conversion from SPIFFETrustDomain to '*structpb.Value'"
        }
        Object::SpiffeMatcher(_) => {
            "unsupported native conversion from SPIFFEMatcher to '*structpb.Value'"
        }
        Object::Unusable(text) => text,
    })
}

#[expect(clippy::cast_precision_loss, reason = "the caller has checked that it is exact")]
fn exact(value: i64) -> f64 {
    value as f64
}

/// Whether a list of the expression gets a value back that Cerbos has turned into one of Go's.
fn survives(value: V<'_>) -> bool {
    matches!(value, V::Ip(_) | V::Cidr(_))
}

/// What a value is after Cerbos has turned it into one of Go's and back.
fn to_native<'a>(arena: &'a Bump, value: V<'a>) -> V<'a> {
    let unusable = |kind: &str, text: String| {
        let text = format!("unsupported conversion to ref.Val: ({kind}){text}");
        V::Object(arena.alloc(Object::Unusable(arena.alloc_str(&text))))
    };
    match value {
        V::Ip(address) => unusable("netip.Addr", address.to_string()),
        V::Cidr(Cidr { address, prefix }) => {
            unusable("netip.Prefix", format!("{address}/{prefix}"))
        }
        other => to_variable(arena, other),
    }
}

/// The value that a variable has where it is used. Cerbos converts it to a native value and back,
/// and some types do not survive that.
pub(super) fn to_variable<'a>(arena: &'a Bump, value: V<'a>) -> V<'a> {
    let unusable = |text: String| V::Object(arena.alloc(Object::Unusable(arena.alloc_str(&text))));
    match value {
        V::Optional(Some(inner)) => to_variable(arena, *inner),
        V::Optional(None) => V::Null,
        V::Type(name) => V::String(name),
        V::Object(Object::Hierarchy(parts)) => V::Names(parts),
        V::Joined(items) | V::Extended(items) => {
            let items = items.iter().map(|item| to_native(arena, *item));
            V::List(arena.alloc_slice_fill_iter(items.collect::<Vec<_>>()))
        }
        V::Object(Object::SpiffeId { trust_domain, path }) => unusable(format!(
            "unsupported conversion to ref.Val: (spiffeid.ID)spiffe://{trust_domain}{path}"
        )),
        V::Object(Object::SpiffeTrustDomain(name)) => {
            unusable(format!("unsupported conversion to ref.Val: (spiffeid.TrustDomain){name}"))
        }
        other => other,
    }
}
