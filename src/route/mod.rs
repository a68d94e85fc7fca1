//! WHAT THEY ARE ASKING FOR: host, method and path → resource and action.

mod attribute;
mod input;
mod route;
mod spec;
mod table;
mod target;
mod template;
mod text;

pub use attribute::AttributeError;
pub use input::{CertificateField, Input, ValueType};
pub use route::{Route, RouteError};
pub use spec::{AttributeSource, ResourceSpec, RouteSpec, TextTemplate};
pub use table::{Found, RouteTable};
pub use target::{RouteMatch, Target, TargetError};
pub use template::{Template, TemplateError};
