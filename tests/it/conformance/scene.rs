//! What both engines are given: policy files, settings, questions.

use std::collections::BTreeMap;

use portcullis::engine::{
    PolicyFile,
    cel::Globals,
    model::{Action, AuxData, Map, Options, Principal, Resource, SchemaEnforcement},
};
use serde_json::{Map as JsonMap, Value as Json, json};

/// A policy directory, and what is asked of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Scene {
    /// By path. A text is the file as it stands; anything else is written as JSON, which Cerbos
    /// reads as YAML.
    pub files: BTreeMap<String, Json>,
    pub settings: Settings,
    pub questions: Vec<Question>,
}

/// Cerbos's `engine:` settings, and `schema.enforcement`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Settings {
    pub default_policy_version: Option<String>,
    pub default_scope: String,
    pub lenient_scope_search: bool,
    pub strict_evaluation: bool,
    pub schema_enforcement: SchemaEnforcement,
    pub globals: JsonMap<String, Json>,
}

#[derive(Clone, Debug)]
pub(super) struct Question {
    pub principal: Principal,
    pub resource: Resource,
    pub actions: Vec<Action>,
    /// The payload of the token, if there is one.
    pub claims: Option<JsonMap<String, Json>>,
}

// === impl Scene ===

impl Scene {
    /// Each file with its text.
    pub(super) fn texts(&self) -> impl Iterator<Item = (&str, String)> {
        self.files.iter().map(|(path, content)| {
            let text = match content {
                Json::String(text) => text.clone(),
                other => serde_json::to_string_pretty(other).unwrap(),
            };
            (&**path, text)
        })
    }

    pub(super) fn policy_files(&self) -> Vec<PolicyFile> {
        self.texts()
            .map(|(path, text)| PolicyFile { path: path.to_owned(), bytes: text.into_bytes() })
            .collect()
    }

    /// The same with this question alone.
    pub(super) fn asking(&self, question: usize) -> Self {
        Self { questions: vec![self.questions[question].clone()], ..self.clone() }
    }
}

// === impl Settings ===

impl Settings {
    pub(super) fn options(&self) -> Options {
        let version = self.default_policy_version.as_deref().unwrap_or("default");
        Options {
            default_policy_version: version.parse().unwrap(),
            default_scope: self.default_scope.parse().unwrap(),
            lenient_scope_search: self.lenient_scope_search,
            strict_evaluation: self.strict_evaluation,
            schema_enforcement: self.schema_enforcement,
            ..Options::default()
        }
    }

    pub(super) fn globals(&self) -> Globals {
        Globals::from_json(&self.globals)
    }

    /// Cerbos's `schema.enforcement`.
    pub(super) fn enforcement(&self) -> &'static str {
        match self.schema_enforcement {
            SchemaEnforcement::None => "none",
            SchemaEnforcement::Warn => "warn",
            SchemaEnforcement::Reject => "reject",
        }
    }

    /// Cerbos's `engine:` section.
    pub(super) fn engine(&self) -> Json {
        let mut engine = json!({
            "defaultScope": self.default_scope,
            "lenientScopeSearch": self.lenient_scope_search,
            "strictEvaluation": self.strict_evaluation,
            "globals": self.globals,
        });
        if let Some(version) = &self.default_policy_version {
            engine["defaultPolicyVersion"] = json!(version);
        }
        engine
    }

    pub(super) fn to_json(&self) -> Json {
        json!({ "engine": self.engine(), "schema": { "enforcement": self.enforcement() } })
    }
}

// === impl Question ===

impl Question {
    pub(super) fn to_json(&self) -> Json {
        let Self { principal, resource, actions, claims } = self;
        json!({
            "principal": {
                "id": principal.id,
                "roles": principal.roles.iter().map(AsRef::as_ref).collect::<Vec<&str>>(),
                "policyVersion": principal.policy_version.as_str(),
                "scope": principal.scope.as_str(),
                "attr": principal.attr.to_json(),
            },
            "resource": {
                "kind": resource.kind.as_str(),
                "id": resource.id,
                "policyVersion": resource.policy_version.as_str(),
                "scope": resource.scope.as_str(),
                "attr": resource.attr.to_json(),
            },
            "actions": actions.iter().map(AsRef::as_ref).collect::<Vec<&str>>(),
            "claims": claims,
        })
    }

    pub(super) fn from_json(json: &Json) -> Self {
        let (principal, resource) = (&json["principal"], &json["resource"]);
        Self {
            principal: Principal {
                id: text(&principal["id"]).into(),
                roles: texts(&principal["roles"]).map(|role| role.parse().unwrap()).collect(),
                policy_version: text(&principal["policyVersion"]).parse().unwrap(),
                scope: text(&principal["scope"]).parse().unwrap(),
                attr: map(&principal["attr"]),
            },
            resource: Resource {
                kind: text(&resource["kind"]).parse().unwrap(),
                id: text(&resource["id"]).into(),
                policy_version: text(&resource["policyVersion"]).parse().unwrap(),
                scope: text(&resource["scope"]).parse().unwrap(),
                attr: map(&resource["attr"]),
            },
            actions: texts(&json["actions"]).map(|action| action.parse().unwrap()).collect(),
            claims: json["claims"].as_object().cloned(),
        }
    }

    /// The claims in the form in which policies see them.
    pub(super) fn aux_data(&self) -> AuxData {
        let claims = self.claims.iter().flatten().filter(|(_, value)| !value.is_null());
        let claims = claims.map(|(name, value)| (name.as_str(), seen(name, value).into()));
        AuxData { jwt: claims.collect(), jwts: Vec::new() }
    }
}

/// Times are seconds in a token and RFC 3339 texts in a policy; `aud` is always a list there.
fn seen(name: &str, value: &Json) -> Json {
    match (name, value) {
        ("exp" | "iat" | "nbf", Json::Number(seconds)) => {
            let moment = jiff::Timestamp::from_second(seconds.as_i64().unwrap()).unwrap();
            moment.to_string().into()
        }
        ("aud", Json::String(_)) => json!([value]),
        _ => value.clone(),
    }
}

fn text(json: &Json) -> &str {
    json.as_str().unwrap_or_default()
}

fn texts(json: &Json) -> impl Iterator<Item = &str> {
    json.as_array().into_iter().flatten().map(text)
}

pub(super) fn map(json: &Json) -> Map {
    let entries = json.as_object().into_iter().flatten();
    entries.map(|(name, value)| (name.as_str(), value.clone().into())).collect()
}
