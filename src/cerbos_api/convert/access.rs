//! `AuthZEN`'s words ↔ Cerbos's: a subject is a principal, and what only Cerbos has stands in properties
//! and contexts under names that begin with `cerbos.`.

use std::collections::BTreeMap;

use prost::Name;
use prost_types::{ListValue, Struct, Value, value::Kind};
use serde_json::Value as Json;

use super::Unusable;
use crate::cerbos_api::json::{self, Layout};
use crate::cerbos_api::proto::{
    authzen::authorization::v1 as access,
    cerbos::engine::v1 as engine,
    cerbos::request::v1::{AuxData, aux_data::Jwt},
};

type Properties = BTreeMap<String, Value>;

/// The type is the only role, unless the subject says which roles it has.
#[must_use]
pub fn principal_from_subject(subject: &access::Subject) -> engine::Principal {
    let access::Subject { r#type, id, properties } = subject;
    let mut roles = match kind(properties, "cerbos.roles") {
        Some(Kind::ListValue(ListValue { values })) => values.iter().filter_map(filled).collect(),
        _ => Vec::new(),
    };
    if roles.is_empty() {
        roles.push(r#type.clone());
    }
    engine::Principal {
        id: id.clone(),
        policy_version: text(properties, "cerbos.policyVersion"),
        roles,
        attr: properties.clone(),
        scope: text(properties, "cerbos.scope"),
    }
}

#[must_use]
pub fn resource_from_access(resource: &access::Resource) -> engine::Resource {
    let access::Resource { r#type, id, properties } = resource;
    engine::Resource {
        kind: r#type.clone(),
        policy_version: text(properties, "cerbos.policyVersion"),
        id: id.clone(),
        attr: properties.clone(),
        scope: text(properties, "cerbos.scope"),
    }
}

/// `cerbos.requestId` of a context.
#[must_use]
pub fn request_id_from_context(context: &Properties) -> String {
    text(context, "cerbos.requestId")
}

/// `cerbos.includeMeta` of a context.
#[must_use]
pub fn wants_meta(context: &Properties) -> bool {
    matches!(kind(context, "cerbos.includeMeta"), Some(Kind::BoolValue(true)))
}

/// `cerbos.auxData` of a context: the message's own names, and no more checks than a PDP makes.
/// A token that is not there is none.
///
/// # Errors
/// Something else than auxiliary data.
pub fn aux_data_from_context(context: &Properties) -> Result<AuxData, Unusable> {
    let Some(fields) = fields(kind(context, "cerbos.auxData"))? else {
        return Ok(AuxData::default());
    };
    let jwt = fields_of(fields, "jwt")?.map(token).filter(is_there);
    let mut jwts = BTreeMap::new();
    for (name, value) in fields_of(fields, "jwts")?.into_iter().flatten() {
        let given = self::fields(value.kind.as_ref())?.ok_or(Unusable::AuxData)?;
        jwts.insert(name.clone(), token(given));
    }
    jwts.retain(|_name, jwt| is_there(jwt));
    if jwt.is_some() && !jwts.is_empty() {
        return Err(Unusable::AuxData);
    }
    Ok(AuxData { jwt, jwts })
}

/// A message as the JSON that it would be, within another message; nothing where JSON has no such
/// number.
#[must_use]
pub fn message_as_value<M: Name>(message: &M) -> Option<Value> {
    let text = json::write(message, Layout::Compact).ok()?;
    serde_json::from_str(&text).ok().map(from_json)
}

fn from_json(json: Json) -> Value {
    let kind = match json {
        Json::Null => Kind::NullValue(0),
        Json::Bool(value) => Kind::BoolValue(value),
        Json::Number(number) => Kind::NumberValue(number.as_f64().unwrap_or_default()),
        Json::String(text) => Kind::StringValue(text),
        Json::Array(items) => {
            Kind::ListValue(ListValue { values: items.into_iter().map(from_json).collect() })
        }
        Json::Object(members) => {
            let fields = members.into_iter().map(|(name, value)| (name, from_json(value)));
            Kind::StructValue(Struct { fields: fields.collect() })
        }
    };
    Value { kind: Some(kind) }
}

fn token(fields: &Properties) -> Jwt {
    Jwt { token: text(fields, "token"), key_set_id: text(fields, "key_set_id") }
}

fn is_there(jwt: &Jwt) -> bool {
    !jwt.token.is_empty()
}

fn fields_of<'v>(fields: &'v Properties, name: &str) -> Result<Option<&'v Properties>, Unusable> {
    self::fields(kind(fields, name))
}

/// The members of an object, if there is one; null is nothing.
fn fields(kind: Option<&Kind>) -> Result<Option<&Properties>, Unusable> {
    match kind {
        None | Some(Kind::NullValue(_)) => Ok(None),
        Some(Kind::StructValue(Struct { fields })) => Ok(Some(fields)),
        Some(_) => Err(Unusable::AuxData),
    }
}

fn kind<'v>(properties: &'v Properties, name: &str) -> Option<&'v Kind> {
    properties.get(name)?.kind.as_ref()
}

/// A text; what is none counts for nothing.
fn text(properties: &Properties, name: &str) -> String {
    match kind(properties, name) {
        Some(Kind::StringValue(text)) => text.clone(),
        _ => String::new(),
    }
}

fn filled(value: &Value) -> Option<String> {
    match &value.kind {
        Some(Kind::StringValue(text)) if !text.is_empty() => Some(text.clone()),
        _ => None,
    }
}
