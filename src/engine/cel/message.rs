//! The messages of a request: `request`, `P`, `R` and what is below them.
//!
//! They are typed: the checker knows their fields ([`field_type`]), an unset field reads as its
//! default, and `has` asks whether a field differs from it.

use super::{
    types::Type,
    value::{Entries, V},
};
use crate::engine::model::{AuxData, CheckInput, Map, Principal, Resource};

#[derive(Clone, Copy, Debug)]
pub enum Message<'a> {
    Request(&'a CheckInput<'a>),
    Principal(&'a Principal),
    Resource(&'a Resource),
    AuxData(&'a AuxData),
    /// The claims under a name of `request.auxData.jwts`.
    Token(&'a Map),
    /// `runtime`, by its only field.
    Runtime(&'a [&'a str]),
}

pub(super) const REQUEST: &str = "cerbos.engine.v1.Request";
pub(super) const PRINCIPAL: &str = "cerbos.engine.v1.Request.Principal";
pub(super) const RESOURCE: &str = "cerbos.engine.v1.Request.Resource";
pub(super) const AUX_DATA: &str = "cerbos.engine.v1.AuxData";
pub(super) const TOKEN: &str = "cerbos.engine.v1.AuxData.JWT";
pub(super) const RUNTIME: &str = "cerbos.engine.v1.Runtime";

/// What a field of a message is, for the checker. Names are accepted in both of protobuf's forms.
pub(super) fn field_type(message: &str, field: &str) -> Option<Type> {
    let attributes = || Type::map(Type::String, Type::Dyn);
    Some(match (message, canonical(field)) {
        (REQUEST, "principal") => Type::Message(PRINCIPAL),
        (REQUEST, "resource") => Type::Message(RESOURCE),
        (REQUEST, "auxData") => Type::Message(AUX_DATA),
        (PRINCIPAL | RESOURCE, "id" | "policyVersion" | "scope") | (RESOURCE, "kind") => {
            Type::String
        }
        (PRINCIPAL, "roles") | (RUNTIME, "effectiveDerivedRoles") => Type::list(Type::String),
        (PRINCIPAL | RESOURCE, "attr") | (AUX_DATA, "jwt") | (TOKEN, "claims") => attributes(),
        (AUX_DATA, "jwts") => Type::map(Type::String, Type::Message(TOKEN)),
        _ => return None,
    })
}

/// The camel case form of a field's name.
pub(super) fn canonical(field: &str) -> &str {
    match field {
        "aux_data" => "auxData",
        "policy_version" => "policyVersion",
        "effective_derived_roles" => "effectiveDerivedRoles",
        other => other,
    }
}

// === impl Message ===

impl<'a> Message<'a> {
    pub(super) fn type_name(self) -> &'static str {
        match self {
            Self::Request(_) => REQUEST,
            Self::Principal(_) => PRINCIPAL,
            Self::Resource(_) => RESOURCE,
            Self::AuxData(_) => AUX_DATA,
            Self::Token(_) => TOKEN,
            Self::Runtime(_) => RUNTIME,
        }
    }

    /// The Go type that Cerbos generates for it.
    pub(super) fn go_type_name(self) -> &'static str {
        match self {
            Self::Request(_) => "*enginev1.Request",
            Self::Principal(_) => "*enginev1.Request_Principal",
            Self::Resource(_) => "*enginev1.Request_Resource",
            // What a request does not have, Cerbos makes up from the description of its type.
            Self::AuxData(data) if is_unset(data) => "*dynamicpb.Message",
            Self::AuxData(_) => "*enginev1.AuxData",
            Self::Token(_) => "*enginev1.AuxData_JWT",
            Self::Runtime(_) => "*enginev1.Runtime",
        }
    }

    /// The names of the fields, in the order of their numbers.
    pub(super) fn fields(self) -> &'static [&'static str] {
        match self {
            Self::Request(_) => &["principal", "resource", "auxData"],
            Self::Principal(_) => &["id", "roles", "attr", "policyVersion", "scope"],
            Self::Resource(_) => &["kind", "id", "attr", "policyVersion", "scope"],
            Self::AuxData(_) => &["jwt", "jwts"],
            Self::Token(_) => &["claims"],
            Self::Runtime(_) => &["effectiveDerivedRoles"],
        }
    }

    pub(super) fn field(self, name: &str) -> Option<V<'a>> {
        Some(match (self, canonical(name)) {
            (Self::Request(input), "principal") => V::Message(Self::Principal(input.principal)),
            (Self::Request(input), "resource") => V::Message(Self::Resource(input.resource)),
            (Self::Request(input), "auxData") => V::Message(Self::AuxData(input.aux_data)),
            (Self::Principal(principal), "id") => V::String(&principal.id),
            (Self::Principal(principal), "roles") => V::Roles(&principal.roles),
            (Self::Principal(principal), "attr") => V::JsonMap(&principal.attr),
            (Self::Principal(principal), "policyVersion") => {
                V::String(principal.policy_version.as_str())
            }
            (Self::Principal(principal), "scope") => V::String(principal.scope.path()),
            (Self::Resource(resource), "kind") => V::String(resource.kind.as_str()),
            (Self::Resource(resource), "id") => V::String(&resource.id),
            (Self::Resource(resource), "attr") => V::JsonMap(&resource.attr),
            (Self::Resource(resource), "policyVersion") => {
                V::String(resource.policy_version.as_str())
            }
            (Self::Resource(resource), "scope") => V::String(resource.scope.path()),
            (Self::AuxData(aux_data), "jwt") => V::JsonMap(&aux_data.jwt),
            (Self::AuxData(aux_data), "jwts") => V::Tokens(&aux_data.jwts),
            (Self::Token(claims), "claims") => V::JsonMap(claims),
            (Self::Runtime(roles), "effectiveDerivedRoles") => V::Names(roles),
            _ => return None,
        })
    }

    /// Whether the field is set to something that is not its default. `None`: no such field.
    pub(super) fn has(self, name: &str) -> Option<bool> {
        // The runtime is no protobuf message inside Cerbos: its field is always there.
        if let Self::Runtime(_) = self {
            return self.field(name).map(|_| true);
        }
        Some(match self.field(name)? {
            V::String(text) => !text.is_empty(),
            V::Roles(roles) => !roles.is_empty(),
            V::Message(Self::AuxData(data)) => !is_unset(data),
            value => value.entries().map(Entries::len) != Some(0),
        })
    }
}

/// Without a token there is no auxiliary data.
fn is_unset(data: &AuxData) -> bool {
    data.jwt.is_empty() && data.jwts.is_empty()
}
