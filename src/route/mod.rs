//! WHAT THEY ARE ASKING FOR: host, method and path → resource and action.
//!
//! [`RouteTable::build`] refuses a table in which a request could mean two routes, and
//! [`RouteTable::find`] takes the one that is meant. Whatever matches none is denied.

mod entry;
mod error;
mod input;
mod overlap;
mod resource;
mod spec;
mod table;
mod target;
mod template;
mod text;
mod tree;
mod value;
mod verbs;

#[cfg(test)]
mod tests;

pub use entry::Route;
pub use error::{RouteError, RouteProblem, TargetError};
pub use input::{CertificateField, Input, ValueType};

pub use spec::{AttributeSource, ResourceSpec, RouteSpec, TextTemplate};
pub use table::{Found, RouteMatch, RouteTable};
pub use target::Target;
pub use template::TemplateError;
