//! Policy files → [`PolicySet`], or every error in them.
//!
//! Files are read in the order of a walk over their directory: `parse` gives what is written, with
//! places (`syntax`); `semantic` looks at one policy, `index` at all of them together; `resolve` finds
//! what names mean, `lower` and `build` make what is evaluated (`compiled`), by number (`set`).
//! What Cerbos's `compile` accepts is accepted, what it refuses is refused.

mod build;
mod compiled;
mod error;
pub mod files;
mod index;
mod inherit;
mod issue;
mod key;
mod limits;
mod lower;
mod names;
mod outline;
mod parse;
mod pattern;
mod reads;
mod resolve;
mod schema;
mod semantic;
mod set;
mod source;
mod syntax;

#[cfg(test)]
mod tests;

pub use error::{PolicyError, PolicyErrors, Site};
pub use outline::{Outline, OutlineKind};
pub use reads::AttributeRead;
pub use set::PolicySet;
pub use source::{PolicyFile, compile, compile_without_schemas};

/// How files in Cerbos's own format are read: suites of policy tests are, too.
pub(crate) use error::{FileId, Problem, Problems};
pub(crate) use parse::{Fields, Form, Named, Reader, load};
pub(crate) use pattern::Glob;

pub(super) use compiled::{
    Clause, Condition, Consent, DerivedRole, PrincipalPolicy, ResourcePolicy, RolePolicy, Rule,
    RuleEffect, Subject, Unit, Variable, Variables,
};
pub(super) use key::{parents, policy_key, sanitize};
pub(super) use lower::{clauses, clauses_of_rule};
pub(super) use names::{Name, NameId};
pub(super) use pattern::NamePattern;
pub(super) use reads::with_variables;
pub(super) use schema::Schemas;
pub(super) use set::{InheritedRoles, Place};
