//! The question about an unknown resource, and its answer.

use std::fmt;

use jiff::Timestamp;

use crate::engine::cel::Operand;
use crate::engine::model::{
    Action, AuxData, Map, PolicyVersion, Principal, ResourceKind, Scope, ValidationError,
};

/// What is known of a resource.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedResource {
    pub kind: ResourceKind,
    pub policy_version: PolicyVersion,
    pub scope: Scope,
    /// The attributes that are known. Others may be there.
    pub attr: Map,
}

/// One principal, some actions, and the resources of a kind.
#[derive(Clone, Copy, Debug)]
pub struct PlanInput<'a> {
    pub principal: &'a Principal,
    pub resource: &'a PlannedResource,
    /// Not empty, no action twice: callers check it.
    pub actions: &'a [Action],
    pub aux_data: &'a AuxData,
    /// What `now()` says.
    pub now: Timestamp,
}

/// For which resources the answer is yes.
#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    AlwaysAllowed,
    AlwaysDenied,
    Conditional(Operand),
}

#[derive(Clone, Debug, PartialEq)]
pub struct PlanOutput {
    pub filter: Filter,
    /// Some rule applies to one of the actions.
    pub has_match: bool,
    /// One for each action, in the order of the question; none if no policy could answer, or the
    /// attributes are not what schemas say.
    pub matched_scopes: Vec<MatchedScope>,
    pub validation_errors: Vec<ValidationError>,
    /// The steps of the question ran out: nothing is allowed.
    pub exhausted: bool,
}

/// The outermost scope whose rules decide an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatchedScope {
    pub action: Action,
    pub scope: Box<str>,
}

// === impl PlanOutput ===

impl PlanOutput {
    /// Nothing is allowed, whatever the rules say.
    pub(super) fn denied() -> Self {
        Self {
            filter: Filter::AlwaysDenied,
            has_match: true,
            matched_scopes: Vec::new(),
            validation_errors: Vec::new(),
            exhausted: false,
        }
    }

    /// The filter as text, as Cerbos has it in `meta.filterDebug`.
    #[must_use]
    pub fn filter_debug(&self) -> String {
        if self.has_match { self.filter.to_string() } else { "NO_MATCH".to_owned() }
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlwaysAllowed => f.write_str("(true)"),
            Self::AlwaysDenied => f.write_str("(false)"),
            Self::Conditional(operand) => write!(f, "{operand}"),
        }
    }
}
