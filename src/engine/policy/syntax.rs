//! Policies as they are written: the tree of a file in Cerbos's words, each text with its place.

use super::error::{FileId, Site};
use crate::engine::model::{Effect, Value};
use crate::yaml::Place;

/// A text of a file.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    pub(crate) text: Box<str>,
    pub(crate) site: Site,
}

/// One policy file.
#[derive(Debug)]
pub(super) struct Policy {
    pub(super) site: Site,
    /// Something in it is wrong and was reported: it takes up its name, and is not looked at further.
    pub(super) broken: bool,
    pub(super) disabled: bool,
    /// `variables` at the top level, the older place of local variables.
    pub(super) variables: Vec<Variable>,
    pub(super) body: Body,
}

#[derive(Debug)]
pub(super) enum Body {
    Resource(ResourcePolicy),
    Principal(PrincipalPolicy),
    Role(RolePolicy),
    DerivedRoles(DerivedRoles),
    ExportVariables { name: Text, definitions: Vec<Variable> },
    ExportConstants { name: Text, definitions: Vec<Constant> },
}

/// What policies have that apply to requests.
#[derive(Debug)]
pub(super) struct Subject {
    pub(super) name: Text,
    pub(super) version: Text,
    pub(super) scope: Text,
    pub(super) permissions: ScopePermissions,
}

/// `scopePermissions` as written: whether it was written matters where a scope is checked for
/// conflicts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ScopePermissions {
    Unspecified,
    OverrideParent,
    RequireParentalConsentForAllows,
    /// A number without a name. Cerbos loads it, and no rule of the scope can allow.
    Other(i128),
}

#[derive(Debug)]
pub(super) struct ResourcePolicy {
    pub(super) subject: Subject,
    pub(super) import_derived_roles: Vec<Text>,
    pub(super) definitions: Definitions,
    pub(super) schemas: Schemas,
    pub(super) rules: Vec<ResourceRule>,
}

#[derive(Debug)]
pub(super) struct PrincipalPolicy {
    pub(super) subject: Subject,
    pub(super) definitions: Definitions,
    pub(super) rules: Vec<PrincipalRule>,
}

#[derive(Debug)]
pub(super) struct RolePolicy {
    pub(super) subject: Subject,
    pub(super) parent_roles: Vec<Text>,
    pub(super) definitions: Definitions,
    pub(super) rules: Vec<RoleRule>,
}

#[derive(Debug)]
pub(super) struct DerivedRoles {
    pub(super) name: Text,
    pub(super) roles: Vec<DerivedRole>,
    pub(super) definitions: Definitions,
}

#[derive(Debug)]
pub(super) struct DerivedRole {
    pub(super) name: Text,
    pub(super) parent_roles: Vec<Text>,
    pub(super) condition: Option<Condition>,
}

/// `variables` and `constants` of a policy.
#[derive(Debug, Default)]
pub(super) struct Definitions {
    pub(super) import_variables: Vec<Text>,
    pub(super) variables: Vec<Variable>,
    pub(super) import_constants: Vec<Text>,
    pub(super) constants: Vec<Constant>,
}

#[derive(Clone, Debug)]
pub(super) struct Variable {
    pub(super) name: Text,
    pub(super) expression: Text,
}

#[derive(Clone, Debug)]
pub(super) struct Constant {
    pub(super) name: Text,
    pub(super) value: Value,
}

#[derive(Debug, Default)]
pub(super) struct Schemas {
    pub(super) principal: Option<SchemaUse>,
    pub(super) resource: Option<SchemaUse>,
}

#[derive(Debug)]
pub(super) struct SchemaUse {
    pub(super) reference: Text,
    /// `ignoreWhen.actions`
    pub(super) ignored_actions: Vec<Text>,
}

#[derive(Debug)]
pub(super) struct ResourceRule {
    pub(super) site: Site,
    pub(super) name: Option<Text>,
    pub(super) actions: Vec<Text>,
    pub(super) roles: Vec<Text>,
    pub(super) derived_roles: Vec<Text>,
    pub(super) effect: Effect,
    pub(super) condition: Option<Condition>,
    pub(super) output: Option<Output>,
}

#[derive(Debug)]
pub(super) struct PrincipalRule {
    pub(super) resource: Text,
    pub(super) actions: Vec<PrincipalAction>,
}

#[derive(Debug)]
pub(super) struct PrincipalAction {
    pub(super) name: Option<Text>,
    pub(super) action: Text,
    pub(super) effect: Effect,
    pub(super) condition: Option<Condition>,
    pub(super) output: Option<Output>,
}

#[derive(Debug)]
pub(super) struct RoleRule {
    pub(super) name: Option<Text>,
    pub(super) resource: Text,
    pub(super) allow_actions: Vec<Text>,
    pub(super) condition: Option<Condition>,
    pub(super) output: Option<Output>,
}

#[derive(Debug)]
pub(super) enum Condition {
    Match(Match),
    Script(Site),
}

#[derive(Debug)]
pub(super) enum Match {
    Expression(Text),
    All(Vec<Self>),
    Any(Vec<Self>),
    None(Vec<Self>),
}

#[derive(Debug)]
pub(super) struct Output {
    pub(super) site: Site,
    /// `expr`, the older spelling of `when.ruleActivated`.
    pub(super) expression: Option<Text>,
    pub(super) rule_activated: Option<Text>,
    pub(super) condition_not_met: Option<Text>,
}

// === impl Text ===

impl Text {
    pub(crate) fn new(text: &str, file: FileId, place: Place) -> Self {
        Self { text: text.into(), site: Site { file, place } }
    }
}
