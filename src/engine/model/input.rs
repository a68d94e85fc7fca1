//! The question: who wants to do what, to which resource.

use jiff::Timestamp;

use super::{Action, Limits, Map, PolicyVersion, ResourceKind, Role, Scope};

/// Who asks.
#[derive(Clone, Debug, PartialEq)]
pub struct Principal {
    pub id: Box<str>,
    /// In the order of the request. Not empty, no role twice: callers check it (Cerbos answers 400).
    pub roles: Vec<Role>,
    pub policy_version: PolicyVersion,
    pub scope: Scope,
    pub attr: Map,
}

/// What it is about.
#[derive(Clone, Debug, PartialEq)]
pub struct Resource {
    pub kind: ResourceKind,
    pub id: Box<str>,
    pub policy_version: PolicyVersion,
    pub scope: Scope,
    pub attr: Map,
}

/// Auxiliary data: the claims of verified tokens, already in Cerbos's form (`aud` a list; `exp`,
/// `iat` and `nbf` RFC 3339 texts; claims that are null left out).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AuxData {
    /// `request.auxData.jwt`
    pub jwt: Map,
    /// `request.auxData.jwts.NAME.claims`
    pub jwts: Vec<(Box<str>, Map)>,
}

/// One principal, one resource, some actions: what `CheckResources` asks for each resource.
#[derive(Clone, Copy, Debug)]
pub struct CheckInput<'a> {
    pub principal: &'a Principal,
    pub resource: &'a Resource,
    /// Not empty, no action twice: callers check it.
    pub actions: &'a [Action],
    pub aux_data: &'a AuxData,
    /// What `now()` says, the same for the whole request.
    pub now: Timestamp,
    /// Attributes of the resource, by name, whose value is `now` in RFC 3339's form.
    pub now_attributes: &'a [Box<str>],
}

/// Cerbos's `engine:` settings, as far as they change an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// `engine.defaultPolicyVersion`
    pub default_policy_version: PolicyVersion,
    /// `engine.defaultScope`
    pub default_scope: Scope,
    /// `engine.lenientScopeSearch`
    pub lenient_scope_search: bool,
    /// `engine.strictEvaluation`: a rule whose condition fails to evaluate denies.
    pub strict_evaluation: bool,
    pub schema_enforcement: SchemaEnforcement,
    /// Ours; no answer within them depends on them.
    pub limits: Limits,
}

/// `schema.enforcement`: what follows if attributes are not what schemas say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SchemaEnforcement {
    /// Attributes are not validated.
    #[default]
    None,
    /// The answer lists what is wrong.
    Warn,
    /// All actions are denied.
    Reject,
}

impl Default for Options {
    /// Cerbos's defaults. The gateway turns strict evaluation on.
    fn default() -> Self {
        #[expect(clippy::expect_used, reason = "a constant that is a version")]
        let default_policy_version = "default".parse().expect("a policy version");
        Self {
            default_policy_version,
            default_scope: Scope::unset(),
            lenient_scope_search: false,
            strict_evaluation: false,
            schema_enforcement: SchemaEnforcement::None,
            limits: Limits::default(),
        }
    }
}
