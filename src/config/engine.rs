//! `engine:` and `policies:`: who evaluates the policies, and how.

use super::{CerbosApiConfig, EmbeddedConfig, EngineConfig, pdp, section::Section, value::Value};
use crate::engine::model::{Limits, Options, SchemaEnforcement};
use crate::identity::TokenPlace;
use crate::remote_pdp::TokenUse;
use crate::route::RouteSpec;

const MOST_STEPS: u64 = 1_000_000_000;
const KIB: u64 = 1 << 10;
const GIB: usize = 1 << 30;

/// What only our own engine can be told.
const OWN_KEYS: [&str; 7] = [
    "strict_evaluation",
    "default_policy_version",
    "default_scope",
    "schema_enforcement",
    "lenient_scope_search",
    "limits",
    "globals",
];

pub(super) fn read(root: &mut Section<'_>) -> Option<EngineConfig> {
    let mut section = root.section("engine");
    if section.has("cerbos") {
        elsewhere(root, section)
    } else {
        section.optional::<()>("cerbos", |_| None);
        here(root, section)
    }
}

fn elsewhere(root: &mut Section<'_>, mut section: Section<'_>) -> Option<EngineConfig> {
    let pdp = section.optional("cerbos", pdp::read);
    for key in OWN_KEYS {
        if let Some(value) = section.find(key) {
            let message =
                format!("`{}` is set, and the policies are evaluated elsewhere", value.name);
            value.report(message, "the setting of that name at the PDP of `engine.cerbos`");
        }
    }
    section.finish();
    if let Some(value) = root.find("policies") {
        let message = "`policies` is set, and the policies are evaluated elsewhere".to_owned();
        value.report(message, "either `policies` or `engine.cerbos`");
    }
    let mut cache = root.section("cache");
    if let Some(value) = cache.find("decisions") {
        let message = "`cache.decisions` is about policies that are evaluated here".to_owned();
        value.report(message, "`engine.cerbos.cache`");
    }
    let (pdp, cache) = pdp?;
    Some(EngineConfig::Remote { pdp, cache })
}

fn here(root: &mut Section<'_>, mut section: Section<'_>) -> Option<EngineConfig> {
    let policies = root.required("policies", "the policy directory", Value::path);
    let cerbos = Options::default();
    let enforcements = [
        ("none", SchemaEnforcement::None),
        ("warn", SchemaEnforcement::Warn),
        ("reject", SchemaEnforcement::Reject),
    ];
    let options = Options {
        strict_evaluation: section.or("strict_evaluation", true, Value::boolean),
        default_policy_version: section.or(
            "default_policy_version",
            cerbos.default_policy_version,
            |value| {
                value.parsed("a policy version: letters, digits and `_`", |text| text.parse().ok())
            },
        ),
        default_scope: section.or("default_scope", cerbos.default_scope, |value| {
            value.parsed("a scope, such as `acme.hr`", |text| text.parse().ok())
        }),
        schema_enforcement: section.or("schema_enforcement", cerbos.schema_enforcement, |value| {
            value.choice(&enforcements)
        }),
        lenient_scope_search: section.or("lenient_scope_search", false, Value::boolean),
        limits: limits(section.section("limits")),
    };
    let globals = section.or("globals", serde_json::Map::new(), Value::json_object);
    section.finish();
    Some(EngineConfig::Embedded(EmbeddedConfig { policies: policies?, options, globals }))
}

fn limits(mut section: Section<'_>) -> Limits {
    let default = Limits::default();
    let mut number = |key, default, least, most: usize| {
        let most = u64::try_from(most).unwrap_or(u64::MAX);
        section.or(key, default, |value| {
            value.integer(least..=most).and_then(|number| usize::try_from(number).ok())
        })
    };
    let limits = Limits {
        policy_file_bytes: number("policy_file_bytes", default.policy_file_bytes, KIB, GIB),
        policy_nesting: number("policy_nesting", default.policy_nesting, 16, Limits::MOST_NESTING),
        expression_characters: number(
            "expression_characters",
            default.expression_characters,
            100,
            Limits::MOST_CHARACTERS,
        ),
        evaluation_memory_bytes: number(
            "evaluation_memory_bytes",
            default.evaluation_memory_bytes,
            64 * KIB,
            GIB,
        ),
        policy_pattern_bytes: number(
            "policy_pattern_bytes",
            default.policy_pattern_bytes,
            64 * KIB,
            4 * GIB,
        ),
        pattern_bytes: number("pattern_bytes", default.pattern_bytes, KIB, 64 << 20),
        evaluation_steps: section.or("evaluation_steps", default.evaluation_steps, |value| {
            value.integer(1_000..=MOST_STEPS)
        }),
    };
    section.finish();
    limits
}

/// What does not go together with another PDP.
pub(super) fn check(
    root: &Section<'_>,
    engine: Option<&EngineConfig>,
    routes: &[RouteSpec],
    api: Option<&CerbosApiConfig>,
) {
    if let Some(engine) = engine {
        check_tokens(root, engine, routes);
        check_api(root, engine, api);
    }
}

/// Cerbos's API answers by the policies that are here.
fn check_api(root: &Section<'_>, engine: &EngineConfig, api: Option<&CerbosApiConfig>) {
    if api.is_some() && matches!(engine, EngineConfig::Remote { .. }) {
        let message = "`api` is set, and the policies are evaluated elsewhere".to_owned();
        root.report(message, "either `api` or `engine.cerbos`");
    }
}

/// A PDP that is sent tokens needs one with each question.
fn check_tokens(root: &Section<'_>, engine: &EngineConfig, routes: &[RouteSpec]) {
    let EngineConfig::Remote { pdp, .. } = engine else { return };
    let attested = |route: &RouteSpec| matches!(route.token.place, TokenPlace::EnvoyMetadata(_));
    if matches!(pdp.token, TokenUse::Sent { .. }) && routes.iter().any(attested) {
        let message = "a route has no token to send to the PDP (`envoy_metadata`)".to_owned();
        root.report(message, "`engine.cerbos.send_token: false`, for policies that read no claims");
    }
}
